"""Paraphrase: the share of changed words, and what a rule sees to have changed besides."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mintmark as mm
from mintmark.generate.paraphrase import Paraphrase, changed
from mintmark.sources.rows import Rows

TEXT = "Why did the 2 machines not give me my money back?"


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12), st.lists(st.sampled_from("abcxyz"), max_size=12))
def test_share_of_changed_words(text: list[str], said: list[str]) -> None:
    share = changed(" ".join(text), " ".join(said))
    left = list(said)
    kept = 0
    for word in text:
        if word in left:
            left.remove(word)
            kept += 1
    assert share == round(1 - kept / len(text), 4)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("How come I got no money from both of those 2 machines?", None),
        ('Sure! Here is it:\n\n"How come I got no money from both of those 2 machines?"', None),
        ("Text: How come I got no money from both of those 2 machines?\nText: more", None),
        ("Why did the 2 machines not give me any money back?", "unchanged"),
        ("How come I got no money from those machines?", "number_changed"),
        ("How come I got money from both of those 2 machines?", "negation_changed"),
        ("I got no money from both of those 2 machines.", "question_changed"),
        ("How come I got no money? Both of those 2 machines said so.", None),
        ("I'd be happy to help: how come both of those 2 machines paid no money?", "meta_talk"),
        ("Did those 2 machines return no money to you?", "person_changed"),
        ("What is 2 and is it not good?", "unrelated"),
        ("Here is a text: how come 2 machines paid no money?", "meta_talk"),
        ("", "empty_reply"),
    ],
)
def test_what_is_kept(said: str, reason: str | None, tmp_path: Path) -> None:
    with mm.scripted("say", lambda request: said):
        recipe = mm.Recipe(
            source=Rows(rows=({"text": TEXT, "label": "cash"},)),
            models={"writer": "scripted/say"},
            steps=[Paraphrase(min_kept=0.3)],
        )
        run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    if reason is None:
        (row,) = run
        assert (row["clean"], row["label"], row["perturbation"]) == (TEXT, "cash", "paraphrase")
        assert row["text"].startswith("How come I got no money") and "\n" not in row["text"] and row["changed"] >= 0.3
    else:
        assert [r["reason"] for r in run.dropped().to_pylist()] == [reason]
