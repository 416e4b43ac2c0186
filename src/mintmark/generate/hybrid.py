"""Hybrid data: generated and real records in a stated ratio, stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..core.dataset import Column, Columns, Row
from ..core.operator import BulkContext, Example, TableOperator
from ..core.outcome import Child, Fate, Outcome
from ..core.registry import operator
from ..measures.apportion import apportion, exact

if TYPE_CHECKING:
    import pyarrow as pa


@operator("generate.hybrid", version=1)
class Hybrid(TableOperator):
    """Put rows of a side input among the rows, drawn at random without return, so that they make up `share` of each stratum.

    The numbers are exact: with `by`, each stratum gets its share, rounded so that the whole has it too (largest remainder). Where a
    stratum of the side input is too small, all of it is taken and the rows beyond the ratio are dropped as `no_counterpart`: the
    ratio holds and the size gives way, and each such row's detail says how many were wanted and how many there are. At `share: 0.5`
    rows and drawn rows stand in pairs. A row without a value in `by` goes to `failed` as `no_stratum`.

    A drawn row's parents are the row that it was drawn beside, since it stands in the data because of it, and the row of the
    side input, from which alone its content comes. Leave the recipe's `rows` out, or the cut may fall inside a stratum.

    New columns: origin (`synthetic` for the recipe's rows, `real` for those drawn; see `names`), pair (the id of the row
    beside which it stands; its own for the recipe's rows).

    Reference: Gerstgrasser et al. 2024, "Is Model Collapse Inevitable? Breaking the Curse of Recursion by Accumulating Real and
    Synthetic Data", section 2 (what real data beside generated data does); the rounding: Balinski, Young 1982, Fair Representation.
    """

    side: str = "real"
    """Name of the side input that rows are drawn from."""
    share: float = Field(0.5, gt=0, lt=1)
    """Share of drawn rows in the result."""
    by: Column | None = None
    """Column of the strata, there in both; where not given there is one stratum."""
    names: tuple[str, str] = ("synthetic", "real")
    """What `origin` calls the recipe's rows and the drawn ones."""

    def sides(self) -> Sequence[str]:
        """Return the input that is drawn from."""
        return [self.side]

    def reads(self) -> Sequence[str]:
        """Return the column of the strata."""
        return [self.by] if self.by else []

    def output(self, columns: Columns) -> Columns:
        """Return the columns and the two new ones; those of the side input are known only from its data."""
        import pyarrow as pa

        return {**columns, "origin": pa.string(), "pair": pa.string()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return where the rows come from."""
        return {"origin": self.names}

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Draw the rows, stratum by stratum."""
        ids = table.column("id").to_pylist()
        there = self.by is not None and self.by in table.column_names
        strata = table.column(self.by).to_pylist() if there else [None] * len(ids)
        fates: list[Fate] = ["failed" if self.by and s is None else "kept" for s in strata]
        reasons: list[str | None] = ["no_stratum" if f == "failed" else None for f in fates]
        details: list[Any] = [{"column": self.by} if f == "failed" else None for f in fates]
        pools: dict[Any, list[Row]] = {}
        for row in ctx.side(self.side):
            pools.setdefault(row.get(self.by) if self.by else None, []).append(row)
        rows: dict[Any, list[int]] = {}
        for i, stratum in enumerate(strata):
            if fates[i] == "kept":
                rows.setdefault(stratum, []).append(i)
        wanted = mix({s: len(found) for s, found in rows.items()}, {s: len(p) for s, p in pools.items()}, self.share)
        born: list[Child] = []
        for stratum, found in rows.items():
            stay, draw = wanted[stratum]
            pool = list(pools.get(stratum, ()))
            rng = ctx.rng("hybrid", stratum)
            rng.shuffle(pool)
            order = rng.sample(found, len(found))
            for i in order[stay:]:
                fates[i], reasons[i] = "dropped", "no_counterpart"
                details[i] = {
                    "stratum": stratum,
                    "wanted": len(found) * self.share / (1 - self.share),
                    "there": len(pool),
                }
            for n, row in enumerate(pool[:draw]):
                beside = ids[order[n % stay]]
                values = {k: v for k, v in row.items() if k != "id"}
                born.append(
                    Child({**values, "origin": self.names[1], "pair": beside}, parents=(beside, str(row["id"])))
                )
        return Outcome(fates, reasons, details, {"origin": [self.names[0]] * len(ids), "pair": ids}, born)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return two strata of which one has too few real rows, and a row without a stratum."""
        rows: list[Row] = [{"text": t, "label": t[0]} for t in ("a1", "a2", "b1")] + [{"text": "c", "label": None}]
        real: list[Row] = [{"text": t, "label": "a"} for t in ("real", "true", "very true")]
        return [
            Example(cls(by="label"), rows, ["kept", "kept", "kept", "kept", "dropped", "failed"], side={"real": real})
        ]


def mix(rows: dict[Any, int], pool: dict[Any, int], share: float) -> dict[Any, tuple[int, int]]:
    """Return for each stratum how many rows stay and how many are drawn from the pool, so that these are `share` of both.

    Example:
        >>> mix({"a": 6, "b": 6}, {"a": 9, "b": 2}, 0.5)
        {'a': (6, 6), 'b': (2, 2)}
    """
    ratio = exact(share) / (1 - exact(share))
    short = {s for s, n in rows.items() if pool.get(s, 0) < ratio * n}
    full = [s for s in rows if s not in short]
    drawn = dict(zip(full, apportion([ratio * rows[s] for s in full]), strict=True))
    found = {}
    for stratum, n in rows.items():
        left = pool.get(stratum, 0)
        stay = max(1, int(Fraction(left) / ratio)) if left else 0
        found[stratum] = (stay, left) if stratum in short else (n, drawn[stratum])
    return found
