"""Laws of reading JSON and CSV: nothing is changed, and no repeated key is passed over."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.sources.files import Files
from mintmark.sources.json_values import Suspect, parse, repeated_key

KEYS = st.sampled_from(["a", "b", 'q"', "back\\", ':"', "", " ", "é", '\\":', "\n"])
TEXTS = st.one_of(KEYS, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@given(VALUES, st.booleans())
def test_what_was_written_is_what_is_read(value: Any, escaped: bool) -> None:
    found = parse(json.dumps(value, ensure_ascii=escaped).encode())
    assert found == value
    assert json.dumps(found) == json.dumps(value)


@given(st.lists(st.tuples(KEYS, LEAVES), max_size=6), st.sampled_from(["", " ", "\n\t"]), st.booleans())
def test_a_repeated_key_is_always_found(pairs: list[tuple[str, Any]], space: str, deep: bool) -> None:
    inside = ",".join(f"{json.dumps(key)}{space}:{space}{json.dumps(value)}" for key, value in pairs)
    text = f'{{"deep": [1, {{{inside}}}]}}' if deep else f"{{{inside}}}"
    found = parse(text.encode())
    keys = [key for key, _ in pairs]
    assert isinstance(found, Suspect) == (len(set(keys)) < len(keys))
    if isinstance(found, Suspect):
        key = repeated_key(found.value)
        assert key is not None and keys.count(key) > 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
                         min_size=2, max_size=2), min_size=1, max_size=8))  # fmt: skip
def test_csv_comes_back_as_written_with_its_lines(cells: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["a", "b"])
    starts = []
    for row in cells:
        starts.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_bytes(out.getvalue().encode())
        rows = list(Files(path=str(path)).read())
    assert [[row.values["a"], row.values["b"]] for row in rows] == cells
    assert [row.span.line for row in rows if row.span] == starts
