"""Structured output: a reply parsed and checked, with a correction loop that shows the model its error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson

from ..core.call import Reply
from ..core.errors import RowFailure
from ..core.schema import find_json, mismatch

Ask = Callable[[Sequence[Mapping[str, Any]], int], Awaitable[Reply]]
"""(messages, attempt) -> reply."""


async def structured(ask: Ask, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], tries: int) -> Any:
    """Return the first reply that fits the schema, parsed.

    A reply that does not fit is put back into the conversation with what is wrong with it. Every reply is a call
    of its own in the log, so all of them are kept.

    Raises:
        RowFailure: `invalid_json` or `schema_mismatch` after `tries` replies; the detail is the last problem.
    """
    talk = list(messages)
    reason, problem = "invalid_json", ""
    for attempt in range(tries):
        reply = await ask(talk, attempt)
        try:
            value = orjson.loads(find_json(reply.text))
        except orjson.JSONDecodeError as e:
            cut = " (the reply was cut off at its token limit)" if reply.finish == "length" else ""
            reason, problem = "invalid_json", f"the reply is not valid JSON: {e}{cut}"
        else:
            found = mismatch(value, schema)
            if found is None:
                return value
            reason, problem = "schema_mismatch", found
        talk = [
            *messages,
            {"role": "assistant", "content": reply.text},
            {"role": "user", "content": f"That cannot be used: {problem}. Reply again with the corrected JSON only."},
        ]
    raise RowFailure(reason, {"problem": problem, "tries": tries})
