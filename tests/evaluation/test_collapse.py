"""Collapse: descent is read from the lineage, theory is what simulation gives, and a cut tail shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.data import gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation import collapse
from mintmark.evaluation.claim import settle
from mintmark.evaluation.descent import descent
from mintmark.evaluation.subject import Corpus, RunFacts, Subject
from mintmark.measures.generations import accumulated_error_bound, regression_error, variance_after


def row(name: str, *parents: str, source: str | None = None) -> dict[str, Any]:
    return {"id": name, "parents": list(parents), "source": {"path": source} if source else None}


LINEAGE = [
    row("s", source="a.md"), row("seed"), row("one", "s"), row("two", "one"), row("mixed", "one", "seed"), row("loop", "loop"),
]  # fmt: skip


def found(
    names: list[str], lineage: list[dict[str, Any]], manifest: dict[str, Any] | None = None
) -> dict[str, Finding]:
    data = Corpus.of("data", [{"id": n, "text": n} for n in names])
    run = RunFacts(Path(), manifest or {}, (), lineage)
    return {f.metric: f for f in settle(collapse.examine(Subject(data, run=run)))}


def test_descent_is_the_longest_way_and_every_root_counts() -> None:
    known = descent({r["id"]: r for r in LINEAGE})
    assert known == {
        "s": (0, True), "seed": (0, False), "one": (1, True), "two": (2, True), "mixed": (2, False), "loop": (1, False),
    }  # fmt: skip


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [row("0", source="a")] + [row(str(i), str(i - 1)) for i in range(1, 5000)]
    assert descent({r["id"]: r for r in reversed(chain)})["4999"] == (4999, True)


def test_depth_and_anchors_are_said() -> None:
    settled = found(["one", "two", "mixed"], LINEAGE)
    assert settled["generation_depth"].details["rows_by_generation"] == [0, 1, 2]
    assert settled["real_anchor_share"].claim.startswith("2 of 3 rows rest on a place in a source")


def test_a_source_that_is_a_run_adds_a_generation(tmp_path: Path) -> None:
    for name, source in (("first", "docs"), ("second", str(tmp_path / "first" / "data"))):
        (tmp_path / name / "data").mkdir(parents=True)
        content = {"recipe": {"source": {"files": {"path": source}}}}
        (tmp_path / name / "manifest.json").write_text(json.dumps({"content": content, "content_digest": "x"}))
    recipe = {"source": {"files": {"path": str(tmp_path / "second" / "data" / "part-00000.parquet")}}}
    settled = found(["one"], LINEAGE, {"content": {"recipe": recipe}})
    assert settled["generation_depth"].details["rows_by_generation"] == [0, 0, 0, 1]
    assert settled["real_anchor_share"].estimate is not None and settled["real_anchor_share"].estimate.value == 0


def test_without_lineage_the_question_stays() -> None:
    (one,) = collapse.examine(Subject(Corpus.of("data", [{"text": "x"}])))
    assert isinstance(one, Finding) and one.needs
    assert found(["unknown"], LINEAGE)["generation_depth"].needs


def test_theory_gives_the_known_figures() -> None:
    assert [round(regression_error(1, 20, 200, t), 3) for t in (1, 5, 10)] == [0.112, 0.559, 1.117]
    assert accumulated_error_bound(1, 20, 200) == pytest.approx(0.184, abs=5e-4)
    with pytest.raises(ValueError, match="more than 21 rows"):
        regression_error(1, 20, 21, 1)


def test_a_refitted_gaussian_loses_its_variance_as_theory_says() -> None:
    rng, n, chains = np.random.default_rng(0), 20, 4000
    mean, variance = np.zeros(chains), np.ones(chains)
    for t in range(1, 11):
        drawn = rng.normal(mean[:, None], np.sqrt(variance)[:, None], (chains, n))
        mean, variance = drawn.mean(axis=1), drawn.var(axis=1)
        error = variance.std() / np.sqrt(chains)
        assert abs(variance.mean() - variance_after(1, n, t)) < 4 * error


def test_a_refitted_regression_errs_as_theory_says() -> None:
    rng, d, rows, chains = np.random.default_rng(1), 20, 200, 60
    replaced: dict[int, list[float]] = {1: [], 5: [], 10: []}
    accumulated: list[float] = []
    for _ in range(chains):
        weights, kept, xs, ys = np.zeros(d), np.zeros(d), np.zeros((0, d)), np.zeros(0)
        for t in range(1, 11):
            x, noise = rng.normal(size=(rows, d)), rng.normal(size=rows)
            weights = np.linalg.lstsq(x, x @ weights + noise, rcond=None)[0]
            if t in replaced:
                replaced[t].append(float(weights @ weights))
            xs, ys = np.concatenate([xs, x]), np.concatenate([ys, x @ kept + noise])
            kept = np.linalg.solve(xs.T @ xs, xs.T @ ys)
        accumulated.append(float(kept @ kept))
    for t, errors in replaced.items():
        assert np.mean(errors) == pytest.approx(
            regression_error(1, d, rows, t), abs=4 * np.std(errors) / np.sqrt(chains)
        )
    assert np.mean(accumulated) < accumulated_error_bound(1, d, rows)


def test_generations_of_one_set_lose_nothing_and_a_cut_tail_shows() -> None:
    texts = [r["question"] for r in gsm8k(3000)]
    rng = np.random.default_rng(2)
    order = rng.permutation(len(texts)).tolist()
    same = [[{"text": texts[i]} for i in order[:1500]], [{"text": texts[i]} for i in order[1500:]]]
    common = {w for w, _ in _counted(texts)[:600]}
    cut = [{"text": " ".join(w for w in one["text"].split() if w in common)} for one in same[1]]
    zero, fresh, lost = collapse.over_generations([Corpus.of(str(k), rows) for k, rows in enumerate([*same, cut])])
    assert fresh.tail_kept.low < 1 < fresh.tail_kept.high
    assert zero.divergence.low < fresh.divergence.value < zero.divergence.high + 0.01
    assert (
        lost.tail_kept.high < 0.6 and lost.types.high < fresh.types.low and lost.divergence.low > fresh.divergence.high
    )
    assert lost.entropy.high < fresh.entropy.low and lost.distinct_2.n == fresh.distinct_2.n


def _counted(texts: list[str]) -> list[tuple[str, int]]:
    from collections import Counter

    return Counter(w for t in texts for w in t.split()).most_common()


def test_generations_need_rows_and_survive_empty_ones() -> None:
    with pytest.raises(ValueError, match="at least 4 rows"):
        collapse.over_generations([Corpus.of("a", [{"text": "x"}])])
    empty = Corpus.of("b", [{"text": ""}] * 6)
    (one,) = collapse.over_generations([empty])
    assert one.types.value == 0 and one.tail_kept.value == 1
