"""The source of gaps: exactly the thin regions are asked for, as often as they lack rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from tests.evaluation.data import data

from mintmark.api import Recipe
from mintmark.core.errors import SourceError
from mintmark.sources.gaps import Gaps, _clusters

ROWS = [
    {"text": f"{label} {i}", "label": label} for label, n in (("a", 5), ("b", 5), ("c", 2), ("d", 4)) for i in range(n)
]


def read(rows: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    return [row.values for row in Gaps(of={"rows": {"rows": rows}}, **settings).read()]


def clinc() -> list[dict[str, str]]:
    train = json.loads(data("clinc150", "data_small.json").read_text(encoding="utf-8"))["train"]
    return [{"text": text, "label": label} for text, label in train]


def test_the_smallest_region_comes_first_until_all_are_level() -> None:
    found = read(ROWS, by="label", target=6)
    assert [r["label"] for r in found[:4]] == ["c", "c", "c", "d"]
    have = Counter(r["label"] for r in ROWS)
    assert Counter(r["label"] for r in found) == {label: 6 - n for label, n in have.items()}
    assert {(r["label"], r["have"], r["want"]) for r in found} == {(label, n, 6) for label, n in have.items()}


def test_the_median_is_the_target_where_none_is_given() -> None:
    assert Counter(r["label"] for r in read([*ROWS, {"text": "e", "label": "e"}], by="label")) == {"c": 2, "e": 3}


def test_examples_are_of_the_region_and_drawn_anew() -> None:
    found = [r for r in read(ROWS, by="label", target=12, shots=2) if r["label"] == "a"]
    assert all(e["text"].startswith("a ") for r in found for e in r["examples"])
    assert len({str(r["examples"]) for r in found}) > 3
    assert read(ROWS, by="label", target=12) == read(ROWS, by="label", target=12)


def test_a_class_without_a_row_is_thin_and_others_are_left_alone() -> None:
    found = read([*ROWS, {"text": "x", "label": None}], by="label", target=3, values=["a", "new"])
    assert [(r["label"], r["have"], r["examples"], r["words"]) for r in found] == [("new", 0, [], [])] * 3


def test_exactly_the_thinned_intents_of_clinc150_are_asked_for() -> None:
    thinned = {"translate": 9, "direct_deposit": 0, "oil_change_how": 31}
    seen: Counter[str] = Counter()
    rows = []
    for row in clinc():
        seen[row["label"]] += 1
        if seen[row["label"]] <= thinned.get(row["label"], 50):
            rows.append(row)
    found = read(rows, by="label", values=sorted(seen))
    assert Counter(r["label"] for r in found) == {label: 50 - left for label, left in thinned.items()}
    assert {"say", "french"} & set(next(r for r in found if r["label"] == "translate")["words"])


def test_clusters_below_the_median_are_asked_for_with_their_own_words_and_examples() -> None:
    pytest.importorskip("sklearn")
    intents = {"translate", "balance", "weather", "recipe", "play_music"}
    texts = [row["text"] for row in clinc() if row["label"] in intents]
    regions = _clusters(texts, 8, 0)
    assert sorted(text for r in regions for text in r.texts) == sorted(texts)
    target = int(median(r.size for r in regions))
    found = read([{"text": text} for text in texts], clusters=8)
    assert Counter(r["region"] for r in found) == {r.name: target - r.size for r in regions if r.size < target}
    by_name = {r.name: r for r in regions}
    for row in found:
        own = by_name[row["region"]]
        assert {e["text"] for e in row["examples"]} <= set(own.texts)
        assert all(any(word in text.lower() for text in own.texts) for word in row["words"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"by": "lable"}, "no row has the column `lable`"),
        ({"by": "label", "target": 2}, "no region is thin: the smallest of 4 has 2 rows"),
    ],
)
def test_a_mistake_is_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read(ROWS, **settings)


def test_a_dataset_with_a_line_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": "a"}\nbroken\n')
    with pytest.raises(SourceError, match="whole: bad_json"):
        list(Gaps(of={"files": {"path": str(tmp_path / "a.jsonl")}}, by="label").read())


def test_a_recipe_is_its_yaml_and_knows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    recipe = Recipe.from_yaml(f"source: {{gaps: {{of: {{files: {{path: {path}}}}}, by: label}}}}")
    for resolved in (False, True):
        again = Recipe.from_yaml(recipe.to_yaml(resolved=resolved))
        assert again == recipe and again.fingerprint() == recipe.fingerprint()
    before = recipe.fingerprint()
    path.write_text(path.read_text() + '{"text": "x", "label": "c"}\n')
    assert recipe.fingerprint() != before
