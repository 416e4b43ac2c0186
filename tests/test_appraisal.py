"""`mm.evaluate`: whatever holds rows, whatever is wrong with them, and a report that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluation.data import data as real_data
from tests.support.made import make_run

import mintmark as mm
from mintmark.appraisal import evaluate
from mintmark.core.call import Reply, Request
from mintmark.core.errors import MintmarkError
from mintmark.evaluation.aspects import ASPECTS
from mintmark.evaluation.known import Check, Outcome, run_checks
from mintmark.models.bridge import Bridge
from mintmark.models.scripted import scripted
from mintmark.reading import read

WORDS = "river bridge mill stone pond bench park owner parish hill stream town road field barn wheel".split()
CHEAP = ["copying", "bias", "labels", "safety", "contamination", "process", "collapse"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made"))


def rows(count: int, seed: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Rows of random words, each text another."""
    rng = np.random.default_rng(seed)
    return [
        {"question": " ".join(rng.choice(WORDS, 9)) + f" {seed} {i}?", "answer": " ".join(rng.choice(WORDS, 5)), **more}
        for i in range(count)
    ]


def written(path: Path, found: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return path


def test_rows_come_from_anywhere(tmp_path: Path) -> None:
    given = rows(30)
    file = written(tmp_path / "a.jsonl", given)
    claims = {
        tuple(f.claim for f in evaluate(data, aspects=["copying"]).findings)
        for data in (given, pa.Table.from_pylist(given), file, str(file), tmp_path)
    }
    assert len(claims) == 1


def test_nothing_that_is_read_is_altered(tmp_path: Path) -> None:
    given = rows(30)
    before = json.dumps(given)
    evaluate(given, rows(30, seed=1), aspects=CHEAP, out=tmp_path / "report", static=False)
    assert json.dumps(given) == before


def test_a_report_is_the_same_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        evaluate(rows(60), rows(60, seed=1), out=tmp_path / name, aspects=["copying", "diversity", "bias"])
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert Path("report.html") in files and any(p.suffix == ".svg" for p in files)
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


@pytest.mark.parametrize("reference", [None, "two", "many"])
@pytest.mark.parametrize(
    "data",
    [
        [{"text": "one"}], [{"text": "one"}, {"text": "two"}], [{"text": ""}] * 30, [{"text": "the same"}] * 40,
        [{"text": None, "label": None}, {"text": float("nan"), "label": 3}, {"text": ["a", 1]}, {"other": {"x": 1}}] * 10,
        [{"text": f"猫が好き{i}です。", "label": "一"} for i in range(40)],
        [{"text": f"مرحبا بالعالم {i}"} for i in range(40)],
        [{"text": "word " * 400_000}, *({"text": f"short {i}"} for i in range(30))],
        [{"text": f"row {i}", "label": "only"} for i in range(40)],
        [{"messages": [{"role": "user", "content": f"Hi {i}"}, {"role": "assistant", "content": "Hello."}]} for i in range(30)],
        [{"chosen": f"good {i}", "rejected": f"bad {i}", "instruction": "Do."} for i in range(30)],
    ],
    ids=["one", "two", "empty texts", "all alike", "mixed types", "japanese", "arabic", "2 MB", "one class", "chat", "pairs"],
)  # fmt: skip
def test_ugly_rows_give_findings(data: list[dict[str, Any]], reference: str | None) -> None:
    real = {None: None, "two": rows(2, text="x"), "many": rows(40, label="a")}[reference]
    found = evaluate(data, real)
    assert {f.aspect for f in found.findings} == set(ASPECTS)
    assert all(f.estimate is not None or f.needs or f.kind == "fact" for f in found.findings)
    if reference is None or len(data) < 3:
        assert not [f.name for f in found.findings if f.kind == "benefit" and f.aspect == "fidelity"]


def test_no_rows_and_no_file_are_errors(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(MintmarkError, match="no rows"):
        evaluate(empty)
    with pytest.raises(MintmarkError, match="no such file"):
        evaluate(tmp_path / "none.jsonl")
    with pytest.raises(MintmarkError, match="a row must be a dict"):
        evaluate(["text"])
    with pytest.raises(MintmarkError, match=r"no such aspect.*did you mean `fidelity`"):
        evaluate(rows(3), aspects=["fidelty"])
    with pytest.raises(MintmarkError, match="no column `label`"):
        evaluate(written(tmp_path / "a.jsonl", rows(3)), roles={"label": "label"})
    found = evaluate([], rows(10))
    assert not [f for f in found.findings if f.kind in ("risk", "benefit")]
    found = evaluate(rows(10), [])
    assert not [f for f in found.findings if f.kind == "benefit" and f.aspect == "fidelity"]


def test_rows_are_drawn_from_many_and_said_so(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", rows(200))
    one, again, other = (read(file, max_rows=50, seed=seed) for seed in (0, 0, 1))
    assert len(one.corpus) == 50 and one.notes == ("50 of the 200 rows of data were drawn at random (seed 0).",)
    assert one.corpus.texts == again.corpus.texts != other.corpus.texts
    assert one.corpus.texts == [t for t in read(file).corpus.texts if t in set(one.corpus.texts)]


def test_bad_lines_are_said(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", rows(20))
    file.write_text(file.read_text() + "{broken\n")
    report = evaluate(file, aspects=["copying"]).report
    assert report.examined.notes == ("1 rows of data could not be read and were left out.",)


def test_a_run_is_held_with_all_that_it_knows(made: Path) -> None:
    found = evaluate(mm.Run(made))
    report = found.report
    assert report.waterfall and report.examined.models == ("scripted/made",) and report.examined.documents
    assert found["process.provenance_share"].estimate is not None
    sources = [part for part in report.parts if part.by == "source"]
    assert sum(part.kept for part in sources) == len(mm.Run(made))
    assert sum(part.removed for part in sources) == mm.Run(made).dropped().num_rows
    assert not (made / "report").exists()


def test_a_gate_in_python() -> None:
    found = evaluate(rows(60), rows(60), aspects=["copying"])
    assert found["copying.verbatim_share"].kind == "risk"
    assert found.gate({"copying.verbatim_share": {"max": 0.1}}).exit_code == 1
    assert found.gate({"copying.pii_email_share": {"max": 0.5}}).exit_code == 0
    assert found.gate({"utility.tstr_gap": {"min": -0.1}}).exit_code == 2


def test_a_models_calls_are_written_down_and_not_asked_again(tmp_path: Path) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        if request.kind == "embed":
            return Reply(value=[3.0, 4.0])
        return Reply(value=[-1.0] * len(str(request.body["target"]).split()))

    for _ in range(2):
        with scripted("scores", answer):
            bridge = Bridge("scripted/scores", tmp_path / "calls.sqlite")
            scores = bridge.score([("a", "b c"), ("a", "d"), ("a", "d")])
            vectors = bridge.embed(["x"])
            bridge.close()
        assert [s.tolist() for s in scores] == [[-1, -1], [-1], [-1]]
        assert np.allclose(vectors, [[0.6, 0.8]])
    assert len(asked) == 3


def test_known_numbers_are_found() -> None:
    outcomes = list(run_checks(real_data("gsm8k").parent))
    wrong = [(o.check.what, o.check.shown, o.shown) for o in outcomes if o.passed is False]
    assert not wrong and sum(o.passed is True for o in outcomes) > 20


def test_a_wrong_number_is_wrong_and_absent_data_are_no_pass(tmp_path: Path) -> None:
    check = Check(("x.y",), "a number", 1.0, 0.1, lambda _: 2.0)
    assert Outcome(check, 2.0).passed is False and Outcome(check, 1.05).passed and Outcome(check, None).passed is None
    assert any(o.passed is None for o in run_checks(tmp_path)) and not any(
        o.passed is False for o in run_checks(tmp_path)
    )
