"""Texts as they stand in a column: read, counted, and brought to one normal form."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTES = dict(zip("\"'\u201c\u2018\u00ab", "\"'\u201d\u2019\u00bb", strict=True))
_OPENING = " \u00bf\u00a1"
_CLOSING = " .,;:!?\u3002\u3001\u061f\u061b\u060c\u0964"


def read_texts(rows: pa.Table | pa.RecordBatch, column: str) -> tuple[list[str], list[str | None], list[object]]:
    """Return the texts of `column` and, for each row that has none, why.

    A null and a column that is not there are the same thing, so that the answer does not depend on which
    other rows stand in the batch.

    Args:
        rows: Arrow rows, n of them.
        column: the column's name.

    Returns:
        texts: n texts, "" where there is none.
        failed: n reasons: None, `missing_column` or `not_text`.
        details: n JSON-like values that say what was found where a text was wanted, else None.

    Example:
        >>> import pyarrow as pa
        >>> read_texts(pa.table({"q": ["Why?", None]}), "q")
        (['Why?', ''], [None, 'missing_column'], [None, {'column': 'q'}])
    """
    import pyarrow as pa

    n = rows.num_rows
    place = rows.schema.get_field_index(column)
    if place < 0:
        return [""] * n, ["missing_column"] * n, [{"column": column} for _ in range(n)]
    kind = rows.schema.field(place).type
    values = rows.column(place)
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner)):
        there = values.is_valid().to_pylist()
        failed: list[str | None] = ["not_text" if v else "missing_column" for v in there]
        found = {True: {"column": column, "type": str(kind)}, False: {"column": column}}
        return [""] * n, failed, [found[v] for v in there]
    read = values.to_pylist()
    return (
        [value or "" for value in read],
        ["missing_column" if value is None else None for value in read],
        [{"column": column} if value is None else None for value in read],
    )


def count_words(text: str) -> int:
    """Return the number of words of `text`: runs of what is not white space (Unicode's definition).

    Example:
        >>> count_words("  two\\u00a0words ")
        2
    """
    return len(text.split())


def fold(text: str) -> str:
    """Return `text` in Unicode NFKC, casefolded, each run of white space one space, none at the edges.

    Idempotent: `fold(fold(t)) == fold(t)`.

    Example:
        >>> fold("  STRASSE\\t\\uff11 ")
        'strasse 1'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    # Casefolding can undo a composition and NFKC can bring a new capital: Unicode's NFKC_Casefold is the fixed
    # point of the two, reached here in two or three turns.
    last = ""
    while text != last:
        last, text = text, unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def normalize(text: str) -> str:
    """Return the form under which two texts are the same text to a reader: `fold`, less the edges' punctuation.

    Stripped are sentence marks at the end (. , ; : ! ? and their Arabic, Devanagari and CJK kin), Spanish
    opening marks, and a pair of quotes around the whole. Everything else carries meaning ("-5", "5%", "C++",
    ".5") and stays; a text of nothing but punctuation stays whole.

    Example:
        >>> normalize(' "What is IT?" '), normalize("-5%"), normalize("?!")
        ('what is it', '-5%', '?!')
    """
    folded = fold(text)
    # Two indices instead of slices: a text of a million quotes must not take a million copies.
    start, end, width = 0, len(folded), -1
    while end - start != width:
        width = end - start
        while start < end and folded[start] in _OPENING:
            start += 1
        while start < end and folded[end - 1] in _CLOSING:
            end -= 1
        if end - start > 1 and _QUOTES.get(folded[start]) == folded[end - 1]:
            start, end = start + 1, end - 1
    return folded[start:end] or folded
