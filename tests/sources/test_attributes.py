"""The attributes source: every combination once, shares at every point, lists by class, trees, files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.api import Recipe
from mintmark.core.errors import MintmarkError, SourceError
from mintmark.sources.attributes import Attributes

BRANDS = {"coffee": ["Alto", "Brun"], "tea": ["Camel", "Dust", "Elf"]}


def rows(cross: Any, **settings: Any) -> list[dict[str, Any]]:
    return [dict(row.values) for row in Attributes(cross=cross, **settings).read()]


def keys(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in found]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    seed=st.integers(0, 3),
    extra=st.integers(0, 20),
    depend=st.booleans(),
)
def test_no_combination_comes_twice_before_every_one_has_come(
    sizes: list[int], seed: int, extra: int, depend: bool
) -> None:
    cross: dict[str, Any] = {f"a{i}": list(range(n)) for i, n in enumerate(sizes)}
    if depend:
        cross["b"] = {"by": "a0", "values": {str(v): [f"{v}-{i}" for i in range(3)] for v in range(sizes[0])}}
    every = keys(rows(cross, seed=seed))
    assert len(set(every)) == len(every)
    again = keys(rows(cross, seed=seed, count=len(every) + extra))
    assert again[: len(every)] == every, "a longer source begins as a shorter one"
    times = Counter(again)
    assert max(times.values()) - min(times.values()) <= 1 or extra > len(every)


def test_another_seed_is_another_order() -> None:
    cross = {"a": list(range(30)), "b": list(range(30))}
    assert keys(rows(cross, count=50)) == keys(rows(cross, count=50))
    assert keys(rows(cross, count=50)) != keys(rows(cross, count=50, seed=1))


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.01, 0.9), n=st.integers(1, 120))
def test_a_rare_value_has_its_share_at_every_point(share: float, n: int) -> None:
    cross = {"label": {"values": ["fraud", "a", "b"], "shares": {"fraud": share}}, "style": list("xyz")}
    found = [row["label"] for row in rows(cross, count=n)]
    for k in range(1, n + 1):
        assert abs(found[:k].count("fraud") - share * k) < 1.5
    assert abs(found.count("a") - found.count("b")) <= 2


def test_shares_do_not_tie_other_attributes_to_the_class() -> None:
    cross = {
        "label": {"values": ["a", "b"], "shares": {"a": 0.5}},
        "style": {"values": ["x", "y"], "shares": {"x": 0.5}},
    }
    assert Counter(keys(rows(cross, count=40))) == dict.fromkeys([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")], 10)


def test_values_by_class_fit_their_class_whatever_its_spelling(tmp_path: Path) -> None:
    (tmp_path / "sets.json").write_text(json.dumps({"drinks": {"labels": ["Coffee", "Tea"], "brands": BRANDS}}))
    path = str(tmp_path / "sets.json")
    cross = {
        "brand": {"path": path, "at": ["drinks", "brands"], "by": "label"},
        "label": {"path": path, "at": ["drinks", "labels"]},
    }
    found = rows(cross)
    assert {(r["label"], r["brand"]) for r in found} == {(k.title(), b) for k, bs in BRANDS.items() for b in bs}
    assert abs(sum(r["label"] == "Tea" for r in found) - 2.5) < 1, "classes come evenly, however many values they have"
    assert list(found[0]) == ["brand", "label"]


def test_a_tree_gives_leaves_with_the_way_to_them() -> None:
    tree = {"science": {"physics": ["optics", "waves"], "maths": None}, "art": ["music"]}
    source = Attributes(cross={"topic": {"values": tree}})
    assert {(r.values["topic"], r.values["topic_path"]) for r in source.read()} == {
        ("optics", "science > physics"), ("waves", "science > physics"), ("maths", "science"), ("music", "art"),
    }  # fmt: skip
    assert list(source.columns()) == ["topic", "topic_path"]


def test_files_of_lines_and_of_rows(tmp_path: Path) -> None:
    (tmp_path / "brands.txt").write_text("1. Oak\n2. Elm\n\n3. Elm\n")
    (tmp_path / "titles.txt").write_text("1. FC Koeln\nBorussia\n")
    (tmp_path / "personas.jsonl").write_text('{"persona": "a nurse"}\n{"persona": "a nurse"}\n{"persona": "a cook"}\n')
    found = rows({"brand": {"path": str(tmp_path / "brands.txt")}})
    assert sorted(r["brand"] for r in found) == ["Elm", "Oak"], "the numbers of a copied list are no part of its values"
    found = rows({"club": {"path": str(tmp_path / "titles.txt")}})
    assert sorted(r["club"] for r in found) == ["1. FC Koeln", "Borussia"]
    found = rows({"persona": {"path": str(tmp_path / "personas.jsonl"), "column": "persona"}})
    assert sorted(r["persona"] for r in found) == ["a cook", "a nurse"]


def test_the_fingerprint_is_of_the_files_content_not_of_its_place(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "v.txt").write_text("x\ny\n")
    first, second = (Attributes(cross={"v": {"path": str(tmp_path / f / "v.txt")}}) for f in ("a", "b"))
    assert first.fingerprint() == second.fingerprint()
    (tmp_path / "b" / "v.txt").write_text("x\nz\n")
    assert first.fingerprint() != second.fingerprint()


def test_a_vast_cross_costs_no_more_than_its_rows() -> None:
    cross = {f"a{i}": list(range(1000)) for i in range(6)}
    found = keys(rows(cross, count=200))
    assert len(set(found)) == 200 and len({row[0] for row in found}) > 150


@pytest.mark.parametrize(
    ("cross", "told"),
    [
        ({"a": {"by": "lable", "values": {"x": ["y"]}}, "label": ["x"]}, "did you mean `label`"),
        ({"a": {"by": "b", "values": {"x": ["y"]}}, "b": {"by": "a", "values": {"y": ["x"]}}}, "circle"),
        ({"a": {"values": ["x"], "shares": {"z": 0.1}}}, "no value is called `z`"),
        ({"a": {"values": ["x", "y"], "shares": {"x": 0.8, "y": 0.4}}}, "at most 1"),
        ({"a": {"values": ["x"], "path": "x.txt"}}, "one of the two"),
        ({"a": [["x"]]}, "list"),
    ],
)
def test_a_mistake_is_named(cross: Any, told: str) -> None:
    with pytest.raises((MintmarkError, ValidationError), match=told):
        Attributes(cross=cross)


def test_a_class_without_a_value_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"x": ["1"], "y": []}')
    cross = {"label": ["x", "y"], "v": {"path": str(tmp_path / "v.json"), "by": "label"}}
    with pytest.raises(SourceError, match="`v` has no value where `label` is `y`"):
        rows(cross)
    with pytest.raises(SourceError, match="no `z` here"):
        rows({"v": {"path": str(tmp_path / "v.json"), "at": ["z"]}})


def test_a_recipe_is_its_yaml() -> None:
    text = """
source:
  attributes:
    cross:
      label: {values: [a, b], shares: {a: 0.3}}
      topic: {values: {art: [music], science: {maths: [sets]}}}
    count: 10
"""
    recipe = Recipe.from_yaml(text)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    assert Recipe.from_yaml(recipe.to_yaml(resolved=True)).fingerprint() == recipe.fingerprint()


def test_the_attribute_sets_of_attrprompt_can_be_crossed() -> None:
    from tests.evaluation.data import data

    path = str(data("attrprompt_attributes", "attributes.json"))
    cross = {
        "label": {"path": path, "at": ["amazon", "labels"]},
        **{
            name: {"path": path, "at": ["amazon", "attributes", name], "by": "label"}
            for name in ("brands", "product_name")
        },
        **{name: {"path": path, "at": ["amazon", "attributes", name, name]} for name in ("style", "length")},
    }
    found = rows(cross, count=230)
    assert set(Counter(r["label"] for r in found).values()) == {10}
    assert len(set(keys(found))) == 230 and set(Counter(r["length"] for r in found)) == {"30", "100"}
