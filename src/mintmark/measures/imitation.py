"""Names that look like another: a letter changed, dropped, added or swapped, or a sign of the same shape."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import yaml

# Signs that are read as others: digits, and letters of Cyrillic and Greek.
_SHAPES = str.maketrans("0135\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u03bf\u03b1\u0131", "olesaeopcxyioai")


@cache
def known_sources() -> tuple[str, ...]:
    """Return names of widely used sources, from the list of this package."""
    path = Path(__file__).parent / "lists" / "sources.yaml"
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))["names"])


@cache
def known_models() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of well-known publishers of models, and words that name their models, from the list of this package."""
    path = Path(__file__).parent / "lists" / "models.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(found["publishers"]), tuple(found["models"])


def imitated_repository(repo: str) -> str | None:
    """Return the well-known publisher or model whose name a repository's name imitates, or None.

    Example:
        >>> imitated_repository("HugingFaceTB/SmolLM2-GGUF"), imitated_repository("bartowski/SmoILM2-135M-GGUF")
        ('huggingfacetb', 'smollm2')
        >>> imitated_repository("HuggingFaceTB/SmolLM2-135M-Instruct-GGUF")
    """
    publishers, models = known_models()
    owner, _, name = repo.partition("/")
    found = [*imitations([owner], publishers).values(), *imitations(re.split(r"[-_.]", name), models).values()]
    return found[0] if found else None


def host(name: str) -> str:
    """Return a source's name as it is compared: small letters, of an address only the host, without `www.`.

    Example:
        >>> host("https://www.Example.org/page?a=1"), host(" Wikipedia ")
        ('example.org', 'wikipedia')
    """
    small = unicodedata.normalize("NFC", name).strip().lower()
    small = re.sub(r"^[a-z][a-z0-9+.-]*://", "", small)
    return re.sub(r"^www\d?\.", "", re.split(r"[/?#]", small, maxsplit=1)[0].split(":")[0])


def distance(a: str, b: str, *, most: int = 2) -> int:
    """Return the edits that turn one text into the other (insert, delete, change, swap neighbours); past `most`, most + 1.

    Reference: Damerau 1964, A technique for computer detection and correction of spelling errors.

    Example:
        >>> distance("github", "gihtub"), distance("arxiv", "arxive"), distance("a", "wxyz")
        (1, 1, 3)
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def imitations(names: Iterable[str], trusted: Sequence[str]) -> dict[str, str]:
    """Return name -> the trusted name that it imitates: one edit away, two where it is long, or of the same shape.

    Names that differ only in their digits (`part-1`, `part-2`) are series, no imitations; nor is a plural, nor a
    subdomain of the trusted name, nor the same name under another ending (`python.com`).

    Example:
        >>> imitations(["wikipedla.org", "en.wikipedia.org", "g1thub.com", "news"], ["wikipedia.org", "github.com"])
        {'wikipedla.org': 'wikipedia.org', 'g1thub.com': 'github.com'}
    """
    known = {host(t) for t in trusted} - {""}
    by_length: dict[int, list[str]] = {}
    for t in sorted(known):
        by_length.setdefault(len(t), []).append(t)
    found = {}
    for name in names:
        own = host(name)
        if not own or own in known or any(own.endswith("." + t) for t in known):
            continue
        near = [t for length in range(len(own) - 2, len(own) + 3) for t in by_length.get(length, ())]
        for t in near:
            if _imitates(own, t):
                found[name] = t
                break
    return found


def _imitates(own: str, trusted: str) -> bool:
    stem, other = own.partition(".")[0], trusted.partition(".")[0]
    if len(other) < 5 or stem == other or re.sub(r"\d", "", own) == re.sub(r"\d", "", trusted):
        return False
    if stem + "s" == other or other + "s" == stem:
        return False
    if _shape(own) == _shape(trusted):
        return True
    return distance(own, trusted) <= (2 if len(other) >= 10 else 1)


def _shape(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return plain.translate(_SHAPES).replace("rn", "m").replace("vv", "w").replace("-", "")
