"""The cut: which prefix of the source makes the dataset. Decided in source order, so timing has no say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..calls.cost import Spent
from ..core.lineage import Candidate
from ..core.recipe import Recipe
from ..core.settings import Quota

Stop = Literal["rows", "source", "budget", "max_rounds", "no_gain", "replayed"]


class Cut:
    """Takes finished trees in source order until there is enough.

    Args:
        recipe: `rows` and `budget` are read.
        spent_by: the recorded cost of a tree's calls, cached or not.
        stop_at: replay only: end after this many source rows.
        whole: in rounds every tree belongs to the run: what passed beyond `rows` is dropped as `surplus`.
    """

    def __init__(
        self, recipe: Recipe, spent_by: Callable[[Candidate], Spent], stop_at: int | None = None, *, whole: bool = False
    ) -> None:
        self._whole = whole
        self._rows, self._budget, self._spent_by, self._stop_at = recipe.rows, recipe.budget, spent_by, stop_at
        self._end = len(recipe.steps)
        self.taken = 0
        self.kept = 0
        self.by_value: dict[str, int] = {}
        self.spent = Spent()
        self.stop: Stop | None = None

    def take(self, tree: Candidate) -> bool:
        """Count one tree; False where the run ends before it (it then belongs to no run)."""
        if self.stop is not None and not (self._whole and self.stop == "rows"):
            return False
        if self._budget is not None:
            cost = self._spent_by(tree)
            total = Spent()
            total.merge(self.spent)
            total.merge(cost)
            if self._over(total):
                self.stop = "budget"
                return False
            self.spent = total
        self.taken += 1
        for one in tree.walk():
            if isinstance(self._rows, Quota) and one.row.get(self._rows.by) is not None:
                self.by_value.setdefault(str(one.row[self._rows.by]), 0)  # a value of which nothing passed counts too
            if one.fate == "kept" and one.ended_at == self._end:
                self._keep(one)
        if self.full:
            self.stop = "rows"
        elif self._stop_at is not None and self.taken >= self._stop_at:
            self.stop = "replayed"
        elif self._budget is not None and self.used_up(self.spent):
            self.stop = "budget"
        return True

    def _keep(self, one: Candidate) -> None:
        rows = self._rows
        if isinstance(rows, Quota):
            value = str(one.row.get(rows.by))
            count = self.by_value.get(value, 0)
            if count >= rows.each:
                one.end("dropped", self._end, "quota_full", {rows.by: value})
                return
            if rows.values is not None and value not in rows.values:
                one.end("dropped", self._end, "no_quota", {rows.by: value})
                return
            self.by_value[value] = count + 1
        elif rows is not None and self.kept >= rows:
            one.end("dropped", self._end, "surplus")
            return
        self.kept += 1

    @property
    def full(self) -> bool:
        """True where there is as much as was asked for."""
        rows = self._rows
        if isinstance(rows, Quota):
            return rows.values is not None and all(self.by_value.get(v, 0) >= rows.each for v in rows.values)
        return rows is not None and self.kept >= rows

    @property
    def short(self) -> str:
        """What is missing, for a reader; "" where nothing is."""
        rows = self._rows
        if isinstance(rows, Quota):
            values = rows.values or sorted(self.by_value)
            thin = [f"{v}: {self.by_value.get(v, 0)}" for v in values if self.by_value.get(v, 0) < rows.each]
            return f"fewer than {rows.each} of {', '.join(thin)}" if thin else ""
        if rows is not None and self.kept < rows:
            return f"{self.kept:,} of {rows:,} rows"
        return ""

    def used_up(self, spent: Spent) -> bool:
        """True where a sum has reached the budget."""
        b = self._budget
        return b is not None and (
            (b.calls is not None and spent.calls >= b.calls)
            or (b.tokens is not None and spent.tokens_in + spent.tokens_out >= b.tokens)
            or (b.dollars is not None and spent.dollars >= b.dollars)
        )

    def _over(self, spent: Spent) -> bool:
        b = self._budget
        return b is not None and (
            (b.calls is not None and spent.calls > b.calls)
            or (b.tokens is not None and spent.tokens_in + spent.tokens_out > b.tokens)
            or (b.dollars is not None and spent.dollars > b.dollars + 1e-12)
        )
