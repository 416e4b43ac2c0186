"""Benchmarks are read as they are published; what is none is refused with a remedy."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tests.evaluation.data import data

from mintmark.core.errors import MintmarkError, SourceError
from mintmark.evaluation.benchmarks import read


@pytest.mark.parametrize(
    ("path", "name", "count", "prompt", "answer"),
    [
        (("human_eval", "HumanEval.jsonl.gz"), "HumanEval", 164, "def has_close_elements", "for idx, elem"),
        (("mbpp_math_svamp", "MBPP", "data", "mbpp.jsonl"), "MBPP", 974, "minimum cost path", "def min_cost"),
        (
            ("mbpp_math_svamp", "MBPP", "data", "mbpp_test.jsonl"),
            "MBPP",
            500,
            "first and last occurrence",
            "def remove_Occ",
        ),
        (("gsm8k", "test.jsonl"), "GSM8K", 1319, "ducks lay 16 eggs", "16 - 3 - 4 = 9 duck eggs"),
        (("mmlu", "test"), "MMLU", 14042, "degree for the given field extension", "4"),
        (("truthfulqa", "TruthfulQA.csv"), "TruthfulQA", 790, "watermelon seeds", "pass through your digestive system"),
    ],
)
def test_published_files(path: tuple[str, ...], name: str, count: int, prompt: str, answer: str) -> None:
    found = read(data(*path))
    assert (found.name, len(found.items)) == (name, count)
    assert prompt in found.items[0]["prompt"] and answer in found.items[0]["answer"]
    assert all(isinstance(v, str) for item in found.items for v in item.values())


def test_mmlu_without_a_header_and_in_lists(tmp_path: Path) -> None:
    (tmp_path / "a_test.csv").write_text('"Which, then?",one,two,three,four,C\nWhy?,a,b,c,d,A\n', encoding="utf-8")
    found = read(tmp_path / "a_test.csv")
    assert found.name == "MMLU" and [i["answer"] for i in found.items] == ["three", "a"]
    row = {"question": "Which?", "choices": ["one", "two"], "answer": 1}
    (tmp_path / "b.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert read(tmp_path / "b.jsonl").items[0] == {"prompt": "Which?", "answer": "two", "choices": "one\ntwo"}


def test_any_file_with_questions(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("id,Query,Target\n1,Who is it?,me\n2,,\n", encoding="utf-8")
    found = read(tmp_path / "mine.csv")
    assert found.name == "mine" and list(found.items) == [{"prompt": "Who is it?", "answer": "me"}]
    (tmp_path / "mine.json").write_text(json.dumps({"data": [{"problem": "1 + 1?"}]}), encoding="utf-8")
    assert read(tmp_path / "mine.json", name="Sums").name == "Sums"
    packed = tmp_path / "mine.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"instruction": "Do this", "output": "done"}\n\n'))
    assert list(read(packed).items) == [{"prompt": "Do this", "answer": "done"}]
    messages = [{"role": "user", "content": "Hi?"}]
    (tmp_path / "turns.jsonl").write_text(json.dumps({"prompt": messages}), encoding="utf-8")
    assert read(tmp_path / "turns.jsonl").items[0] == {"prompt": "Hi?"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.txt", b"hello", "no file that can be read"),
        ("x.jsonl", b"{not json", "is not JSONL"),
        ("x.jsonl", b'{"colour": "red"}', "no column that could be a question"),
        ("x.jsonl", b"", "holds no question"),
        ("x.csv", b"question\n", "holds no question"),
        ("x.jsonl", b"[1, 2]", "holds no question"),
        ("x.jsonl", b"\xff\xfe\x00", "cannot be read"),
        ("x.jsonl.gz", b"not packed", "cannot be read"),
        ("x.json", b'"text"', "is not JSON"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=says) as error:
        read(path)
    assert isinstance(error.value, MintmarkError) and name in str(error.value)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file that can be read"):
        read(tmp_path / "nowhere")
    with pytest.raises(SourceError):
        read(tmp_path)
