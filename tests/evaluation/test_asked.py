"""What a source asked for and what came: coverage, control and gaps of real runs of the scripted model."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.core.finding import Finding
from mintmark.evaluation.asked import examine
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Subject
from mintmark.models.scripted import scripted
from mintmark.reading import read, sources_of

CROSS = {
    "label": ["tea", "coffee"],
    "length": ["3 to 5 words", "8 to 12 words"],
    "tone": ["formal", "plain"],
    "n": {"values": list(range(20))},
}
PROMPT = "{{ label }} / {{ length }} / {{ tone }} / {{ n }}"


def make(folder: Path, script: Any, **changes: Any) -> Run:
    entry = {
        "source": {"attributes": {"cross": CROSS}},
        "models": {"writer": "scripted/w"},
        "steps": [{"generate.prompt": {"prompt": PROMPT, "into": "text"}}],
        "max_failed": 1.0,
        **changes,
    }
    with scripted("w", script):
        return Recipe.from_data(entry).run(folder, progress=False, workspace=None)


def findings(folder: Path) -> Mapping[str, Finding]:
    found = read(folder)
    assert found.run is not None
    subject = Subject(found.corpus, run=found.run, sources=sources_of(found.run))
    return {f.metric: f for f in settle(examine(subject))}


def obeys(request: Request) -> str:
    """Write about the drink at the length asked for, in no tone."""
    label, length, _, _ = str(request.body["messages"][0]["content"]).split(" / ")
    rng = random.Random(request.seed)
    words = {"tea": ["leaf", "pot", "green", "steep"], "coffee": ["bean", "mug", "roast", "grind"]}[label]
    return " ".join(rng.choices(words, k=rng.randint(3, 5) if length.startswith("3") else rng.randint(8, 12)))


def test_followed_requests_are_a_benefit_and_others_stay_open(tmp_path: Path) -> None:
    make(tmp_path / "run", obeys)
    found = findings(tmp_path / "run")
    label, length, tone = (found[f"control_{c}"] for c in ("label", "length", "tone"))
    assert label.kind == "benefit" and label.estimate is not None and label.estimate.value > 0.95
    assert "classifier" in label.claim
    assert length.kind == "benefit" and "by counting" in length.claim
    assert length.estimate is not None and length.estimate.value == 1
    assert tone.kind == "question" and tone.estimate is not None and tone.estimate.value < 0.65
    assert found["asked_coverage"].claim.startswith(
        "Every value that the source gave of `label`, `length`, `tone`, `n`"
    )


def test_requests_that_are_turned_round_are_a_risk(tmp_path: Path) -> None:
    def turned(request: Request) -> str:
        short = " / 3 to" in str(request.body["messages"][0]["content"])
        return "word " * (10 if short else 4)

    make(tmp_path / "run", turned)
    assert findings(tmp_path / "run")["control_length"].kind == "risk"


def test_a_column_of_what_came_is_taken_at_its_word(tmp_path: Path) -> None:
    steps = [
        {"generate.prompt": {"prompt": PROMPT, "into": "text"}},
        {
            "curate.assign": {
                "into": "came_tone",
                "cases": [{"value": "Formal", "when": "tone == 'formal'"}, {"value": "plain"}],
            }
        },
    ]
    make(tmp_path / "run", obeys, steps=steps)
    tone = findings(tmp_path / "run")["control_tone"]
    assert tone.kind == "benefit" and "`came_tone`" in tone.claim and tone.estimate is not None
    assert tone.estimate.value == 1


def test_values_without_a_kept_row_are_named(tmp_path: Path) -> None:
    def short(request: Request) -> str:
        return "" if "coffee" in str(request.body) else obeys(request)

    steps = [{"generate.prompt": {"prompt": PROMPT, "into": "text", "inherit": ["tone"]}}]
    make(tmp_path / "run", short, steps=steps)
    found = findings(tmp_path / "run")["asked_coverage"]
    assert found.details["lacking"] == {"label": ["coffee"], "length": [], "tone": [], "n": []}
    assert "`label` lacks 1 of 2 (coffee)" in found.claim
    assert found.details["rows_by_value"]["label"] == {"tea": 80, "coffee": 0}


def test_the_thin_classes_and_what_was_made_for_them(tmp_path: Path) -> None:
    sizes = {"tea": 6, "coffee": 2, "milk": 5}
    rows = [{"text": f"{label} {i}", "label": label} for label, n in sizes.items() for i in range(n)]
    make(
        tmp_path / "run", lambda request: "" if "milk" in str(request.body) else "new",
        source={"gaps": {"of": {"rows": {"rows": rows}}, "by": "label", "target": 6}},
        steps=[{"generate.prompt": {"prompt": "{{ label }}", "into": "text", "inherit": ["label"]}}],
    )  # fmt: skip
    found = findings(tmp_path / "run")["gaps_filled"]
    assert found.details == {
        "coffee": {"had": 2, "wanted": 6, "made": 4}, "milk": {"had": 5, "wanted": 6, "made": 0},
    }  # fmt: skip
    assert (
        "2 values of `label` had fewer than 6 rows, the thinnest 2 (`coffee`); with 4 rows made, 1 of them"
        in found.claim
    )


def test_a_run_that_only_filters_asked_for_nothing(tmp_path: Path) -> None:
    make(
        tmp_path / "run",
        obeys,
        source={"rows": {"rows": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]}},
        steps=[],
    )
    assert findings(tmp_path / "run") == {}
    assert examine(Subject(read(tmp_path / "run").corpus)) == []
