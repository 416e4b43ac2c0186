"""Zero-shot and few-shot prompting: a template over a row's columns, a reply that becomes rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born
from ..core.registry import operator
from ..core.schema import expand
from ..core.template import template
from .base import Generator, sampled


@operator("generate.prompt", version=1)
class Prompt(Generator):
    """Ask a model with a prompt of your own; each sample that fits becomes a row whose parent is the row it was asked about.

    The template sees the row's columns by name, the whole row as `row`, and `examples`: rows drawn from the side input
    `few_shot`, anew for each call, by seed, or else the row's own column of that name. A reply that does not fit its schema is
    shown to the model with its error, `tries` times in all, and the row then goes to `failed` with every reply kept in the log.

    Reference: Brown et al. 2020, "Language Models are Few-Shot Learners", section 2.

    Example:
        >>> op = Prompt(prompt="Write a question about {{ topic }}.", schema={"question": "str"})
        >>> list(op.reads())
        ['topic']
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True, serialize_by_alias=True
    )

    prompt: str = Field(min_length=1)
    """Jinja template of the user's message."""
    system: str | None = None
    """Jinja template of the system message."""
    reply: Any = Field(None, alias="schema")
    """Shape of the reply: the short form `{question: str, kind: [fact, reason]}` or a JSON Schema; an object's fields
    become columns, an array of objects becomes several rows. Without it the reply's text goes into `into`."""
    into: Column = "response"
    """The column for the reply's text, where there is no schema."""
    samples: int = Field(1, ge=1, le=1000)
    """Replies asked for each row."""
    few_shot: str | None = None
    """Name of the side input that few-shot examples are drawn from."""
    shots: int = Field(3, ge=0, le=100)
    """Examples drawn for each call."""
    match: Column | None = None
    """Draw only examples that have the row's value in this column, its label say; a row without any fails as `no_example`."""
    example_reply: str | None = None
    """Jinja template of the reply to an example: each example is then a turn of its own, the prompt filled with its columns and
    answered by this, which small models follow better than a list inside the prompt."""
    inherit: bool | list[Column] = True
    """Columns of the parent that the new row keeps: all, none, or those named."""
    tries: int = Field(3, ge=1, le=10)
    """Replies until one fits the schema."""

    @field_validator("prompt", "system", "example_reply")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            template(value)
        return value

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if self.reply is not None:
            self._schema()
        return self

    def _schema(self) -> dict[str, Any]:
        found = expand(self.reply)
        items = found["items"] if found.get("type") == "array" and "items" in found else found
        if items.get("type") != "object":
            raise ValueError("schema: a reply is an object, or an array of objects")
        return found

    def sides(self) -> Sequence[str]:
        """Return the examples' input."""
        return [*([self.few_shot] if self.few_shot else []), *super().sides()]

    def reads(self) -> Sequence[str]:
        """Return the columns that the templates name."""
        names = {n for text in (self.prompt, self.system) if text for n in template(text).names}
        return sorted((names | ({self.match} if self.match else set())) - {"row", "examples"})

    def output(self, columns: Columns) -> Columns:
        """Return the inherited columns and those of the reply."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if self._inherits(k)}
        if self.reply is None:
            return {**kept, self.into: pa.string()}
        schema = self._schema()
        fields = schema.get("items", schema).get("properties", {})
        types = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
        return {
            **kept,
            **{k: types.get(v.get("type") if isinstance(v.get("type"), str) else "") for k, v in fields.items()},
        }

    def _inherits(self, column: str) -> bool:
        return self.inherit if isinstance(self.inherit, bool) else column in self.inherit

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask `samples` times."""
        return born(await sampled(self._sample(row, ctx, n) for n in range(self.samples)))

    async def _sample(self, row: Row, ctx: RowContext, n: int) -> list[Child]:
        kept = {k: v for k, v in row.items() if k != "id" and self._inherits(k)}
        sampling = self.sampling(ctx, n)
        values = {"examples": [], **row, "row": row}
        if self.few_shot:
            pool = [r for r in ctx.side(self.few_shot) if r["id"] != row["id"]]
            if self.match is not None:
                pool = [r for r in pool if r.get(self.match) == row.get(self.match)]
                if not pool:
                    return [Child(kept, "failed", "no_example", {self.match: row.get(self.match)})]
            values["examples"] = ctx.rng("examples", n).sample(pool, min(self.shots, len(pool)))
        try:
            messages = self._messages(values)
            if self.reply is None:
                reply = await ctx.chat(self.model, messages, sample=n, **sampling)
                return [self._text(reply.text.strip(), reply.finish, kept)]
            value = await ctx.structured(self.model, messages, self._schema(), tries=self.tries, sample=n, **sampling)
        except RowFailure as e:
            return [Child(kept, "failed", e.reason, e.detail)]
        return [Child({**kept, **one}) for one in (value if isinstance(value, list) else [value])]

    def _messages(self, values: Row) -> list[dict[str, str]]:
        messages = [{"role": "user", "content": template(self.prompt).render(values)}]
        for one in reversed(values["examples"]) if self.example_reply is not None else ():
            shown = {**values, **one, "row": one}
            messages.insert(0, {"role": "assistant", "content": template(self.example_reply or "").render(shown)})
            messages.insert(0, {"role": "user", "content": template(self.prompt).render(shown)})
        if self.system:
            messages.insert(0, {"role": "system", "content": template(self.system).render(values)})
        return messages

    def _text(self, text: str, finish: str, kept: Row) -> Child:
        child = Child({**kept, self.into: text})
        if not text:
            child.fate, child.reason = "dropped", "empty_reply"
        elif finish == "length":
            child.fate, child.reason, child.detail = "dropped", "cut_off", {"max_tokens": self.max_tokens}
        return child

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a reply that fits, one that never does, and an empty text."""

        def script(request: Request) -> str:
            text = str(request.body["messages"][0]["content"])
            return '{"question": "Why?"}' if "tides" in text else "no JSON at all"

        shaped = cls.model_validate({"prompt": "Ask about {{ topic }}.", "schema": {"question": "str"}})
        plain = cls(prompt="Write about {{ topic }}.")
        rows: list[Row] = [{"topic": "tides"}, {"topic": "stones"}]
        return [
            Example(shaped, rows, ["used", "kept", "used", "failed"], script),
            Example(plain, rows[:1], ["used", "dropped"], lambda request: "  "),
        ]
