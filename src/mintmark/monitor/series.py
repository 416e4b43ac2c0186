"""A series of versions: what changed from each to the next, what was lost over all, and whether it has gone stale."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..core.finding import Finding
from .collapse import Curve, collapse
from .drift import drift
from .reading import Reading, weigh
from .staleness import staleness
from .version import LEAST, Version

__all__ = ["Report", "Summary", "Track", "Version", "examine"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Summary(_Frozen):
    """What is known of a version."""

    name: str
    rows: int
    words: int
    """In all rows that were looked at."""
    generation: int | None
    digest: str


class Point(_Frozen):
    """One value of a track; where the interval's ends are None there is no version with that value."""

    version: str
    at: float
    value: float
    low: float
    high: float
    null: float | None = None


class Track(_Frozen):
    """A quantity over the series."""

    name: str
    points: tuple[Point, ...]


class Report(_Frozen):
    """What a look at a series found.

    Attributes:
        now: of the newest version against the one before and the first, of all generations, of newer real data, and its
            own evaluation: what alerts are raised from.
        past: of earlier steps, each version against the one before it.
    """

    versions: tuple[Summary, ...]
    left_out: tuple[str, ...] = ()
    now: tuple[Finding, ...] = ()
    past: tuple[Finding, ...] = ()
    tracks: tuple[Track, ...] = ()

    def to_json(self) -> str:
        """Return everything as JSON, the same text for the same series."""
        return self.model_dump_json(indent=2)


def examine(
    versions: Sequence[Version], *, live: Version | None = None, reference: Version | None = None, seed: int = 0,
    left_out: Sequence[str] = (), steps: int = 12,
) -> Report:  # fmt: skip
    """Return what is found in a series: all its claims are weighed together, so a calm series alarms in 5 % of looks.

    Args:
        versions: oldest first.
        live: newer real data, to see whether the newest version has gone stale.
        reference: the real data of the time at which the dataset was made.
        left_out: what was not looked at, and why, for the page.
        steps: latest steps that are measured, for a series may grow long.
    """
    given = _apart(versions)
    # A version that came out empty says nothing of those around it; if it is the newest, it has to be said.
    small = [v for v in given[:-1] if len(v.looked_at) < LEAST]
    versions = [v for v in given if v not in small]
    left_out = [*left_out, *(f"{v.name}: {len(v.looked_at)} rows with text, fewer than {LEAST}" for v in small)]
    pairs = list(itertools.pairwise(versions))[-max(1, steps) :]
    history = [drift(one, other, seed=seed) for one, other in pairs]
    now: list[Reading | Finding] = [*(history[-1] if history else _alone(versions))]
    if len(versions) > 2:
        now += drift(versions[0], versions[-1], aspect="drift_since_first", seed=seed)
    lost, curves = collapse(versions, seed=seed)
    now += lost
    if live is not None and versions:
        now += staleness(versions[-1], live, reference, seed=seed)
    before = [r for step in history[:-1] for r in step]
    weighed = weigh([*now, *before])
    measured, past = weighed[: len(now)], weighed[len(now) :]
    own = list(versions[-1].findings) if versions else []
    last = weighed[: len(history[-1])] if history else []
    return Report(
        versions=tuple(
            Summary(
                name=v.name, rows=len(v), words=sum(map(len, v.words)), generation=v.generation, digest=v.digest
            ) for v in given
        ),
        left_out=tuple(left_out), now=(*measured, *own), past=tuple(past),
        tracks=(*_curves(curves), *_steps([*past, *last], versions), *_metrics(versions)),
    )  # fmt: skip


def _apart(versions: Sequence[Version]) -> list[Version]:
    """Return the versions, a second one of the same name numbered, so that a page can tell them apart."""
    seen: dict[str, int] = {}
    found = []
    for v in versions:
        name = v.name.encode("utf-8", "replace").decode()  # a file's name may hold what no text may
        seen[name] = seen.get(name, 0) + 1
        found.append(dataclasses.replace(v, name=name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return found


def _alone(versions: Sequence[Version]) -> list[Reading | Finding]:
    nobody = Version("the version before", [])
    return [
        f.model_copy(update={"claim": "Drift cannot be judged: there is one version." if versions
                             else "Drift cannot be judged: there is no version.",
                             "needs": f"two versions with at least {LEAST} rows with text each"})
        for f in drift(nobody, versions[-1] if versions else nobody) if isinstance(f, Finding)
    ]  # fmt: skip


def _curves(curves: Sequence[Curve]) -> list[Track]:
    found = []
    for c in curves:
        points = [
            Point(version=name, at=at, value=e.value, low=e.low, high=e.high)
            for name, at, e in zip(c.versions, c.at, c.values)
        ]
        found.append(Track(name=f"collapse.{c.name}", points=tuple(points)))
    return found


def _steps(findings: Sequence[Finding], versions: Sequence[Version]) -> list[Track]:
    """Return each drift metric over the steps, at the place of the later version."""
    place = {v.name: i for i, v in enumerate(versions)}
    tracks: dict[str, list[Point]] = {}
    for f in findings:
        after = f.details.get("after")
        if f.estimate is None or after not in place:
            continue
        e = f.estimate
        null = f.null.value if f.null else None
        point = Point(version=str(after), at=place[after], value=e.value, low=e.low, high=e.high, null=null)
        tracks.setdefault(f.name, []).append(point)
    return [Track(name=name, points=tuple(points)) for name, points in tracks.items()]


def _metrics(versions: Sequence[Version]) -> list[Track]:
    """Return each metric of the versions' own evaluations that at least two of them bear."""
    tracks: dict[str, list[Point]] = {}
    for i, v in enumerate(versions):
        for f in {f.name: f for f in reversed(v.findings) if f.estimate is not None}.values():
            e: Any = f.estimate
            null = f.null.value if f.null else None
            point = Point(version=v.name, at=i, value=e.value, low=e.low, high=e.high, null=null)
            tracks.setdefault(f.name, []).append(point)
    kept = {name: points for name, points in tracks.items() if len(points) > 1}
    return [Track(name=name, points=tuple(kept[name])) for name in sorted(kept, key=lambda n: (-_moved(kept[n]), n))]


def _moved(points: Sequence[Point]) -> float:
    """Return how far a metric's last two values lie apart, in widths of their intervals."""
    one, other = points[-2:]
    width = float(np.hypot(one.high - one.low, other.high - other.low))
    gap = abs(one.value - other.value)
    return gap / width if width else float(gap > 0)
