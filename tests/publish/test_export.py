"""Exports: each format read back, and every way in which one is refused."""

from __future__ import annotations

import csv
import errno
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mintmark as mm
from mintmark.core.errors import PublishError, RunError
from mintmark.publish.export import default_name, export
from mintmark.publish.formats import maker


def rows_of(run: Path) -> list[dict[str, Any]]:
    return list(mm.Run(run))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def with_rows(run: Path, rows: list[dict[str, Any]]) -> Path:
    """Put other rows into a run's place, as a folder that exports read."""
    (run / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), run / "data" / "part-00000.parquet")
    (run / "manifest.json").write_text('{"format": 1, "content": {}}')
    return run


def test_jsonl_holds_the_rows(made: Path, tmp_path: Path) -> None:
    assert export(made, "jsonl", tmp_path / "o.jsonl") == 4
    assert lines(tmp_path / "o.jsonl") == rows_of(made)


def test_parquet_holds_the_rows_in_one_file(made: Path, tmp_path: Path) -> None:
    export(made, "parquet", tmp_path / "o.parquet")
    assert pq.read_table(tmp_path / "o.parquet").equals(mm.Run(made).rows)


def test_csv_round_trips_what_csv_finds_hard(tmp_path: Path) -> None:
    hard = ['say "x", y', "two\nlines", "a\r\nb", "lone\rreturn", "", " space ", "=1+1", "é—𝄞"]
    rows = [
        {"id": str(i), "text": t, "tags": [t, "b"], "n": i / 4, "ok": i % 2 == 0, "none": None}
        for i, t in enumerate(hard)
    ]
    run = with_rows(tmp_path / "run", rows)
    assert export(run, "csv", tmp_path / "o.csv") == len(hard)
    with (tmp_path / "o.csv").open(newline="", encoding="utf-8") as f:
        back = list(csv.DictReader(f))
    assert [row["text"] for row in back] == hard
    assert [json.loads(row["tags"])[0] for row in back] == hard
    assert back[1] | {"text": "", "tags": ""} == {
        "id": "1",
        "text": "",
        "tags": "",
        "n": "0.25",
        "ok": "false",
        "none": "",
    }


def test_messages_alpaca_and_sharegpt(made: Path, tmp_path: Path) -> None:
    first = rows_of(made)[0]
    for format in ("messages", "alpaca", "sharegpt"):
        assert export(made, format, tmp_path / format) == 4
    user, assistant = lines(tmp_path / "messages")[0]["messages"]
    assert user == {"role": "user", "content": first["question"]}
    assert assistant == {"role": "assistant", "content": first["answer"]}
    assert lines(tmp_path / "alpaca")[0] == {"instruction": first["question"], "input": "", "output": first["answer"]}
    assert lines(tmp_path / "sharegpt")[0]["conversations"] == [
        {"from": "human", "value": first["question"]}, {"from": "gpt", "value": first["answer"]},
    ]  # fmt: skip


def test_pairs_for_dpo_reward_models_and_kto(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "instruction": "Add.",
        "input": "1 2",
        "chosen": "3",
        "rejected": "4",
        "margin": 2.5,
        "system": "Be brief.",
    }
    run = with_rows(tmp_path / "run", [row, {**row, "id": "2", "margin": None, "system": None}])
    counts = {format: export(run, format, tmp_path / format) for format in ("dpo", "reward", "kto")}
    assert counts == {"dpo": 2, "reward": 2, "kto": 4}
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Add.\n\n1 2"}]
    good, bad = ({"role": "assistant", "content": text} for text in "34")
    assert lines(tmp_path / "dpo")[0] == {"prompt": prompt, "chosen": [good], "rejected": [bad]}
    assert lines(tmp_path / "dpo")[1]["prompt"] == prompt[1:]
    one, two = lines(tmp_path / "reward")
    assert one == {"chosen": [*prompt, good], "rejected": [*prompt, bad], "margin": 2.5} and "margin" not in two
    assert lines(tmp_path / "kto")[:2] == [
        {"prompt": prompt, "completion": [good], "label": True}, {"prompt": prompt, "completion": [bad], "label": False},
    ]  # fmt: skip
    with pytest.raises(PublishError, match=r"row 1: the column `rejected` is empty"):
        maker("dpo", row, {})({**row, "rejected": ""})
    with pytest.raises(
        PublishError, match=r"`question` and `chosen` and `rejected`; the columns are .*--map rejected=COLUMN"
    ):
        maker("kto", ["question", "answer"], {})
    asked = maker("dpo", ["prompt", "good", "bad"], {"question": "prompt", "chosen": "good", "rejected": "bad"})
    assert asked({"id": "1", "prompt": "Why?", "good": "So.", "bad": "No."})["prompt"][0]["content"] == "Why?"  # type: ignore[call-overload]


def test_instruction_input_response_and_system() -> None:
    row = {"id": "1", "instruction": "Add.", "input": "1 2", "response": "3", "system": "Be brief."}
    assert maker("alpaca", row, {})(row) == {
        "instruction": "Add.",
        "input": "1 2",
        "output": "3",
        "system": "Be brief.",
    }
    assert maker("messages", row, {})(row)["messages"] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Add.\n\n1 2"},
        {"role": "assistant", "content": "3"},
    ]  # fmt: skip
    assert maker("sharegpt", row, {})(row)["conversations"][0] == {"from": "system", "value": "Be brief."}


def test_context_comes_before_the_question_where_asked_for() -> None:
    row = {"id": "1", "question": "Why?", "answer": "So.", "context": "Once."}
    plain, with_context = maker("messages", row, {}), maker("messages", row, {}, with_context=True)
    assert plain(row)["messages"][0]["content"] == "Why?"
    assert with_context(row)["messages"][0]["content"] == "Once.\n\nWhy?"
    assert maker("alpaca", row, {}, with_context=True)(row)["input"] == "Once."
    with pytest.raises(PublishError, match="--map context=COLUMN"):
        maker("messages", ["question", "answer"], {}, with_context=True)


def test_stored_messages_pass_through_without_empty_fields() -> None:
    said = [
        {"role": "user", "content": "Hi", "tool_calls": None},
        {"role": "assistant", "content": "Ho", "tool_calls": None},
    ]
    row = {"id": "1", "messages": said, "question": "other", "answer": "other"}
    clean = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    assert maker("messages", row, {})(row) == {"messages": clean}
    assert maker("messages", row, {})({**row, "messages": json.dumps(said)}) == {"messages": clean}
    assert maker("alpaca", row, {})(row) == {"instruction": "Hi", "input": "", "output": "Ho"}
    assert maker("alpaca", row, {"question": "question"})(row)["output"] == "other"  # what is mapped wins
    with pytest.raises(PublishError, match=r"row 1: .*--format messages"):
        maker("alpaca", row, {})({**row, "messages": clean + clean})
    with pytest.raises(PublishError, match="row 1: the column `messages` holds no list"):
        maker("messages", row, {})({**row, "messages": "nothing"})


def test_missing_roles_name_columns_and_remedy(tmp_path: Path) -> None:
    run = with_rows(tmp_path / "run", [{"id": "1", "prompt": "Why?", "reply": "So."}])
    with pytest.raises(PublishError) as e:
        export(run, "messages", tmp_path / "o")
    assert "`id`, `prompt`, `reply`" in str(e.value) and "--map question=COLUMN" in str(e.value)
    assert not (tmp_path / "o").exists()
    export(run, "messages", tmp_path / "o", roles={"question": "prompt", "answer": "reply"})
    assert lines(tmp_path / "o")[0]["messages"][1]["content"] == "So."
    with pytest.raises(PublishError, match="did you mean `prompt`"):
        export(run, "messages", tmp_path / "p", roles={"question": "promt"})
    with pytest.raises(PublishError, match="unknown role `qestion`"):
        export(run, "messages", tmp_path / "p", roles={"qestion": "prompt"})
    with pytest.raises(PublishError, match="roles mean nothing"):
        export(run, "jsonl", tmp_path / "p", roles={"question": "prompt"})


def test_an_empty_answer_is_an_error_that_leaves_no_file(tmp_path: Path) -> None:
    rows = [{"id": "a", "question": "Why?", "answer": "So."}, {"id": "b", "question": "How?", "answer": None}]
    run = with_rows(tmp_path / "run", rows)
    with pytest.raises(PublishError, match="row b: the column `answer` is empty"):
        export(run, "messages", tmp_path / "out" / "o.jsonl")
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_is_replaced_unless_asked(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    out.write_text("mine")
    with pytest.raises(PublishError, match=r"is there already.*--overwrite"):
        export(made, "jsonl", out)
    assert out.read_text() == "mine"
    assert export(made, "jsonl", out, overwrite=True) == 4
    assert len(lines(out)) == 4


@pytest.mark.parametrize("place", ["o.jsonl", "data/part-00000.parquet", "new/deep/o.jsonl", "../run/o.jsonl"])
def test_nothing_is_written_into_a_run(made: Path, place: str) -> None:
    before = sorted(made.rglob("*"))
    with pytest.raises(PublishError, match="immutable"):
        export(made, "jsonl", made / place, overwrite=True)
    assert sorted(made.rglob("*")) == before


def test_other_refusals(made: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="did you mean `messages`"):
        export(made, "mesages", tmp_path / "o")
    with pytest.raises(PublishError, match="NUL"):
        export(made, "jsonl", "a\0b")
    with pytest.raises(PublishError, match="is a folder"):
        export(made, "jsonl", tmp_path)
    with pytest.raises(PublishError, match="standard output"):
        export(made, "parquet", "-")
    with pytest.raises(RunError, match="is no run"):
        export(tmp_path, "jsonl", tmp_path / "o")


def test_a_full_disk_keeps_the_older_file(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "o.jsonl"
    out.write_text("mine")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PublishError, match="No space left"):
        export(made, "jsonl", out, overwrite=True)
    assert out.read_text() == "mine" and list(tmp_path.iterdir()) == [out]


def test_default_names() -> None:
    assert [default_name("runs/faq/", f) for f in ("csv", "jsonl", "alpaca")] == [
        "faq.csv",
        "faq.jsonl",
        "faq.alpaca.jsonl",
    ]
