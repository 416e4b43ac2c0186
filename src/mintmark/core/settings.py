"""The smaller parts of a recipe: models, prices, quotas, budgets."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .dataset import Column
from .fingerprint import without_excluded

FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Price(BaseModel):
    """Dollars for a million tokens, where the price list does not know the model."""

    model_config = FROZEN
    input: float = Field(ge=0)
    """US dollars for 1,000,000 tokens read."""
    output: float = Field(ge=0)
    """US dollars for 1,000,000 tokens written."""


class ModelSpec(BaseModel):
    """One model of a recipe: its address and how it is asked."""

    model_config = FROZEN
    spec: str
    """`local/smollm2`, `openai/gpt-5-mini`, `http://host:8000/v1#qwen3`, `ollama/llama3.2`, `embed/tfidf` ..."""
    id: str | None = None
    """What the model is, where its address does not say; then the address does not enter the call's key."""
    sampling: dict[str, Any] = {}
    """Sampling used where a step does not set its own: `temperature`, `top_p`, `max_tokens`, `stop` ..."""
    max_in_flight: int | None = Field(None, ge=1, le=4096)
    """Calls open at once; the model's own default where not given."""
    timeout_s: float = Field(120.0, gt=0)
    """Seconds for one call, after which it is asked again."""
    outage_timeout_s: float = Field(600.0, gt=0)
    """Seconds without any reply after which the run stops (and can be resumed)."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself is never stored."""
    price: Price | None = None
    """Prices, where the list does not know the model."""
    schema_mode: Literal["json_schema", "json_object", "none"] = "json_schema"
    """How a server is held to a JSON Schema; `none` leaves it to the correction loop alone."""
    can_score: bool = False
    """True where the server's `/completions` takes `echo` with `logprobs` (vLLM does), so that it can score."""
    batch: bool = False
    """Send the calls as a provider's batch job, answered in hours at a lower price."""

    def fingerprint(self) -> dict[str, Any]:
        """Return the fields that can change a reply."""
        return without_excluded(self.model_dump(mode="json"), "model")

    def to_data(self, *, resolved: bool) -> Any:
        """Return the recipe entry: the address alone where nothing else is set and `resolved` is false."""
        fields = self.model_dump(mode="json", exclude_defaults=not resolved, exclude_none=True)
        return fields["spec"] if not resolved and list(fields) == ["spec"] else fields


class Quota(BaseModel):
    """As many rows for each value of a column."""

    model_config = FROZEN
    by: Column
    each: int = Field(ge=1)
    values: list[str] | None = None
    """The values to fill; where not given, every value that occurs, and the run reads its whole source."""


class Budget(BaseModel):
    """The most that a run's rows may have cost; the cut is the longest complete prefix of the source."""

    model_config = FROZEN
    dollars: float | None = Field(None, ge=0)
    tokens: int | None = Field(None, ge=0)
    calls: int | None = Field(None, ge=0)
