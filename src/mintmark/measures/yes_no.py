"""Yes or no: how likely a model thinks it, from its log-probabilities where it gives them, else from its votes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.call import Reply
from ..core.errors import RowFailure
from ..core.operator import RowContext
from .judge import choice_chances


async def yes_share(
    ctx: RowContext, model: str, messages: Sequence[Mapping[str, Any]], *,
    votes: int = 1, words: tuple[str, str] = ("yes", "no"), max_tokens: int = 4,
) -> float:  # fmt: skip
    """Return the probability of the first word against the second: by log-probabilities, else the share of `votes` at temperature 0.7.

    Args:
        messages: end with a question that is answered by one of the words.
        votes: replies asked for where the model gives no log-probabilities; 1 is asked at temperature 0.
        words: what the model says for yes and for no.

    Raises:
        RowFailure: that of the first vote that cannot be read (`cannot_judge`), where fewer than half of them can.
    """
    if "logprobs" in ctx.capabilities(model):
        reply = await ctx.chat(
            model, messages, temperature=0.0, max_tokens=max_tokens, logprobs=True, top_logprobs=10
        )  # fmt: skip
        return yes_probability(reply, words)
    warm = 0.7 if votes > 1 else 0.0

    async def vote(n: int) -> float | RowFailure:
        try:
            return yes_probability(
                await ctx.chat(model, messages, sample=n, temperature=warm, max_tokens=max_tokens), words
            )
        except RowFailure as e:
            return e

    found = await asyncio.gather(*(vote(n) for n in range(votes)))
    read = [v for v in found if isinstance(v, float)]
    unread = [v for v in found if isinstance(v, RowFailure)]
    if not read or len(read) < len(unread):
        raise unread[0]
    return sum(read) / len(read)


def yes_probability(reply: Reply, words: tuple[str, str] = ("yes", "no")) -> float:
    """Return p(yes) / (p(yes) + p(no)) of a reply's first token, or 1 or 0 by its first word where there are no log-probabilities.

    Raises:
        RowFailure: `cannot_judge` where the reply says neither.

    Example:
        >>> yes_probability(Reply(text="No, it does not."))
        0.0
    """
    return choice_chances(reply, words)[words[0]]
