"""Steps that generate from a knowledge base: what they find, what they drop and why, and the lineage that they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.steps import reasons, run_steps

from mintmark.core.call import Reply, Request
from mintmark.core.errors import RecipeError
from mintmark.core.recipe import Recipe
from mintmark.generate.inpars import InPars
from mintmark.generate.multi_hop_qa import MultiHopQA
from mintmark.generate.rag_qa import RagQA
from mintmark.generate.retrieve import Retrieve
from mintmark.measures.hops import one_suffices

pytest.importorskip("bm25s")
HONEY = "Honey keeps for years because bacteria cannot grow in so little water."
LAVA = "Basalt columns form where very thick lava cools slowly and shrinks evenly."
TIDES = "Spring tides rise highest when the Sun and the Moon pull along one line."
KB = [{"text": text} for text in (HONEY, LAVA, TIDES)]


def told(request: Request) -> str:
    return str(request.body["messages"][-1]["content"])


class TestRetrieve:
    def test_each_passage_is_a_row_with_the_query_and_the_passage_as_parents(self, tmp_path: Path) -> None:
        run = run_steps(tmp_path, [Retrieve(top_k=2)], [{"query": "lava and honey and bacteria", "label": "x"}], kb=KB)
        rows = list(run)
        assert [(r["document"], r["rank"], r["label"]) for r in rows] == [(HONEY, 1, "x"), (LAVA, 2, "x")]
        assert rows[0]["score"] > rows[1]["score"] > 0
        parents = {r["id"]: r["parents"] for r in run.lineage.to_pylist()}
        assert [parents[r["id"]] for r in rows] == [[r["query_id"], r["document_id"]] for r in rows]

    def test_ties_go_to_the_passage_that_comes_first(self, tmp_path: Path) -> None:
        same = [{"text": "Honey keeps.", "n": n} for n in range(5)]
        run = run_steps(tmp_path, [Retrieve(top_k=3)], [{"query": "honey"}], kb=[{"text": "Lava."}, *same])
        again = run_steps(tmp_path / "2", [Retrieve(top_k=3)], [{"query": "honey"}], kb=[{"text": "Lava."}, *same])
        assert [r["document_id"] for r in run] == [r["document_id"] for r in again]
        assert len({r["document_id"] for r in run}) == 3

    @pytest.mark.parametrize("method", ["embed", "fused"])
    def test_vectors_find_what_shares_no_word(self, method: Any, tmp_path: Path) -> None:
        def vector(request: Request) -> list[float]:
            text = str(request.body["text"]).lower()
            return [float("honey" in text or "bees" in text), float("lava" in text), float("tides" in text)]

        step = Retrieve(method=method, embedder="vectors", top_k=1)
        run = run_steps(tmp_path, [step], [{"query": "what bees make"}], vector, kb=KB)
        assert [r["document"] for r in run] == [HONEY]

    def test_fields_that_cannot_mean_anything(self) -> None:
        for fields in ({"method": "embed"}, {"embedder": "vectors"}):
            with pytest.raises(ValueError, match="embedder"):
                Retrieve(**fields)

    def test_a_knowledge_base_without_the_column_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(RecipeError, match=r"no text in the column `text`.*passage"):
            run_steps(tmp_path, [Retrieve()], [{"query": "honey"}], kb=[{"body": "Honey."}])

    def test_an_unknown_input_is_said_before_anything_runs(self) -> None:
        with pytest.raises(RecipeError, match="no input called `kb`"):
            Recipe.from_yaml("source: {rows: {rows: [{query: a}]}}\nsteps: [generate.retrieve: {}]")


class TestRagQA:
    def test_the_sentence_that_makes_the_question_likeliest_is_the_answer(self, tmp_path: Path) -> None:
        def script(request: Request) -> list[float]:
            context = str(request.body["context"])
            return [-1.0, -1.0] if "Basalt" in context else [-1.2, -2.0] if "Honey" in context else [-3.0, -3.0]

        run = run_steps(tmp_path, [RagQA(min_gain=1.0)], [{"question": "Why does lava beat honey?"}], script, kb=KB)
        (row,) = run
        assert (row["answer"], row["evidence"]) == (LAVA, LAVA)
        assert row["context"] == f"{HONEY}\n\n{LAVA}" and row["evidence_id"] == row["document_ids"][1]
        parents = {r["id"]: r["parents"] for r in run.lineage.to_pylist()}
        assert parents[row["id"]][1:] == row["document_ids"]

    def test_two_sentences_that_answer_alike_are_ambiguous(self, tmp_path: Path) -> None:
        def script(request: Request) -> list[float]:
            return (
                [-4.0]
                if "Passage" not in str(request.body["context"])
                else [-1.0 if "Basalt" in str(request.body) else -1.2]
            )

        question = [{"question": "Why does lava beat honey?"}]
        assert reasons(run_steps(tmp_path / "1", [RagQA()], question, script, kb=KB)) == [
            ("dropped", "ambiguous_evidence")
        ]
        assert len(run_steps(tmp_path / "2", [RagQA(min_margin=0.1)], question, script, kb=KB)) == 1

    def test_a_difference_needs_both_sides(self, tmp_path: Path) -> None:
        question = [{"question": "What is the difference between honey and lava?"}]
        script: Any = lambda request: [-1.0 if "Basalt" in str(request.body) else -3.0]  # noqa: E731
        assert reasons(run_steps(tmp_path, [RagQA()], question, script, kb=KB)) == [("dropped", "one_sided")]

    def test_a_question_whose_answer_is_another_sentence_is_not_found_again(self, tmp_path: Path) -> None:
        def script(request: Request) -> Any:
            if request.kind == "chat":
                return "Why does honey keep for years?"
            return [-1.0] if "Basalt" in str(request.body["context"]) else [-2.0]

        step = RagQA(on="topic", given="topic")
        run = run_steps(tmp_path, [step], [{"topic": "honey years, lava"}], script, kb=KB)
        assert reasons(run) == [("dropped", "not_found_again")]

    @pytest.mark.parametrize(
        ("answer", "evidence", "reason"),
        [
            ("Because of little water.", HONEY.replace(" ", "  "), None),
            ("Because of little water.", "Honey is sweet.", "not_verbatim"),
            ("After 12 years.", HONEY, "unsupported_number"),
            ("It was kept by Pliny.", HONEY, "unsupported_name"),
            ("Wizards enchanted jars.", HONEY, "low_support"),
            ("NOT IN THE TEXT", HONEY, "not_answered"),
            ("The passage says bacteria need water.", HONEY, "meta_talk"),
        ],
    )
    def test_quoted_answers(self, answer: str, evidence: str, reason: str | None, tmp_path: Path) -> None:
        import orjson

        def script(request: Request) -> str:
            return orjson.dumps({"answer": answer, "evidence": evidence}).decode()

        run = run_steps(tmp_path, [RagQA(mode="quoted")], [{"question": "Why does honey keep?"}], script, kb=KB)
        assert reasons(run) == ([("dropped", reason)] if reason else [])


class TestMultiHopQA:
    FIRST = "The old lighthouse of the harbour was built in 1858 by Anna Brandt from grey granite."
    SECOND = "The bridge over the river was drawn up by the engineer Anna Brandt in her last year."
    KB = ({"text": FIRST}, {"text": SECOND}, {"text": LAVA})

    def ask(self, tmp_path: Path, question: str, **fields: Any) -> Any:
        step = MultiHopQA(**fields)
        return run_steps(tmp_path, [step], [{"text": self.FIRST}], lambda request: question, kb=self.KB)

    def test_both_evidences_stand_in_their_chunks_and_the_partner_is_a_parent(self, tmp_path: Path) -> None:
        run = self.ask(tmp_path, "Which bridge was drawn up by the builder of the lighthouse?")
        (row,) = run
        assert row["evidence"] in row["context"] and row["evidence_2"] in row["context_2"]
        assert (row["context"], row["context_2"], row["link"]) == (self.FIRST, self.SECOND, "Anna Brandt")
        assert row["answer"] == f"{self.FIRST} {self.SECOND}"
        parents = {r["id"]: r["parents"] for r in run.lineage.to_pylist()}
        assert len(parents[row["id"]]) == 2

    @pytest.mark.parametrize(
        "question", ["Who built the lighthouse of granite in the harbour?", "Which engineer drew up the bridge?"]
    )
    def test_a_question_about_one_sentence_is_one_hop(self, question: str, tmp_path: Path) -> None:
        assert reasons(self.ask(tmp_path, question)) == [("dropped", "one_hop")]

    def test_neighbours_share_words(self, tmp_path: Path) -> None:
        question = "Which bridge was drawn up by the builder of the lighthouse?"
        (row,) = self.ask(tmp_path, question, link="neighbour")
        assert row["context_2"] == self.SECOND and "brandt" in row["link"].split()

    def test_joint_answers_are_held_against_both_chunks(self, tmp_path: Path) -> None:
        import orjson

        question = "Which bridge was drawn up by the builder of the lighthouse?"
        for n, (answer, reason) in enumerate(
            [("The bridge over the river.", None), ("The bridge of Porto.", "unsupported_name")]
        ):
            reply = orjson.dumps({"question": question, "answer": answer}).decode()
            run = self.ask(tmp_path / str(n), reply, mode="joint")
            assert reasons(run) == ([("dropped", reason)] if reason else [])

    def test_when_one_chunk_is_enough(self) -> None:
        first, second = self.FIRST, self.SECOND
        assert one_suffices("When was the lighthouse built?", "In 1858.", first, second)
        assert not one_suffices("When was the lighthouse of the bridge's engineer built?", "In 1858.", first, second)
        assert not one_suffices("When was the lighthouse built?", "In her last year.", first, second)

    @pytest.mark.parametrize(("alone", "kept"), [((-3.0, -2.5), 1), ((-3.0, -2.1), 0), ((-2.0, -3.0), 0)])
    def test_each_evidence_must_help(self, alone: tuple[float, float], kept: int, tmp_path: Path) -> None:
        def script(request: Request) -> Any:
            if request.kind == "chat":
                return "Which bridge was drawn up by the builder of the lighthouse?"
            there = [part in str(request.body["context"]) for part in ("lighthouse", "bridge")]
            return [-2.0] if all(there) else [alone[there.index(True)]]

        step = MultiHopQA(min_hop_gain=0.3)
        assert len(run_steps(tmp_path, [step], [{"text": self.FIRST}], script, kb=self.KB)) == kept

    def test_a_chunk_is_no_partner_of_its_own(self, tmp_path: Path) -> None:
        run = run_steps(tmp_path, [MultiHopQA()], [{"text": self.FIRST}], kb=[{"text": self.FIRST}])
        assert reasons(run) == [("dropped", "no_partner")]


class TestInPars:
    def test_the_mean_is_over_the_reply_s_own_tokens(self, tmp_path: Path) -> None:
        def script(request: Request) -> Reply:
            assert request.sampling["logprobs"] is True
            content = [{"token": t, "logprob": p} for t, p in (("how", -0.5), ("long", -1.0), ("?", -3.0))]
            return Reply("how long does honey keep", finish="stop", extra={"logprobs": {"content": content}})

        (row,) = run_steps(tmp_path, [InPars()], [{"text": HONEY, "title": "Bees"}], script)
        assert (row["query"], row["document"], row["title"]) == ("how long does honey keep", HONEY, "Bees")
        assert row["query_logprob"] == pytest.approx(-1.5)

    def test_without_log_probabilities_the_query_is_scored(self, tmp_path: Path) -> None:
        def script(request: Request) -> Any:
            return [-2.0, -4.0] if request.kind == "score" else "how long does honey keep"

        (row,) = run_steps(tmp_path, [InPars()], [{"text": HONEY}], script)
        assert row["query_logprob"] == -3.0

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ("how long", "query_length"),
            ("what do bees eat in winter", "unrelated_query"),
            ("how often should a sourdough starter be fed", "copies_example"),
        ],
    )
    def test_what_is_dropped(self, query: str, reason: str, tmp_path: Path) -> None:
        run = run_steps(tmp_path, [InPars(shots=5)], [{"text": HONEY}], lambda request: query)
        assert reasons(run) == [("dropped", reason)]

    def test_examples_of_one_s_own(self, tmp_path: Path) -> None:
        seen: list[str] = []

        def script(request: Request) -> Any:
            if request.kind == "chat":
                seen.append(str(request.body["messages"]))
            return [-1.0] if request.kind == "score" else "how long does honey keep"

        shown = [{"document": "Iron rusts in rain.", "query": "why does iron rust"}]
        run_steps(tmp_path, [InPars(few_shot="shown")], [{"text": HONEY}], script, shown=shown)
        assert "why does iron rust" in seen[0] and "sourdough" not in seen[0]
        run = run_steps(tmp_path / "2", [InPars(few_shot="shown")], [{"text": HONEY}], script, shown=[{"text": "?"}])
        assert reasons(run) == [("failed", "no_examples")]
