"""The thin regions of a dataset: classes or clusters with too few rows, a row for each example that is missing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydantic import Field

from ..core.dataset import Column, Columns, Row
from ..core.entries import InnerSource
from ..core.errors import MissingExtra, SourceError
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from ..measures.tokens import tokens

WHERE = "source (gaps)"


@source("gaps", version=1)
class Gaps(Source):
    """Reads a dataset and gives one row for each example that a thin region of it lacks, the thinnest region first.

    Regions are the values of a column (`by`), or else clusters of the texts (k-means on latent vectors of their words; extra
    `evaluate`). A region is thin where it has fewer rows than `target`, by default the median of all regions; a region that has as
    many is not asked for. Rows are dealt to whatever region is smallest by then, so that any first part of them levels the set.

    Columns: the region (named as `by`, or `region`: the cluster's telling words), words (its most telling words), examples (`shots` of
    its rows, drawn anew for each row: what `generate.prompt` shows), have (its rows in the dataset), want (the target).

    Reference: He, Garcia 2009, "Learning from Imbalanced Data", section 3.1 (sampling up to balance).

    Example:
        >>> rows = [{"text": "hot tea", "label": "tea"}, {"text": "green tea", "label": "tea"}, {"text": "milk", "label": "milk"}]
        >>> [(r.values["label"], r.values["have"]) for r in Gaps(of={"rows": {"rows": rows}}, by="label", target=2).read()]
        [('milk', 1)]
    """

    of: InnerSource
    """The dataset: any source, such as `files: {path: real.jsonl}`."""
    by: Column | None = None
    """The column whose values are the regions; where not given, clusters of the texts."""
    on: Column = "text"
    """The column of the texts."""
    target: int | None = Field(None, ge=1)
    """Rows that each region should have; where not given, the median of the regions' sizes, rounded down."""
    values: list[str] | None = None
    """Values of `by` that should be there; those without a row are thin too, and others are left alone."""
    clusters: int = Field(20, ge=2, le=500)
    """Clusters that the texts are put into, where `by` is not given."""
    shots: int = Field(3, ge=0, le=50)
    """Examples of the region drawn for each row; fewer where it has fewer."""
    seed: int = Field(0, ge=0)

    def read(self) -> Iterator[SourceRow]:
        """Yield a row for each missing example.

        Raises:
            SourceError: where the dataset cannot be read whole, has no such column, or no region is thin.
        """
        regions = self._regions()
        target = int(median(r.size for r in regions)) if self.target is None else self.target
        thin = [r for r in regions if r.size < target]
        if not thin:
            raise SourceError(
                f"no region is thin: the smallest of {len(regions)} has {min(r.size for r in regions)} rows",
                where=WHERE, got=target, remedy="set a higher `target`",
            )  # fmt: skip
        asked = [0] * len(thin)
        for n in range(1, sum(target - r.size for r in thin) + 1):
            at = min(range(len(thin)), key=lambda i: (thin[i].size + asked[i], i))
            region = thin[at]
            rng = random.Random(f"{self.seed} {region.name} {asked[at]}")
            shown = rng.sample(region.texts, min(self.shots, region.size))
            asked[at] += 1
            values: Row = {
                self.by or "region": region.name, "words": list(region.words),
                "examples": [{self.on: text} for text in shown], "have": region.size, "want": target,
            }  # fmt: skip
            yield SourceRow(values, Span("gaps", line=n))

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings and the fingerprint of the dataset."""
        own = self.model_dump(mode="json", exclude={"license", "of"})
        return {"source": self.source_name, "version": self.source_version, **own, "of": self.of.fingerprint()}

    def columns(self) -> Columns:
        """Return the region's column and what is told of it."""
        import pyarrow as pa

        shown = pa.list_(pa.struct([(self.on, pa.string())]))
        told = {"words": pa.list_(pa.string()), "examples": shown, "have": pa.int64(), "want": pa.int64()}
        return {self.by or "region": None, **told}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the column of the thin regions."""
        return {self.by or "region": []}

    def _regions(self) -> list[_Region]:
        rows: list[Row] = []
        for row in self.of.read():
            if row.reason is not None:
                raise SourceError(
                    f"the dataset must be whole: {row.reason}", where=WHERE, got=row.span and row.span.line
                )
            rows.append(row.values)
        for column in filter(None, (self.on, self.by)):
            if not any(row.get(column) is not None for row in rows):
                known = sorted({name for row in rows for name in row})
                raise SourceError(f"no row has the column `{column}`", where=WHERE, allowed=known)
        rows = [row for row in rows if isinstance(row.get(self.on), str) and row[self.on].strip()]
        texts = [row[self.on] for row in rows]
        if self.by is None:
            return _clusters(texts, self.clusters, self.seed)
        return _classes(texts, [row.get(self.by) for row in rows], self.values)


@dataclass(frozen=True, slots=True)
class _Region:
    name: Any
    texts: Sequence[str]
    words: Sequence[str] = ()

    @property
    def size(self) -> int:
        return len(self.texts)


def _classes(texts: Sequence[str], given: Sequence[Any], wanted: Sequence[str] | None) -> list[_Region]:
    """Return the rows of each value, in the order in which values first come; rows without one are left out."""
    places: dict[Any, list[int]] = {value: [] for value in wanted or ()}
    for i, value in enumerate(given):
        if value is not None and (wanted is None or value in places):
            places.setdefault(value, []).append(i)
    words = _words(texts, places)
    return [_Region(value, [texts[i] for i in rows], words[value]) for value, rows in places.items()]


def _clusters(texts: Sequence[str], k: int, seed: int) -> list[_Region]:
    try:
        from threadpoolctl import threadpool_limits

        from ..measures.topics import cluster_centres, nearest
        from ..measures.vectors import counts, latent, weigh

        # On several threads the sums differ in their last digits, and with them now and then a text's cluster.
        with threadpool_limits(1):
            (vectors,) = latent(weigh(counts(texts)), seed=seed)
            place = nearest(vectors, cluster_centres(vectors, k, seed)).tolist()
    except ModuleNotFoundError as e:
        raise MissingExtra("scikit-learn", "evaluate", where=WHERE) from e
    places: dict[Any, list[int]] = {j: [i for i, p in enumerate(place) if p == j] for j in sorted(set(place))}
    words = _words(texts, places)
    names = [", ".join(words[j][:4]) for j in places]
    times = Counter[str]()
    found = []
    for name, (j, rows) in zip(names, places.items()):
        times[name] += 1
        told = name if times[name] == 1 else f"{name} ({times[name]})"
        found.append(_Region(told, [texts[i] for i in rows], words[j]))
    return found


def _words(texts: Sequence[str], places: Mapping[Any, Sequence[int]]) -> dict[Any, list[str]]:
    """Return the words that set each region apart from the others; none of a region without a row."""
    import numpy as np

    from ..measures.topics import name_topics

    number = {i: j for j, rows in enumerate(places.values()) for i in rows}
    there = sorted(number)
    said = [tokens(texts[i], signs=False) for i in there]
    named = name_topics(said, np.array([number[i] for i in there], np.int64), len(places))
    return {value: words if rows else [] for (value, rows), words in zip(places.items(), named)}
