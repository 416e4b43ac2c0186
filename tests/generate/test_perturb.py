"""Perturbation: the rate is held, nothing else moves, the label stays."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mintmark as mm
from mintmark.generate import perturb_edits as edits
from mintmark.generate.perturb import Perturb
from mintmark.measures.wordlists import word_list
from mintmark.recipes import get
from mintmark.sources.rows import Rows

TEXTS = st.lists(st.text(string.ascii_letters + "'.,?0123456789\u00e9", min_size=1, max_size=9), max_size=25)
KINDS = sorted(edits.EDITS)


@given(TEXTS, st.sampled_from(KINDS), st.floats(0.01, 1), st.integers(0, 2**32))
def test_the_rate_is_held(words: list[str], kind: str, rate: float, seed: int) -> None:
    text = "  ".join(words)
    found = edits.edit_words(text, edits.EDITS[kind], rate, random.Random(seed))
    if found is None:
        changeable = sum(edits.EDITS[kind](w, random.Random(seed)) is not None for w in words)
        assert changeable < edits.words_to_change(len(words), rate), "it was given up although it could be done"
        return
    new, changes = found
    after = new.split("  ")
    assert len(after) == len(words), "a word was lost or born"
    differ = [i for i, (a, b) in enumerate(zip(words, after)) if a != b]
    assert len(differ) == edits.words_to_change(len(words), rate) == max(1, int(rate * len(words) + 0.5))
    assert changes == [{"at": i, "from": words[i], "to": after[i]} for i in differ]


@given(st.text(string.ascii_letters, min_size=1, max_size=12), st.integers(0, 2**32))
def test_each_edit_does_what_its_name_says(word: str, seed: int) -> None:
    rng = random.Random(seed)
    if (found := edits.typo(word, rng)) is not None:
        (at,) = [i for i, (a, b) in enumerate(zip(word, found, strict=True)) if a != b]
        assert found[at].lower() in edits.key_neighbours()[word[at].lower()]
        assert found[at].isupper() == word[at].isupper()
    if (found := edits.swap(word, rng)) is not None:
        assert sorted(found) == sorted(word) and found != word and (found[0], found[-1]) == (word[0], word[-1])
    if (found := edits.delete(word, rng)) is not None:
        assert len(found) == len(word) - 1 and found[0] == word[0]
        assert any(word[:i] + word[i + 1 :] == found for i in range(len(word)))
    if (found := edits.casing(word, rng)) is not None:
        assert found != word and found.lower() == word.lower()
    if (found := edits.ocr(word, rng)) is not None:
        assert any(
            word[:i] + read + word[i + len(seen) :] == found
            for seen, read in word_list("ocr")["pairs"]
            for i in range(len(word))
            if word.startswith(seen, i)
        )


def test_neighbours_are_mutual_and_near() -> None:
    near = edits.key_neighbours()
    assert set(near) == set(string.ascii_lowercase)
    assert all(a in near[b] for a in near for b in near[a])
    assert set(near["g"]) == set("ftyhvb") and set(near["q"]) == set("wa")


def test_words_of_another_language_keep_case_and_marks() -> None:
    edit = edits.code_switch("es")
    assert edit("Card?", random.Random(0)) == "Tarjeta?"
    assert edit("MONEY", random.Random(0)) == "DINERO"
    assert edit("kaleidoscope", random.Random(0)) is None


@pytest.mark.parametrize("language", ["es", "fr", "de"])
def test_a_word_of_another_language_is_one_word_and_another_one(language: str) -> None:
    words = word_list("code_switching")["languages"][language]
    assert len(words) >= 50
    assert all(a != b.lower() and len(b.split()) == 1 for a, b in words.items())


def test_a_frame_leaves_the_text_whole() -> None:
    for kind in edits.FRAMES:
        assert all(f.count("{text}") == 1 for f in word_list("frames")[kind])
        text, changes = edits.frame(kind, "Where is it? {text}", random.Random(3))
        assert "Where is it? {text}" in text and changes[0]["to"] in word_list("frames")[kind]


def test_copies_keep_the_label_and_name_their_parent(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = ({"text": "Why was I charged twice for the same ticket?", "label": "double"},)
    step = Perturb(copies=5, rate=0.3)
    run = mm.Recipe(source=Rows(rows=rows), steps=[step]).run(tmp_path / "run", progress=False, workspace=None)
    found = list(run)
    assert sorted(r["perturbation"] for r in found) == sorted(step.kinds)
    assert all(r["label"] == "double" and r["clean"] == rows[0]["text"] and r["text"] != r["clean"] for r in found)
    assert all(len(r["changes"]) == edits.words_to_change(9, 0.3) for r in found)
    parents = {p for row in run.lineage.to_pylist() if row["fate"] == "kept" for p in row["parents"]}
    assert len(parents) == 1


def test_the_built_in_recipe_makes_every_kind(tmp_path) -> None:  # type: ignore[no-untyped-def]
    run = mm.Recipe.from_yaml(get("perturb").text).run(tmp_path / "run", progress=False, workspace=None)
    kinds = {r["perturbation"] for r in run}
    assert kinds == {*edits.EDITS, *edits.FRAMES, "code_switch"}
