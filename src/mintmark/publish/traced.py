"""What a trace is made of: rows and the calls that they used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..core.dataset import Row
from .search import Hit


@dataclass(slots=True)
class TracedCall:
    """One call that a row used, with all that was sent and all that came back.

    Attributes:
        step: the step that made it.
        key: its key in the call log.
        kind, status, model, spec: as logged; `model` is the recipe's name for it. Empty where the log is not there.
        request: body, sampling, schema and seed.
        result: the reply, or the fault of a call that failed.
        tokens_in, tokens_out, dollars, seconds: as logged; dollars None where the price is unknown.
        holds: of a parent's call: columns of the row asked for whose text is in the reply.
    """

    step: str
    key: str
    kind: str = ""
    status: str = ""
    model: str = ""
    spec: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float | None = None
    seconds: float = 0.0
    holds: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Traced:
    """One row of a trace.

    Attributes:
        id: its id.
        fate: `kept`, `dropped`, `failed`, `used`; `outside` for a row of a side input, which no run describes.
        born: the step that bore it, or `source`.
        ended: the step that decided its fate.
        reason, detail: why it was not kept.
        values: its columns as they were when its fate was decided; empty ones left out.
        source: path, start, end and line in the source.
        calls: in the order they were made.
        parents: the rows it was made from; a row that stands in the tree already has its id and fate alone.
        children: the rows it bore; of the row asked for only.
    """

    id: str
    fate: str
    born: str = ""
    ended: str = ""
    reason: str | None = None
    detail: Any = None
    values: Row = field(default_factory=dict)
    source: dict[str, Any] | None = None
    calls: list[TracedCall] = field(default_factory=list)
    parents: list[Traced] = field(default_factory=list)
    children: list[Hit] = field(default_factory=list)
