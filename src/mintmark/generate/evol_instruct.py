"""Evol-Instruct: instructions rewritten into harder or rarer ones, generation by generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.instructions import Problem, response_problem
from ..measures.judge import choose
from ..measures.rouge import rouge_l
from ..measures.text import fold, normalize
from .base import Generator, with_inner
from .parsing import without_talk

Operation = Literal["constrain", "deepen", "concretise", "reason", "complicate_input", "breadth"]


class Evolution(NamedTuple):
    """What an operation asks for, and a worked example of it: a task and what becomes of it."""

    ask: str
    before: str
    after: str


EVOLUTIONS: dict[Operation, Evolution] = {
    "constrain": Evolution(
        "Add one constraint or requirement that an answer has to meet.",
        "Write a poem about a lighthouse.",
        "Write a poem about a lighthouse in which no line has more than six words.",
    ),
    "deepen": Evolution(
        "If it asks about something, let it ask for more depth and for more sides of the matter.",
        "Why do cats purr?",
        "Why do cats purr, what happens in the throat when they do, and what may it say about their health?",
    ),
    "concretise": Evolution(
        "Replace general notions in it by more specific ones.",
        "Recommend a sport.",
        "Recommend a sport for a fifty-year-old with a weak knee who lives beside a lake.",
    ),
    "reason": Evolution(
        "If a little thinking solves it, let it need several steps of reasoning, and say so in plain words.",
        "How many legs do three dogs have?",
        "Three dogs and some hens have twenty legs together. How many hens are there? Show each step.",
    ),
    "complicate_input": Evolution(
        "Add data that has to be worked on, such as a table, a list of figures, a piece of code or of JSON, and let it refer to "
        "them.",
        "Which shop is cheaper for baking?",
        "Which shop is cheaper for two kilos of flour and a dozen eggs?\n\n| shop | flour, 1 kg | eggs, 6 |\n|---|---|---|\n"
        "| North | 1.20 | 2.10 |\n| Harbour | 0.90 | 2.60 |",
    ),
    "breadth": Evolution(
        "",
        "Give me a recipe for pancakes.",
        "Tell me how olives are cured in brine at home.",
    ),
}
"""In depth an operation makes a task harder; `breadth` makes another task of it."""
MARKS = ("given task", "rewritten task")
"""Words of the evolving prompt; a task that holds them has copied it."""
MAX_ALIKE = 0.7
"""ROUGE-L with the worked example, exclusive, up to which a version is not a copy of it."""


@operator("generate.evol_instruct", version=1)
class EvolInstruct(Generator):
    """Evolve an instruction `generations` times, each time by an operation drawn by seed, and write a response to each version.

    In depth the task is rewritten into a harder one; in `breadth` another, rarer task of the same field is made of it. A version
    is eliminated where nothing was gained (its words are the same, or the judge finds that it asks for the same), where its
    response says "sorry" in fewer than 80 words or holds nothing but stop words, and where it has copied words or the worked
    example of the evolving prompt. The next generation then starts at the last version that stood. A verdict that cannot
    be read fails the version.

    Every version is a row of its own, with the version that it was made from among its parents. An `input` is shown with the
    instruction and becomes part of the new one.

    New columns: instruction, response, operation, generation (from 1), evolved_from (the instruction it was made from).

    Reference: Xu et al. 2023, "WizardLM: Empowering Large Language Models to Follow Complex Instructions", section 3.

    Example:
        >>> sorted(EvolInstruct(judge="judge").requires())
        ['judge', 'writer']
    """

    on: Column = "instruction"
    """The column that holds the instruction."""
    generations: int = Field(1, ge=1, le=20)
    """Evolutions, one after another."""
    operations: tuple[Operation, ...] = Field(tuple(EVOLUTIONS), min_length=1)
    """What is drawn from, all alike."""
    judge: str | None = None
    """The model that says whether anything was gained, in the paper the writer itself; only the words are compared where not
    given."""
    added_words: int = Field(20, ge=1)
    """Words that an evolution in depth may add."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the writer and the judge must chat."""
        asked = [self.model, *([self.judge] if self.judge else [])]
        return with_inner(dict.fromkeys(asked, frozenset({"chat"})), self.nested())

    def reads(self) -> Sequence[str]:
        """Return the instruction's column."""
        return [self.on]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with those of a version."""
        import pyarrow as pa

        texts = dict.fromkeys(("instruction", "response", "operation", "evolved_from"), pa.string())
        return {**{k: v for k, v in columns.items() if k != self.on}, **texts, "generation": pa.int64()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the operations."""
        return {"operation": self.operations}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Evolve one generation after another."""
        start = row.get(self.on)
        if not isinstance(start, str) or not start.strip():
            return failed("not_text", {"column": self.on})
        given = row.get("input")
        text, stands = f"{start}\n\n{given}" if isinstance(given, str) and given else start, None
        own = {k: v for k, v in row.items() if k not in ("id", self.on)} | ({"input": ""} if "input" in row else {})
        versions: list[Child] = []
        for n in range(1, self.generations + 1):
            child = Child({**own, "generation": n, "evolved_from": text}, siblings=(stands,) if stands else ())
            try:
                problem = await self._evolve(child.values, text, ctx, n)
            except RowFailure as e:
                child.fate, child.reason, child.detail = "failed", e.reason, e.detail
            else:
                if problem is None:
                    text, stands = child.values["instruction"], child
                else:
                    child.fate, (child.reason, child.detail) = "dropped", problem
            versions.append(child)
        return born(versions)

    async def _evolve(self, values: Row, text: str, ctx: RowContext, n: int) -> Problem | None:
        """Write the n-th version and its response into `values`; return why it is eliminated, or None.

        Raises:
            RowFailure: a call was refused, or the judge could not be read.
        """
        operation = ctx.rng("operation", n).choice(self.operations)
        values |= {"operation": operation, "instruction": "", "response": ""}
        reply = await ctx.chat(self.model, self._messages(operation, text), sample=2 * n, **self.sampling(ctx, n))
        version = values["instruction"] = without_talk(reply.text)
        if reply.finish == "length":
            return "cut_off", {"column": "instruction"}
        if not version:
            return "empty_instruction", None
        if mark := next((m for m in MARKS if m in fold(version) and m not in fold(text)), None):
            return "copies_prompt", {"words": mark}
        if (alike := rouge_l(version, EVOLUTIONS[operation].after)) >= MAX_ALIKE:
            return "copies_prompt", {"rouge_l": alike}
        if normalize(version) == normalize(text) or not await self._gained(text, version, ctx):
            return "nothing_gained", None
        answer = await ctx.chat(
            self.model, [{"role": "user", "content": version}], sample=2 * n + 1, **self.sampling(ctx, n)
        )
        values["response"] = answer.text.strip()
        if problem := response_problem(answer.text):
            return problem
        return ("cut_off", {"column": "response"}) if answer.finish == "length" else None

    def _messages(self, operation: Operation, text: str) -> list[dict[str, str]]:
        shown = EVOLUTIONS[operation]
        said = (
            ("user", self._ask(operation, shown.before)),
            ("assistant", shown.after),
            ("user", self._ask(operation, text)),
        )
        return [{"role": role, "content": content} for role, content in said]

    def _ask(self, operation: Operation, text: str) -> str:
        marks = f"#Given Task#:\n{text}\n\n#Rewritten Task#:"
        if operation == "breadth":
            return (
                "Take the given task as inspiration and write a new one: of the same field, but rarer, about as long and as "
                f"hard, and complete in itself. Reply with the new task only.\n\n{marks}"
            )
        return (
            f"Rewrite the given task so that it is somewhat harder, but still sensible and clear to a person. "
            f"{EVOLUTIONS[operation].ask} Keep tables, code and other data of the given task. Add at most {self.added_words} words. "
            f"Reply with the rewritten task only, and do not solve it.\n\n{marks}"
        )

    async def _gained(self, text: str, version: str, ctx: RowContext) -> bool:
        if self.judge is None:
            return True
        ask = (
            f"First task:\n{text}\n\nSecond task:\n{version}\n\nDo both tasks ask for the same, with the same constraints and in the "
            "same depth and breadth?"
        )
        votes = await choose(ctx, self.judge, ask, ("yes", "no"))
        if not votes.decided:
            raise RowFailure("cannot_judge", list(votes.unread))
        return bool(votes.read[0] == "no")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return versions that stand, gain nothing, get no answer, copy the prompt, and one whose judge cannot be read."""
        replies = {
            "Name a river": "Name a river in Asia that is longer than 4,000 km.",
            "Say hello": "say hello.",
            "Sing": "Sing the song of the given task.",
            "Fly": "Fly to the moon in two days.",
            "Wait": "Wait for an hour and then tell why.",
        }

        def script(request: Request) -> str:
            text = str(request.body["messages"][-1]["content"])
            if "#Given Task#" in text:
                return next(reply for start, reply in replies.items() if start in text)
            if "First task" in text:
                return "hm" if "Wait" in text else '{"reason": "so", "choice": "no"}'
            return "I'm sorry, I cannot fly." if "Fly" in text else "The Yangtze."

        rows: list[Row] = [{"instruction": f"{start}."} for start in replies]
        fates = ["used", "kept", *["used", "dropped"] * 3, "used", "failed"]
        return [
            Example(cls(operations=["constrain"], judge="writer"), rows, fates, script),
            Example(cls(generations=2, operations=["breadth"]), rows[:1], ["used", "kept", "dropped"], script),
        ]
