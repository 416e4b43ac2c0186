"""Self-Instruct: new instructions made of a few written by people and of those made before."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any, Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RecipeError
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born
from ..core.registry import operator
from ..measures.instructions import UNSEEN, instruction_problem, task_problem
from . import task_prompts as prompts
from .base import Generator, with_inner
from .parsing import list_items, without_talk

_MARK = re.compile(r"\d{1,3}[.):][ \t]+")
"""A number that was left of a list within a list."""


@operator("generate.self_instruct", version=1)
class SelfInstruct(Generator):
    """Ask for a list of new instructions; every one that the reply holds becomes a row, kept or dropped with its reason.

    Each row of the source is a slot, a call: its columns are not used. A call shows instructions of the side input `seeds`
    and of the pool (what the run kept through the round before), drawn anew by seed, the pool's share filled up with seeds
    as long as there are too few. Put `curate.rouge` after it, and `generate.task_instances` after that.

    `ask: tasks` asks for instruction, input and output together, one instance each, as Alpaca does.

    What names something that a model of text cannot see, is too short or too long, or begins with punctuation is dropped; so is
    the last instruction of a reply that was cut off. A reply without a list, and a task without an output, go to `failed`.

    New columns: instruction; with `ask: tasks` also input ("" for none) and response.

    Reference: Wang et al. 2022, "Self-Instruct: Aligning Language Models with Self-Generated Instructions", section 2.2; Taori et
    al. 2023, Alpaca, for `ask: tasks`.

    Example:
        >>> SelfInstruct(human=3, generated=0, ask="tasks", wanted=20).sides()
        ['seeds']
    """

    uses_pool = True

    seeds: str = "seeds"
    """Name of the side input with instructions written by people, in the column `instruction`; for `ask: tasks` also `input`
    and `response`, or `instances` as in Self-Instruct's own seeds."""
    human: int = Field(6, ge=1, le=100)
    """Seeds shown in a call."""
    generated: int = Field(2, ge=0, le=100)
    """Rows of the pool shown in a call."""
    wanted: int = Field(8, ge=1, le=100)
    """New instructions asked for in a call."""
    ask: Literal["instructions", "tasks"] = "instructions"
    """What the reply lists: instructions alone, or whole tasks."""
    raw: bool = False
    """Let the model continue the list as raw text instead of asking in a chat: for base models, as in the paper."""
    subject: str = ""
    """What all instructions are about, e.g. `programming in Python`; anything where not given."""
    prefer: Column | None = None
    """A column of truth values: rows of the pool where it is true are shown before others, and said to have been failed by a
    student (see `curate.student`)."""
    min_words: int = Field(4, ge=1)
    max_words: int = Field(150, ge=1)
    banned_words: tuple[str, ...] = UNSEEN
    """Words that drop an instruction."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must chat, or continue raw text."""
        return with_inner({self.model: frozenset({"complete" if self.raw else "chat"})}, self.nested())

    def sides(self) -> Sequence[str]:
        """Return the seeds' input."""
        return [self.seeds, *super().sides()]

    def output(self, columns: Columns) -> Columns:
        """Return the columns of a task."""
        import pyarrow as pa

        names = ("instruction",) if self.ask == "instructions" else ("instruction", "input", "response")
        return dict.fromkeys(names, pa.string())

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask once."""
        earlier, hard = self._earlier(ctx)
        shown = [*self._people(ctx, self.human + self.generated - len(earlier)), *earlier]
        if self.ask == "tasks":
            listing = prompts.list_tasks([self._task(one, ctx) for one in shown], self.wanted, self.subject)
        else:
            texts = [str(one["instruction"]) for one in shown]
            listing = prompts.list_instructions(texts, self.wanted, self.subject, hard)
        if self.raw:
            stop = [*(self.stop or ()), *listing.stop] or None
            reply = await ctx.complete(self.model, listing.prompt(), **self.sampling(ctx, stop=stop))
            text = listing.mark + reply.text
        else:
            reply = await ctx.chat(self.model, listing.messages(), **self.sampling(ctx))
            text = reply.text
        children = self._tasks(text) if self.ask == "tasks" else self._instructions(text)
        if not children:
            values = {name: reply.text if name == "instruction" else None for name in self.output({})}
            children = [Child(values, "failed", "no_list" if self.ask == "instructions" else "no_tasks")]
        elif reply.finish == "length":
            children[-1].fate, children[-1].reason, children[-1].detail = "dropped", "cut_off", None
        for child in children:
            child.parents = tuple(one["id"] for one in earlier)
        return born(children)

    def _earlier(self, ctx: RowContext) -> tuple[list[Row], int]:
        """Return the rows of the pool that are shown, and how many of them, at the end, a student failed."""
        rng = ctx.rng("generated")
        failed = [one for one in ctx.pool if one.get(self.prefer) is True] if self.prefer is not None else []
        hard = _distinct(rng, failed, self.generated)
        others = _distinct(rng, ctx.pool, self.generated, {one["instruction"] for one in hard})
        return [*others[: self.generated - len(hard)], *hard], len(hard)

    def _people(self, ctx: RowContext, n: int) -> list[Row]:
        seeds = ctx.side(self.seeds)
        for one in seeds:
            if not isinstance(one.get("instruction"), str):
                raise RecipeError(
                    f"a row of the input `{self.seeds}` has no text in `instruction`", where=ctx.step, got=one["id"]
                )
        return ctx.rng("human").sample(seeds, min(n, len(seeds)))

    def _task(self, row: Row, ctx: RowContext) -> Row:
        first = (row.get("instances") or [{}])[0]
        given, response = row.get("input", first.get("input")), row.get("response", first.get("output"))
        if not isinstance(response, str):
            raise RecipeError(
                "a seed has neither `response` nor `instances`", where=ctx.step, got=row["id"],
                remedy="`ask: tasks` shows whole tasks",
            )  # fmt: skip
        return {"instruction": row["instruction"], "input": given or "", "response": response}

    def _instructions(self, text: str) -> list[Child]:
        # What stands below an empty line and has no mark is talk around the list.
        items = [item for part in text.split("\n\n") for item in list_items(part, bare=False)]
        return [self._child({"instruction": without_talk(_MARK.sub("", item))}) for item in items]

    def _tasks(self, text: str) -> list[Child]:
        children = []
        for task in prompts.read_tasks(text):
            if None in task.values():
                missing = [k for k, v in task.items() if v is None]
                children.append(Child(task, "failed", "incomplete_task", {"missing": missing}))
            else:
                children.append(self._child({**task, "instruction": _MARK.sub("", task["instruction"])}))
        return children

    def _child(self, values: Row) -> Child:
        limits: dict[str, Any] = {"min_words": self.min_words, "max_words": self.max_words}
        problem = instruction_problem(values["instruction"], banned=self.banned_words, **limits)
        if problem is None and self.ask == "tasks":
            problem = task_problem(values["input"], values["response"])
        return Child(values) if problem is None else Child(values, "dropped", *problem)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return lists of which some items are of no use, a reply that is no list, and tasks that are whole or not."""
        seeds: dict[str, list[Row]] = {
            "seeds": [
                {"instruction": "Name three rivers in Asia.", "input": "", "response": "Ganges, Mekong, Lena."},
                {"instruction": "Add the numbers.", "instances": [{"input": "1, 2", "output": "3"}]},
            ]
        }
        listed = "3. Write a short poem about the rain.\n4. Describe this image.\n5. Jump."
        tasks = (
            "Instruction: Write the numbers backwards.\nInput: 1, 2\nOutput: 2, 1\n###\n"
            "Instruction: Name the longest river.\nInput: none"
        )

        def script(request: Request) -> str:
            text = str(request.body)
            return tasks if "###" in text else listed

        rows: list[Row] = [{"slot": 1}]
        return [
            Example(cls(), rows, ["used", "kept", "dropped", "dropped"], script, seeds),
            Example(cls(), rows, ["used", "failed"], lambda request: "I would rather not.", seeds),
            Example(cls(ask="tasks", human=2), rows, ["used", "kept", "failed"], script, seeds),
        ]


def _distinct(rng: Random, rows: Sequence[Row], n: int, known: Collection[str] = ()) -> list[Row]:
    """Return up to `n` drawn rows of different instructions: several instances of one would show it twice."""
    found: dict[str, Row] = {}
    # A few times as many as are wanted are drawn, and not the whole pool, which may be large and is read at every call.
    for one in rng.sample(rows, min(8 * n, len(rows))):
        if isinstance(text := one.get("instruction"), str) and text not in known and len(found) < n:
            found.setdefault(text, one)
    return list(found.values())
