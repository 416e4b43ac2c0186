"""Content addresses: one canonical form, one hash, and what is left out of a fingerprint and why."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import orjson

FORMAT = 1
"""Raised when the canonical form changes; part of every fingerprint, so old and new never mix."""

EXCLUDED: dict[str, dict[str, str]] = {
    "recipe": {
        "rows": "how many rows are wanted does not change what any row is",
        "budget": "where a run is cut does not change what any row is",
        "max_failed": "when to give up does not change what any row is",
        "max_rounds": "when to give up does not change what any row is",
    },
    "model": {
        "max_in_flight": "speed only",
        "timeout_s": "speed only",
        "outage_timeout_s": "when to give up does not change what any row is",
        "api_key_env": "a secret's name; the secret itself is never stored",
        "price": "accounting only",
        "batch": "the same request by another door; the reply is the same kind of reply",
    },
}
"""Fields that never enter a fingerprint, by where they stand, each with the reason."""


def canonical(value: Any) -> bytes:
    """Return the one byte form of a JSON-like value: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: for NaN or infinity, which have no JSON form and would collide as null.

    Example:
        >>> canonical({"b": 1, "a": [True, None]})
        b'{"a":[true,null],"b":1}'
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"cannot fingerprint {value!r}")
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def digest(*parts: Any, size: int = 16) -> str:
    """Return the hex BLAKE2b hash of the canonical forms of `parts` (each length-prefixed).

    Args:
        parts: JSON-like values.
        size: bytes of hash; the result has twice as many characters.

    Example:
        >>> digest("a", "b") != digest("ab")
        True
    """
    h = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = canonical(part)
        h.update(b"%d:" % len(data))
        h.update(data)
    return h.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes, reading 1 MiB at a time."""
    h = hashlib.sha256()
    with path.open("rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def seed_for(run_seed: int, *parts: Any) -> int:
    """Return a seed in [0, 2**31): a pure function of the run's seed and of where it is used.

    Example:
        >>> seed_for(0, "row", "step", 0) == seed_for(0, "row", "step", 0)
        True
    """
    h = hashlib.blake2b(digest_size=4)
    h.update(repr((run_seed, *parts)).encode())
    return int.from_bytes(h.digest(), "big") & 0x7FFFFFFF


def source_id(content: str, occurrence: int) -> str:
    """Return a source row's id from the digest of its content and which occurrence of it this is."""
    return digest("source", content, occurrence, size=8)


def child_id(parents: tuple[str, ...], step: str, ordinal: int) -> str:
    """Return a born row's id: its parents, the step that bore it, its place among its siblings."""
    return digest("child", list(parents), step, ordinal, size=8)


def pass_id(row_id: str, number: int) -> str:
    """Return the id of a source row on a later pass over the source (pass 0 keeps its id)."""
    return row_id if number == 0 else digest("pass", row_id, number, size=8)


def without_excluded(value: dict[str, Any], where: str) -> dict[str, Any]:
    """Return `value` less the fields that `EXCLUDED[where]` names; only its own, none deeper."""
    return {k: v for k, v in value.items() if k not in EXCLUDED[where]}
