"""What came from data, made fit for a page: no control characters, no broken code points, no endless texts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

TEXT_CHARS = 600
"""Characters of a passage that a report keeps; the rows themselves hold the rest."""
SENTENCE_CHARS = 1200
"""Characters of a claim or a method."""
ID_CHARS = 400
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str, most: int = TEXT_CHARS) -> str:
    """Return a text that every encoder takes, cut to `most` characters with a sign where it was cut.

    Example:
        >>> clean("a\\x00b"), clean("abcdef", 4)
        ('a�b', 'abc…')
    """
    if len(text) > most:
        text = text[: most - 1].rstrip("…") + "…"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\ufffd", text.encode("utf-8", "replace").decode("utf-8"))


def line(text: str, most: int = SENTENCE_CHARS) -> str:
    """Return a text on one line.

    Example:
        >>> line(" two\\n words ")
        'two words'
    """
    return " ".join(clean(text, most).split())


def short(name: str, most: int = 64) -> str:
    """Return an identifier with its middle left out where it is long: both ends tell ids apart.

    Example:
        >>> short("0123456789", 7)
        '012…789'
    """
    name = line(name, 100_000)
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def plain(value: Any, most: int = SENTENCE_CHARS) -> Any:
    """Return a value as JSON knows it: numbers of numpy as numbers, what is not finite as null, keys as text.

    Example:
        >>> plain({1: float("nan"), "a": (1, 2.5)})
        {'1': None, 'a': [1, 2.5]}
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean(str(value), most)
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean(str(k), ID_CHARS): plain(v, most) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(v, most) for v in items]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist(), most)
    return clean(str(value), most)
