"""Calls: one effect outside the row, and its recorded result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CallKind = Literal["chat", "complete", "score", "embed", "execute", "retrieve", "review", "mechanism"]


@dataclass(slots=True)
class Request:
    """What is asked of a model.

    `body` by kind: chat `{"messages": [...]}`; complete `{"prompt": str}`, also with `"turn": "user"`; score
    `{"context": str, "target": str}`; embed `{"text": str}`; execute `{"code": str, "tests": [str], "stdin": str,
    "limits": {...}}`. `sampling` holds the field's standard names (`temperature`, `top_p`, `max_tokens`, `stop`,
    `logprobs` ...). `schema` is a JSON Schema that the reply must match, or None.
    """

    kind: CallKind
    body: Mapping[str, Any]
    sampling: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    seed: int = 0


@dataclass(slots=True)
class Reply:
    """What came back, as it is stored in the log.

    Attributes:
        text: the reply's text (chat, complete).
        value: the result of the other kinds: list of natural log-probabilities (score), vector (embed), the fields of an
            `Execution` (execute).
        finish: why the model stopped: `stop`, `length`, `content_filter`, `tool_calls` or "".
        tokens_in, tokens_out: as reported by the model; 0 where it does not say.
        extra: anything else worth keeping (`logprobs`, `tool_calls`, `refusal`).
        job: set while the reply is still to come (a batch job, a review); the call is then pending.
    """

    text: str = ""
    value: Any = None
    finish: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""


@dataclass(slots=True)
class Fault:
    """A request that got no reply.

    Attributes:
        reason: a short name: `http_400`, `http_429`, `timeout`, `connection`, `content_filter`, `cut_reply` ...
        detail: what the server said, secrets taken out.
        terminal: True where asking again cannot help; recorded in the log, and the row goes to `failed`.
        fatal: True where no request can succeed (a wrong key, an unknown model): the run stops, no row fails.
        outage: True where nothing was reached at all (connection refused, name not found).
        retry_after_s: what the server asked for, or None.
    """

    reason: str
    detail: str = ""
    terminal: bool = False
    fatal: bool = False
    outage: bool = False
    retry_after_s: float | None = None
