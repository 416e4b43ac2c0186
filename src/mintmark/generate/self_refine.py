"""Self-Refine: a model drafts, criticises its draft and rewrites it, until the critique finds nothing more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from .base import Generator
from .parsing import without_talk
from .talk import assistant, bad_revision, opened, says_again, unusable, user

_SCHEMA = {
    "type": "object",
    "properties": {"feedback": {"type": "string"}, "stop": {"type": "boolean"}},
    "required": ["feedback", "stop"],
    "additionalProperties": False,
}
_CRITICISE = (
    "Task:\n{asked}\n\nAnswer:\n{text}\n\nA good answer is {aim}. Say what is wrong with this answer and what to do about it, part by "
    "part. Reply with JSON of two fields: `feedback`, your advice in a few sentences, and `stop`, true where nothing is left to mend."
)
_REWRITE = (
    "Feedback on your answer:\n{feedback}\n\nRewrite the answer so that it does what the feedback says. Reply with the new answer "
    "alone."
)

_COMPLAINS = re.compile(
    r"(?<!nothing )(?<!nothing is )(?<!not )(?<!no )"
    r"\b(?:incorrect|incomplete|inaccurate|wrong|missing|misleading"
    r"|not (?:quite |entirely |fully )?(?:correct|complete|accurate|clear|true))\b",
    re.IGNORECASE,
)


@operator("generate.self_refine", version=1)
class SelfRefine(Generator):
    """Draft, criticise and rewrite; the response is the first version that the critique leaves as it is, or the last of `max_rounds`.

    Every version stands in `versions` with the critique that followed it. A rewrite that changes nothing ends the rounds. A critique
    that cannot be read fails the row; a version that is empty or cut off drops it as `empty_reply` or `cut_off`,
    one that tells of its rewriting as `speaks_of_itself`, one that is its critique as `copies_critique`, a critique that repeats the
    version as `no_critique`. A critic that says that nothing is left to mend, and in the same breath that the answer is incorrect or
    incomplete, is taken at its complaint.

    New columns: response, versions (response and critique of each), refined_until (`stop`, `unchanged` or `rounds`).

    A model that cannot criticise stops at once or never: compare the last version with the first, by a judge of another family or by
    people, before you take the method's word for it.

    Reference: Madaan et al. 2023, "Self-Refine: Iterative Refinement with Self-Feedback", algorithm 1.

    Example:
        >>> SelfRefine(max_rounds=2, critic="reader").requires()
        {'writer': frozenset({'chat'}), 'reader': frozenset({'chat'})}
    """

    on: Column = "instruction"
    """The task."""
    critic: str | None = None
    """The model that criticises; the writer itself where not given, as in the paper."""
    system: str | None = None
    """System message of the model that writes."""
    aim: str = Field("correct, complete, clear, and no longer than it needs to be", min_length=1)
    """What a good answer is, as the end of a sentence."""
    max_rounds: int = Field(3, ge=1, le=20)
    """Rewrites at most."""
    tries: int = Field(3, ge=1, le=10)
    """Replies until a critique fits its schema."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that writer and critic must chat."""
        found = dict(super().requires())
        if self.critic:
            found[self.critic] = found.get(self.critic, frozenset()) | {"chat"}
        return found

    def output(self, columns: Columns) -> Columns:
        """Return the task's columns and the new ones."""
        import pyarrow as pa

        version = pa.struct({"response": pa.string(), "critique": pa.string()})
        return {**columns, "response": pa.string(), "versions": pa.list_(version), "refined_until": pa.string()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Refine one answer."""
        asked = row.get(self.on)
        if not isinstance(asked, str) or not asked.strip():
            return failed("not_text", {"column": self.on})
        versions: list[Row] = []
        values: Row = {**row, "response": None, "versions": versions, "refined_until": None}
        values.pop("id", None)
        talk = opened(self.system, asked)
        while True:
            n = len(versions)
            reply = await ctx.chat(self.model, talk, sample=n, **self.sampling(ctx, n))
            if why := unusable(reply):
                return born([Child(values, "dropped", why, {"version": n, "text": reply.text[:200]})])
            text = reply.text.strip()
            text = text if n == 0 else without_talk(text) or text
            if n and text == versions[-1]["response"]:
                return born([Child({**values, "refined_until": "unchanged"})])
            if n and (why := bad_revision(text, versions[-1]["critique"], versions[-1]["response"])):
                return born([Child(values, "dropped", why, {"version": n, "text": text[:200]})])
            versions.append({"response": text, "critique": None})
            values["response"] = text
            if n == self.max_rounds:
                return born([Child({**values, "refined_until": "rounds"})])
            ask = _CRITICISE.format(asked=asked, text=text, aim=self.aim)
            told = await ctx.structured(
                self.critic or self.model, [user(ask)], _SCHEMA, tries=self.tries, sample=n,
                **self.sampling(ctx, temperature=0.0),
            )  # fmt: skip
            versions[-1]["critique"] = told["feedback"].strip()
            if says_again(versions[-1]["critique"], text):
                return born([Child(values, "dropped", "no_critique", {"version": n, "text": text[:200]})])
            if told["stop"] and not _COMPLAINS.search(versions[-1]["critique"]):
                return born([Child({**values, "refined_until": "stop"})])
            talk = [
                *opened(self.system, asked),
                assistant(text),
                user(_REWRITE.format(feedback=versions[-1]["critique"])),
            ]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an answer that is mended once, one that never is, one cut short, and a critique that cannot be read."""
        rows: list[Row] = [
            {"instruction": "Name a river."},
            {"instruction": "Name a tree."},
            {"instruction": "Say nothing."},
        ]

        def script(request: Request) -> str:
            told = [str(m["content"]) for m in request.body["messages"]]
            if "nothing" in told[0].split("\n\n")[0]:
                return " "
            if told[0].startswith("Task:"):
                done = "river" in told[0] and "the Elbe" in told[0]
                return '{"feedback": "Name one.", "stop": %s}' % ("true" if done else "false")
            return "It is the Elbe." if len(told) == 3 and "river" in told[0] else f"A fine thing, {len(told)}."

        unread = cls(max_rounds=1, tries=1)
        return [
            Example(cls(), rows, ["used", "kept", "used", "kept", "used", "dropped"], script),
            Example(unread, rows[:1], ["failed"], lambda request: "A river."),
        ]
