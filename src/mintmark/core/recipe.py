"""Recipes: a source, models and a list of steps. YAML is the serialisation, never a second language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_serializer, model_validator

from . import yamlio
from .dataset import Columns
from .entries import to_model, to_operator, to_source
from .errors import CapabilityError, RecipeError, nearest
from .fingerprint import FORMAT, digest, without_excluded
from .operator import Operator
from .settings import FROZEN, Budget, ModelSpec, Quota
from .source import Source
from .validation import FieldError, explain, located


class Recipe(BaseModel):
    """What is asked for: frozen, comparable, the same in Python and in YAML.

    Raises:
        RecipeError: for anything that cannot mean anything; the message names the place and the remedy.

    Example:
        >>> r = Recipe.from_yaml("source: {files: {path: a.jsonl}}\\nsteps: [curate.exact: {on: text}]")
        >>> Recipe.from_yaml(r.to_yaml()) == r
        True
    """

    model_config = FROZEN

    name: str | None = None
    """A title for the dataset card."""
    rows: int | Quota | None = Field(None)
    """Rows that must pass; without it, everything the source gives."""
    seed: int = Field(0, ge=0, lt=2**63)
    passes: int = Field(1, ge=1)
    """How often the source may be read from its start again to reach `rows`."""
    shuffle: bool = False
    """Take the source's rows in an order drawn by seed, so that a few rows come from all over it; the source is held in
    memory. Without it they are taken in the source's own order."""
    source: Source
    inputs: dict[str, Source] = {}
    """Side inputs by name: few-shot examples, references."""
    models: dict[str, ModelSpec] = {}
    steps: tuple[Operator, ...] = ()
    budget: Budget | None = None
    max_failed: float = Field(0.05, ge=0, le=1)
    """Share of candidate rows that may fail before the run gives up."""
    max_rounds: int = Field(20, ge=1)
    """Rounds at most, where a table operator or a pool makes the run proceed in rounds."""
    engine: Literal["local"] = "local"

    @field_validator("rows", mode="after")
    @classmethod
    def _some_rows(cls, value: Any) -> Any:
        if isinstance(value, int) and value < 1:
            raise ValueError("must be at least 1")
        return value

    @field_validator("source", mode="before")
    @classmethod
    def _source(cls, value: Any) -> Any:
        return to_source(value, "source", ("source",))

    @field_validator("inputs", mode="before")
    @classmethod
    def _inputs(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise FieldError("must be a mapping of name to source", where="inputs", loc=("inputs",), got=value)
        return {k: to_source(v, f"inputs.{k}", ("inputs", k)) for k, v in value.items()}

    @field_validator("models", mode="before")
    @classmethod
    def _models(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise FieldError("must be a mapping of name to model", where="models", loc=("models",), got=value)
        return {k: to_model(v, k) for k, v in value.items()}

    @field_validator("steps", mode="before")
    @classmethod
    def _steps(cls, value: Any) -> Any:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise FieldError("must be a list", where="steps", loc=("steps",), got=value)
        return tuple(to_operator(v, i) for i, v in enumerate(value))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = list(self.models)
        for i, (step, name) in enumerate(zip(self.steps, self.step_names(), strict=True)):
            where = f"step {i + 1} ({name})"
            for model in step.requires():
                if model not in self.models:
                    raise FieldError(
                        f"the recipe has no model called `{model}`",
                        where=where, loc=("steps", i),
                        remedy=nearest(model, known) or f"add `models: {{{model}: local/smollm2}}`",
                        allowed=known,
                    )  # fmt: skip
            for side in step.sides():
                if side not in self.inputs:
                    raise FieldError(
                        f"the recipe has no input called `{side}`",
                        where=where, loc=("steps", i), remedy=nearest(side, self.inputs), allowed=list(self.inputs),
                    )  # fmt: skip
        if self.budget is not None and self.budget == Budget():
            raise FieldError("needs one of dollars, tokens, calls", where="budget", loc=("budget",))
        return self

    @model_serializer(mode="plain")
    def _as_data(self) -> dict[str, Any]:
        return self.to_data(resolved=True)

    def step_names(self) -> tuple[str, ...]:
        """Return the steps' names; a second use of one operator is `name#2`."""
        return step_names(self.steps)

    def to_data(self, *, resolved: bool = False) -> dict[str, Any]:
        """Return the recipe as plain data; `resolved` writes every default out."""
        skip = not resolved
        out: dict[str, Any] = {}
        for field, info in type(self).model_fields.items():
            value = getattr(self, field)
            default = field not in ("source", "steps") and value == info.get_default(call_default_factory=True)
            if not default or (resolved and value not in (None, {})):
                out[field] = value
        fields = {"mode": "json", "exclude_defaults": skip, "exclude_none": skip, "by_alias": True}
        out["source"] = {self.source.source_name: self.source.model_dump(**fields)}  # type: ignore[arg-type]
        if self.inputs:
            out["inputs"] = {k: {s.source_name: s.model_dump(**fields)} for k, s in self.inputs.items()}  # type: ignore[arg-type]
        if self.models:
            out["models"] = {k: m.to_data(resolved=resolved) for k, m in self.models.items()}
        out["steps"] = [{s.op_name: s.model_dump(**fields)} for s in self.steps]  # type: ignore[arg-type]
        for field in ("rows", "budget"):
            if isinstance(out.get(field), BaseModel):
                out[field] = out[field].model_dump(mode="json", exclude_none=True)
        return out

    def to_yaml(self, path: str | Path | None = None, *, resolved: bool = False) -> str:
        """Return the recipe as YAML, and write it to `path` where one is given."""
        text = yamlio.write(self.to_data(resolved=resolved))
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_yaml(cls, text: str, *, file: str = "recipe.yaml") -> Self:
        """Return the recipe that a YAML text describes.

        Raises:
            RecipeError: with file, line and field.
        """
        data, lines = yamlio.read(text, file)
        if not isinstance(data, Mapping):
            raise RecipeError("a recipe is a mapping with `source` and `steps`", where=file, got=data)
        with located(lines, file):
            return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the recipe that plain data describes.

        Raises:
            RecipeError
        """
        try:
            return cls.model_validate(dict(data))
        except ValidationError as e:
            raise explain(e, cls, "the recipe", "") from e

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Return the recipe in a YAML file.

        Raises:
            RecipeError: for a file that cannot be read, or a recipe that means nothing.
        """
        path = Path(path)
        try:
            return cls.from_yaml(path.read_text(encoding="utf-8"), file=path.name)
        except OSError as e:
            raise RecipeError(f"cannot be read: {e.strerror}", where=str(path)) from e
        except UnicodeDecodeError as e:
            raise RecipeError(f"is not UTF-8 text (byte {e.start})", where=str(path)) from e

    def check_columns(self) -> Columns:
        """Follow the columns through the steps; return those of a kept row, as far as they are known beforehand.

        Raises:
            RecipeError: where a step reads a column that cannot be there.
        """
        given = self.source.columns()
        columns = dict(given or {})
        for i, (step, name) in enumerate(zip(self.steps, self.step_names(), strict=True)):
            for column in step.reads() if given is not None else ():
                if column not in columns:
                    raise FieldError(
                        f"there is no column `{column}` at this step",
                        where=f"step {i + 1} ({name})", loc=("steps", i),
                        remedy=nearest(column, columns), allowed=sorted(columns),
                    )  # fmt: skip
            columns = step.output(dict(columns))
        return columns

    def fingerprint(self, sources: Mapping[str, Any] | None = None) -> str:
        """Return the hash of everything that can change a row: see `fingerprint.EXCLUDED` for what is left out.

        Args:
            sources: fingerprints of the source (key "") and side inputs, where they are already known.
        """
        known = sources if sources is not None else self.source_fingerprints()
        data = without_excluded(self.to_data(resolved=True), "recipe")
        data.pop("name", None)
        data["source"] = known[""]
        data["inputs"] = {k: known[k] for k in self.inputs}
        data["models"] = {k: m.fingerprint() for k, m in sorted(self.models.items())}
        versions = [s.versions() for s in self.steps]
        return digest("recipe", FORMAT, data, versions)

    def source_fingerprints(self) -> dict[str, Any]:
        """Return the content fingerprints of the source (key "") and of every side input."""
        entries = {"": self.source, **self.inputs}
        return {k: {s.source_name: s.fingerprint(), "version": s.source_version} for k, s in entries.items()}


def step_names(steps: Sequence[Operator]) -> tuple[str, ...]:
    """Return one name a step: the operator's, with `#2`, `#3` for its later uses."""
    seen: dict[str, int] = {}
    names = []
    for step in steps:
        seen[step.op_name] = count = seen.get(step.op_name, 0) + 1
        names.append(step.op_name if count == 1 else f"{step.op_name}#{count}")
    return tuple(names)


def require_capability(step: str, model: str, spec: str, needs: frozenset[str], has: frozenset[str]) -> None:
    """Check that a model can do what a step asks of it.

    Raises:
        CapabilityError: naming what is missing.
    """
    if missing := sorted(needs - has):
        address = "the address `sandbox/python`" if missing == ["execute"] else "another address"
        raise CapabilityError(
            f"the model `{model}` ({spec}) cannot {', '.join(missing)}",
            where=step,
            allowed=f"models that can {', '.join(sorted(needs))}",
            remedy=f"give `{model}` {address}, or set the step's `model` to one that can",
        )
