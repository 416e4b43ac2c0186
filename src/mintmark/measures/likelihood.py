"""Likelihood gains: how much a text becomes likelier when the model is shown another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..core.operator import RowContext


@dataclass(frozen=True, slots=True)
class Gains:
    """What context and question do for an answer, in nats a token of the answer (mean), under one model.

    Attributes:
        context: log p(answer | context, question) - log p(answer | question), mean over the answer's tokens. High where the
            answer rests on the context.
        question: log p(answer | context, question) - log p(answer | context). High where the answer, besides standing in the
            context, is what was asked for.
        tokens: tokens of the answer.
    """

    context: float
    question: float
    tokens: int


async def gains(ctx: RowContext, model: str, question: str, answer: str, context: str) -> Gains:
    """Return the likelihood gains of an answer; three scoring calls.

    Raises:
        RowFailure: where the model cannot score one of the texts (too long for its context, say).
    """
    target = " " + answer.strip()
    asked = f"Question: {question}\nAnswer:"
    both, blind, unasked = await asyncio.gather(
        ctx.score(model, f"{context}\n\n{asked}", target),
        ctx.score(model, asked, target),
        ctx.score(model, f"{context}\n\nAnswer:", target),
    )
    n = len(both)
    return Gains(float((both - blind).sum()) / n, float((both - unasked).sum()) / n, n)
