"""Instances for an instruction: inputs and outputs, the label first where the task is a classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.instructions import task_problem
from ..measures.text import normalize
from . import task_prompts as prompts
from .base import Generator

SHOTS = 3
"""Worked examples shown, drawn anew for each call."""
COPIES = frozenset(
    normalize(text)
    for shot in (*prompts.LABEL_FIRST, *prompts.INPUT_FIRST)
    for one in prompts.read_instances(shot.reply, shot in prompts.LABEL_FIRST)
    for text in one.values()
)
"""The worked examples' inputs and outputs: an instance that holds one has copied it."""


@operator("generate.task_instances", version=1)
class TaskInstances(Generator):
    """Write instances of an instruction; each becomes a row, kept or dropped with its reason.

    The model first says whether the task is a classification. For one, labels are written before their inputs, so that no
    label is forgotten; for any other task the input comes first, and may be none. An instance without output, whose output
    is its input, or that ends in a colon is dropped, and so is one that repeats another or a worked example of the prompt.
    Instances of one input (not an empty one) with different outputs are all dropped as `contradicts`. What cannot be read
    goes to `failed`.

    New columns: input ("" for none), response, kind (`classification` or `generation`). All others are kept.

    Reference: Wang et al. 2022, "Self-Instruct", section 2.2 (classification task identification, instance generation).

    Example:
        >>> TaskInstances(max_instances=2).reads()
        ['instruction']
    """

    on: Column = "instruction"
    """The column that holds the instruction."""
    max_instances: int = Field(3, ge=1, le=20)
    """Instances asked for; what a reply holds beyond them is dropped."""
    kind: Literal["ask", "classification", "generation"] = "ask"
    """What all tasks are, where it is known."""

    def output(self, columns: Columns) -> Columns:
        """Return the columns with an instance's."""
        import pyarrow as pa

        return {**columns, **dict.fromkeys(("input", "response", "kind"), pa.string())}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds of task."""
        return {"kind": ["classification", "generation"]}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask for the kind, then for instances."""
        instruction = row.get(self.on)
        if not isinstance(instruction, str):
            return failed("not_text", {"column": self.on})
        label_first: bool | None = self.kind == "classification"
        if self.kind == "ask":
            shots = ctx.rng("kinds").sample(prompts.KINDS, len(prompts.KINDS))
            said = await ctx.chat(self.model, prompts.ask_kind(shots, instruction), temperature=0.0, max_tokens=8)
            word = said.text.strip().lower()
            label_first = True if word.startswith("yes") else False if word.startswith("no") else None
            if label_first is None:
                return failed("cannot_classify", {"reply": said.text[:200]})
        assert label_first is not None
        shots = ctx.rng("instances").sample(prompts.LABEL_FIRST if label_first else prompts.INPUT_FIRST, SHOTS)
        reply = await ctx.chat(
            self.model, prompts.ask_instances(label_first, shots, instruction, self.max_instances), sample=1,
            **self.sampling(ctx, 1),
        )  # fmt: skip
        found = prompts.read_instances(reply.text, label_first)
        own = {**row, "kind": "classification" if label_first else "generation"}
        del own["id"]
        if not found:
            return born([Child({**own, "input": None, "response": reply.text}, "failed", "no_instance")])
        children = self._judged([{**own, **one} for one in found])
        if reply.finish == "length":
            children[-1].fate, children[-1].reason, children[-1].detail = "dropped", "cut_off", None
        return born(children)

    def _judged(self, instances: Sequence[Row]) -> list[Child]:
        outputs: dict[str, set[str]] = {}
        for one in instances:
            if one["input"] and one["response"]:
                outputs.setdefault(one["input"], set()).add(one["response"])
        children, seen = [], set()
        for n, one in enumerate(instances):
            child = Child(one)
            children.append(child)
            given, response = one["input"], one["response"]
            if given is None or response is None:
                missing = [k for k in ("input", "response") if one[k] is None]
                child.fate, child.reason, child.detail = "failed", "incomplete_instance", {"missing": missing}
                continue
            problem = task_problem(given, response)
            if problem is None and any(normalize(text) in COPIES for text in (given, response) if len(text) > 20):
                problem = "copies_example", None
            if len(outputs.get(given, ())) > 1:
                problem = "contradicts", {"outputs": sorted(outputs[given])}
            elif (given, response) in seen:
                problem = "repeated_instance", None
            elif n >= self.max_instances:
                problem = "beyond_max", {"max_instances": self.max_instances}
            seen.add((given, response))
            if problem is not None:
                child.fate, (child.reason, child.detail) = "dropped", problem
        return children

    def reads(self) -> Sequence[str]:
        """Return the instruction's column."""
        return [self.on]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a classification, a task whose instances contradict each other, and two that cannot be read."""

        def script(request: Request) -> str:
            system, task = (str(request.body["messages"][i]["content"]) for i in (0, -1))
            if "fixed labels" in system:
                return "Yes." if "fruit" in task else "perhaps" if "Dance" in task else "no"
            if "fruit" in task:
                return "Output: fruit\nInput: apple\n\nOutput: vegetable\nInput:\n\nOutput: fruit"
            if "Sing" in task:
                return "La la la."
            return "Input: 1, 2\nOutput: 3\n\nInput: 1, 2\nOutput: 4\n\nInput: none\nOutput: 0"

        rows: list[Row] = [
            {"instruction": "Is it a fruit or a vegetable?"},
            {"instruction": "Add the numbers."},
            {"instruction": "Dance."},
            {"instruction": "Sing a song."},
        ]
        fates = ["used", "kept", "kept", "failed", "used", "dropped", "dropped", "kept", "failed", "used", "failed"]
        return [Example(cls(), rows, fates, script)]
