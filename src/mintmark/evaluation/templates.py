"""Repeated templates: beginnings, endings and skeletons that the data repeats and real rows do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Figure, Finding
from ..measures.frequency import common_beginning, opening, overused, skeleton
from ..measures.intervals import two_shares_p, wilson
from . import figures
from .against_reference import ASPECT, ROWS, SMALLEST, Sides, rows_shown
from .claim import Claim
from .subject import Subject

Ints = npt.NDArray[np.int64]

WORDS = 4
MARGIN = 0.03
TEMPLATES = (
    ("template_share", "How many rows begin as few others do, time and again?"),
    ("closing_share", "How many rows end as few others do, time and again?"),
    ("skeleton_share", "How many rows have one skeleton?"),
)
_REFERENCE = "Shaib et al. 2024, Detection and measurement of syntactic templates in generated text; Monroe et al. 2008"


@dataclass(frozen=True)
class _Kind:
    metric: str
    verb: str
    thing: str
    """What it is called: `opening`."""
    backwards: bool = False


_KINDS = (
    _Kind("template_share", "begin with", "opening"),
    _Kind("closing_share", "end with", "closing", backwards=True),
    _Kind("skeleton_share", "are made on", "skeleton"),
)


def templates(sides: Sides) -> list[Claim | Finding]:
    """Return the share of rows made on over-used openings, closings and skeletons, beside the share of real rows."""
    common = _common(sides.tokens)
    reads: dict[str, Callable[[list[str]], str]] = {
        "template_share": lambda words: opening(words, WORDS),
        "closing_share": lambda words: " ".join(words[-WORDS:]) if len(words) >= 2 * WORDS else "",
        "skeleton_share": lambda words: skeleton(words, common),
    }
    return [_template(kind, sides, reads[kind.metric]) for kind in _KINDS]


def commonest_opening(subject: Subject) -> list[Finding]:
    """Return the fact of how many rows begin with the commonest opening: it needs no reference to be counted."""
    rows = [words for words in subject.data.tokens[:ROWS] if words]
    if len(rows) < SMALLEST:
        return []
    found = Counter(filter(None, (opening(words, WORDS) for words in rows)))
    if not found:
        return []
    text, count = min(found.items(), key=lambda item: (-item[1], item[0]))
    at = [i for i, words in enumerate(subject.data.tokens[:ROWS]) if opening(words, WORDS) == text]
    whole = common_beginning([subject.data.tokens[i] for i in at])
    share = wilson(count, len(rows))
    claim = f"The commonest opening, `{whole}`, begins {100 * share.value:.1f} % of the rows."
    fact = Finding(
        aspect=ASPECT, metric="commonest_opening_share", claim=claim, kind="fact", estimate=share,
        evidence=tuple(rows_shown(subject.data, at)), method=f"Openings of {WORDS} words or signs, counted.",
        details={"opening": whole, "rows": count},
    )  # fmt: skip
    return [fact]


def _template(kind: _Kind, sides: Sides, read: Callable[[list[str]], str]) -> Claim:
    items: dict[str, int] = {"": 0}
    numbers = [
        np.array([items.setdefault(read(words), len(items)) for words in rows], np.int64) for rows in sides.tokens
    ]
    names = list(items)
    rng = np.random.default_rng(sides.subject.seed)
    split = [np.array_split(rng.permutation(len(n)), 2) for n in numbers]
    seen = [[np.bincount(n[part], minlength=len(names)) for part in halves] for n, halves in zip(numbers, split)]
    for first_half in (seen[0][0], seen[1][0]):
        first_half[0] = 0  # rows too short to have one
    sizes = [[len(part) for part in halves] for halves in split]
    picked = overused(seen[0][0], sizes[0][0], seen[1][0], sizes[1][0])
    counts = [int(seen[side][1][picked].sum()) for side in (0, 1)]
    estimate, null = wilson(counts[0], sizes[0][1]), wilson(counts[1], sizes[1][1])
    found = [_named(kind, sides, numbers, int(i), names[int(i)]) for i in picked]
    thing = kind.thing
    if found:
        called = f"{len(found)} over-used {thing}s" if len(found) > 1 else f"one over-used {thing}"
        said = (
            f"{100 * estimate.value:.1f} % of the synthetic rows {kind.verb} {called} (first `{found[0]['text']}`), and "
            f"{100 * null.value:.1f} % of the real rows do"
        )
    else:
        said = f"No {thing} is over-used against the real rows"
    rows = [row for item in found[:5] for row in item.pop("at")[:2]]
    for item in found:
        item.pop("at", None)
    return Claim(
        ASPECT, kind.metric, "above", estimate, null, f"real rows that {kind.verb} the same {thing}s",
        risk=said + ".", unclear=said + "; whether that is more than chance, and matters, is open.",
        benefit=said + (", which is little." if found else "."), margin=MARGIN,
        p=two_shares_p(counts[0], sizes[0][1], counts[1], sizes[1][1]) if found else 1.0,
        evidence=rows_shown(sides.subject.data, rows), figure=_figure(thing, found) if found else None, reference=_REFERENCE,
        method=f"{thing.capitalize()}s of {'8 places, rare words masked' if thing == 'skeleton' else f'{WORDS} words or signs'}, "
        f"picked on half of the rows by log odds, counted on the other half; Fisher's exact test.{sides.sampled}",
        details={"margin": MARGIN, "picked": found},
    )  # fmt: skip


def _named(kind: _Kind, sides: Sides, numbers: Sequence[Ints], item: int, name: str) -> dict[str, Any]:
    at = np.flatnonzero(numbers[0] == item)
    words = [sides.tokens[0][i] for i in at]
    text = name
    if kind.thing == "opening":
        text = common_beginning(words) or name
    elif kind.backwards:
        text = " ".join(reversed(common_beginning([w[::-1] for w in words]).split(" "))) or name
    shares = [float((n == item).mean()) for n in numbers]
    return {"text": text, "synthetic": shares[0], "real": shares[1], "at": sides.data[at].tolist()}


def _common(tokens: tuple[list[list[str]], list[list[str]]], share: float = 0.02) -> set[str]:
    """Return the words that at least `share` of all rows have: the frame of a skeleton, not its filling."""
    found = Counter(word for rows in tokens for words in rows for word in set(words))
    least = max(3.0, share * sum(map(len, tokens)))
    return {word for word, count in found.items() if count >= least}


def _figure(thing: str, found: list[dict[str, Any]]) -> Figure:
    rows = [
        {"label": item["text"][:80], "value": item[series], "series": series}
        for item in found
        for series in ("synthetic", "real")
    ]
    return figures.bars(f"Over-used {thing}s", rows, x="share of rows", percent=True)
