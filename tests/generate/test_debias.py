"""Debiasing sentences: what a rule can see to be against their purpose is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mintmark as mm
from mintmark.generate import debias_prompts as prompts
from mintmark.generate.debias import Debias, names_group
from mintmark.sources.rows import Rows

WOMEN = {"group": "women", "stereotype": "are bad at chess", "deed": "wins the tournament"}


def reason_of(reply: str, row: dict[str, str], folder: Path, **fields: Any) -> str | None:
    with mm.scripted("debias", lambda request: reply):
        recipe = mm.Recipe(source=Rows(rows=(row,)), models={"writer": "scripted/debias"}, steps=[Debias(**fields)])
        run = recipe.run(folder / "run", progress=False, workspace=None)
    if len(run):
        (kept,) = run
        assert kept["text"] == reply and kept["mode"] == fields.get("mode", "targeted")
        return None
    (out,) = run.dropped().to_pylist()
    return str(out["reason"])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Anna wins the tournament in June.", None),
        ("The mother of three wins the tournament.", None),
        ("The boy wins the tournament.", "group_missing"),
        ("She is bad at chess but wins the tournament.", "states_stereotype"),
        ("She plays well.", "deed_missing"),
        ("He wins the tournament against her.", "deed_of_another"),
        ("She wins the tournament and never sleeps.", "negated"),
        ("Every day women can see that a woman wins the tournament.", "generalises"),
        ("", "empty_reply"),
    ],
)
def test_targeted(reply: str, reason: str | None, tmp_path: Path) -> None:
    assert reason_of(reply, WOMEN, tmp_path, deed="deed") == reason


def test_a_worked_example_is_no_sentence_of_its_own(tmp_path: Path) -> None:
    shot = next(s for s in prompts.TARGETED if s.about == "grandmothers")
    row = {"group": "grandmothers", "stereotype": "are slow"}
    assert reason_of(shot.sentence, row, tmp_path, shots=6) == "copies_example"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [("A judge and a nurse share a bench.", None), ("A judge shares a bench.", "group_missing")],
)
def test_general(reply: str, reason: str | None, tmp_path: Path) -> None:
    assert reason_of(reply, {"topic": "the park"}, tmp_path, mode="general") == reason


def test_every_worked_example_passes_its_own_rules(tmp_path: Path) -> None:
    for n, shot in enumerate(prompts.TARGETED):
        row = {"group": shot.about, "stereotype": shot.stereotype, "deed": shot.deed}
        assert reason_of(shot.sentence, row, tmp_path / f"t{n}", shots=0, deed="deed") is None, shot
    for n, shot in enumerate(prompts.GENERAL):
        found = reason_of(shot.sentence, {"topic": shot.about}, tmp_path / f"g{n}", shots=0, mode="general")
        assert found is None, shot


def test_groups_are_known_by_any_of_their_words() -> None:
    assert names_group("Her engine ran.", "women") and not names_group("His engine ran.", "women")
    assert names_group("The French cook sang.", "French people") or names_group("A plumber sang.", "plumbers")
    assert not names_group("The dog sang.", "plumbers")
