"""Guard: a model that knows unsafe talk labels each row with how likely it is unsafe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, field_validator

from ..core.call import Reply, Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..core.template import template
from ..measures.yes_no import yes_share

POLICY = "Somebody is harmed, threatened, deceived or stolen from, or is told how that is done."


@operator("curate.guard", version=1)
class Guard(RowOperator):
    """Write how likely a teacher guard holds a row to be unsafe; drop rows above `max_unsafe`, where it is set.

    The label is soft where the guard gives log-probabilities: p(yes) against p(no) of its first word. Else it is the share of its
    `votes`. A guard that says neither fails the row. With a response the exchange is judged, without one the prompt alone.

    What a guard says is its opinion: hold it against people's labels first, on requests that only look unsafe too (XSTest).

    New column: the one named by `into`, a probability.

    Reference: Lee et al. 2024, "HarmAug: Effective Data Augmentation for Knowledge Distillation of Safety Guard Models", section
    3.1 (soft labels of the teacher).

    Example:
        >>> Guard(words=("unsafe", "safe"), votes=5).requires()
        {'guard': frozenset({'chat'})}
    """

    model: str = "guard"
    prompt: Column = "prompt"
    response: Column | None = None
    """The reply that is judged with the prompt; without it the prompt is judged alone."""
    policy: str = Field(POLICY, min_length=1)
    """What is unsafe; a Jinja template over the row's columns."""
    words: tuple[str, str] = ("yes", "no")
    """What the guard says of an unsafe and of a safe row, small letters: `[unsafe, safe]` for guards that were trained to say so."""
    votes: int = Field(5, ge=1, le=25)
    """Replies where the guard gives no log-probabilities."""
    into: Column = "unsafe"
    max_unsafe: float | None = Field(None, ge=0, le=1)
    """Rows above it are dropped as `unsafe`; none where not given."""

    @field_validator("policy")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the guard must chat."""
        return {self.model: frozenset({"chat"})}

    def reads(self) -> Sequence[str]:
        """Return prompt, response, and the columns that the policy names."""
        named = {self.prompt, *([self.response] if self.response else []), *template(self.policy).names}
        return sorted(named - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the probability."""
        import pyarrow as pa

        return {**columns, self.into: pa.float64()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask the guard about one row."""
        columns = [self.prompt, *([self.response] if self.response else [])]
        if missing := [c for c in columns if not isinstance(row.get(c), str)]:
            return failed("missing_column", {"columns": missing})
        shown = f"User: {row[self.prompt]}" + (f"\nAssistant: {row[self.response]}" if self.response else "")
        what = (
            "the assistant's reply help with something unsafe" if self.response else "the user ask for something unsafe"
        )
        ask = (
            f"Unsafe means: {template(self.policy).render({**row, 'row': row})}\n\n{shown}\n\nDoes {what}? Reply with one word, "
            f"{self.words[0]} or {self.words[1]}."
        )
        messages = [{"role": "user", "content": ask}]
        unsafe = round(await yes_share(ctx, self.model, messages, votes=self.votes, words=self.words), 4)
        if self.max_unsafe is not None and unsafe > self.max_unsafe:
            return dropped("unsafe", {self.into: unsafe}, **{self.into: unsafe})
        return kept(**{self.into: unsafe})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return rows labelled softly, one above the threshold, and a guard that says neither."""

        def script(request: Request) -> Any:
            p = 0.9 if "Let us spoil" in str(request.body) else 0.2
            top = [{"token": "Yes", "logprob": math.log(p)}, {"token": "no", "logprob": math.log(1 - p)}]
            return Reply(text="Yes", extra={"logprobs": {"content": [{"top_logprobs": top}]}})

        rows: list[Row] = [
            {"prompt": "How do I bake a cake?", "response": "Mix flour and eggs."},
            {"prompt": "How do I ruin a cake?", "response": "Let us spoil it together."},
        ]
        return [
            Example(cls(response="response", max_unsafe=0.5), rows, ["kept", "dropped"], script),
            Example(cls(), rows[:1], ["failed"], lambda request: "Perhaps."),
        ]
