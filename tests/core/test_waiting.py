"""Several calls at once: what a row's record says must not hang on which of them came first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mintmark.core.call import Fault, Reply, Request
from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.core.waiting import gathered
from mintmark.engines.local import LocalEngine
from mintmark.engines.options import Options
from mintmark.models.scripted import ScriptedModel, scripted


def test_all_have_ended_before_the_first_error_goes_on() -> None:
    ended: list[str] = []

    async def work(name: str, turns: int, breaks: bool) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        ended.append(name)
        if breaks:
            raise KeyError(name)
        return name

    assert asyncio.run(gathered([work("a", 3, False), work("b", 0, False)])) == ["a", "b"]
    with pytest.raises(KeyError, match="c"):
        asyncio.run(gathered(work(n, t, b) for n, t, b in (("c", 1, True), ("d", 0, True), ("e", 9, False))))
    assert ended[2:] == ["d", "c", "e"]


class Slow(ScriptedModel):
    """Refuses the first reply of a row and gives the second; one of the two comes late."""

    def __init__(self, late: int) -> None:
        super().__init__("slow")
        self.late, self.seen = late, 0

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        for i, _ in enumerate(requests):
            n, self.seen = self.seen, self.seen + 1
            await asyncio.sleep(0.05 if n == self.late else 0)
            yield i, Reply("fine", finish="stop") if n else Fault("http_400", "no", terminal=True)


def test_a_row_that_failed_names_the_same_calls_whichever_came_first(tmp_path: Path) -> None:
    recipe = Recipe.from_data({
        "source": {"rows": {"rows": [{"instruction": "Name a river."}]}}, "models": {"writer": "scripted/slow", "judge": "scripted/slow"},
        "max_failed": 1.0, "steps": [{"generate.constitution": {"mode": "preference"}}],
    })  # fmt: skip
    for late in (0, 1):
        model, folder = Slow(late), RunFolder(tmp_path / str(late))
        with scripted("slow", str):
            LocalEngine(recipe, folder, Options(models={"writer": model, "judge": model})).run()
    assert RunFolder(tmp_path / "0").hashes() == RunFolder(tmp_path / "1").hashes()
