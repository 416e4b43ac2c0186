"""Judging: what is asked of a model that judges, and how its votes are read; what is done about them is not decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..core.errors import RowFailure

Side = Literal["first", "second"]


class Asks(Protocol):
    """What judging needs of a context: `core.operator.RowContext` has it, and anything else may."""

    async def structured(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any],
        *,
        tries: int = 3,
        sample: int = 0,
        **sampling: Any,
    ) -> Any:
        """Return a reply that fits the schema, or raise `RowFailure`."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What is judged, and on which scale.

    Attributes:
        text: the rubric, as the judge reads it.
        scale: the worst and the best score, whole numbers.
        anchors: what a score means, for some of the scale's values.

    Example:
        >>> print(Rubric("Is it kind?", (1, 3), {3: "very kind"}).ask("response:\\nHello!").splitlines()[2])
        Give a whole number from 1 (worst) to 3 (best).
    """

    text: str
    scale: tuple[int, int] = (1, 5)
    anchors: Mapping[int, str] = field(default_factory=dict)

    def ask(self, shown: str) -> str:
        """Return the message that asks for a score of what is shown."""
        low, high = self.scale
        anchors = "".join(f"\n{value}: {text}" for value, text in sorted(self.anchors.items()))
        return (
            f"{self.text}\n\nGive a whole number from {low} (worst) to {high} (best).{anchors}\n\n{shown}\n\n"
            'Reply with JSON: {"reason": "one sentence", "score": NUMBER}'
        )


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes on one thing. A vote that cannot be read is none: it is not a low one.

    Attributes:
        read: the values that could be read, in the order they were asked for.
        reasons: the judge's reason for each of them.
        unread: for each vote that could not be read, why (`reason`, `detail`).
    """

    read: tuple[Any, ...]
    reasons: tuple[str, ...]
    unread: tuple[Any, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether at least half of the votes, and one, could be read."""
        return bool(self.read) and len(self.read) >= len(self.unread)

    @property
    def mean(self) -> float | None:
        """The mean score, to four places; None where it is not decided."""
        return round(sum(self.read) / len(self.read), 4) if self.decided else None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two texts compared in both orders.

    Attributes:
        winners: which of the two won in the order given, and which in the swapped one; empty where either could not be read.
        reasons: the judge's reason for each.
        unread: for each order that could not be read, why (`reason`, `detail`).
    """

    winners: tuple[Side, ...]
    reasons: tuple[str, ...]
    unread: tuple[Any, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether both orders could be read."""
        return bool(self.winners)

    @property
    def flips(self) -> bool:
        """Whether the verdict changed with the order: then the place decided, not the text."""
        return len(set(self.winners)) > 1

    @property
    def share(self) -> float | None:
        """The share of the orders that the first text won: 1, 0, or 0.5 where the verdict flips; None where it is not decided."""
        return self.winners.count("first") / 2 if self.winners else None


async def score(
    ctx: Asks, model: str, rubric: Rubric, shown: str, *, votes: int = 1, tries: int = 3, temperature: float | None = None,
    max_tokens: int = 256,
) -> Votes:  # fmt: skip
    """Return `votes` scores of what is shown, each with its reason first.

    Args:
        tries: replies to one vote until one fits the schema.
        temperature: `warmth(votes)` where not given.

    Reference: Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", section 3.1.
    """
    low, high = rubric.scale
    shape = {"type": "integer", "minimum": low, "maximum": high}
    warm = warmth(votes) if temperature is None else temperature
    return await _votes(ctx, model, [rubric.ask(shown)] * votes, "score", shape, int, tries, warm, max_tokens)


async def compare(
    ctx: Asks, model: str, rubric: str, shown: str, first: str, second: str, *, tries: int = 3, temperature: float = 0.0,
    max_tokens: int = 256,
) -> Compared:  # fmt: skip
    """Return which of two texts is better by the rubric, asked once in either order.

    Args:
        shown: what both texts are about, a question say.
        tries: replies to one order until one fits the schema.

    Reference: Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", section 3.4 (swapping positions).
    """
    asks = [
        f"{rubric}\n\n{shown}\n\nA:\n{a}\n\nB:\n{b}\n\nWhich is better, A or B? Reply with JSON: "
        '{"reason": "one sentence", "better": "A"} or {"reason": "one sentence", "better": "B"}'
        for a, b in ((first, second), (second, first))
    ]
    shape = {"type": "string", "enum": ["A", "B"]}
    found = await _votes(ctx, model, asks, "better", shape, str, tries, temperature, max_tokens)
    if found.unread:
        return Compared((), (), found.unread)
    winners: tuple[Side, Side] = (
        "first" if found.read[0] == "A" else "second",
        "first" if found.read[1] == "B" else "second",
    )
    return Compared(winners, found.reasons)


async def choose(
    ctx: Asks, model: str, ask: str, choices: Sequence[str] = ("yes", "no"), *, votes: int = 1, tries: int = 3,
    temperature: float | None = None, max_tokens: int = 256,
) -> Votes:  # fmt: skip
    """Return which of the choices is taken, `votes` times, each with its reason first.

    Args:
        ask: the question, with all that the judge needs to see.
        tries: replies to one vote until one fits the schema.
        temperature: `warmth(votes)` where not given.
    """
    forms = " or ".join(f'{{"reason": "one sentence", "choice": "{choice}"}}' for choice in choices)
    shape = {"type": "string", "enum": list(choices)}
    warm = warmth(votes) if temperature is None else temperature
    asks = [f"{ask}\n\nReply with JSON: {forms}"] * votes
    return await _votes(ctx, model, asks, "choice", shape, str, tries, warm, max_tokens)


def warmth(votes: int) -> float:
    """Return the temperature for so many votes on one thing: 0 for one; 0.7 for several, which at 0 would be one."""
    return 0.7 if votes > 1 else 0.0


async def _votes(
    ctx: Asks, model: str, asks: Sequence[str], name: str, shape: Mapping[str, Any], kind: type, tries: int, warm: float,
    max_tokens: int,
) -> Votes:  # fmt: skip
    """Ask for all votes at once; the n-th is sample n."""
    properties = {"reason": {"type": "string"}, name: shape}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

    async def one(n: int, ask: str) -> tuple[Any, Any]:
        try:
            reply = await ctx.structured(
                model, [{"role": "user", "content": ask}], schema, tries=tries, sample=n, temperature=warm,
                max_tokens=max_tokens,
            )  # fmt: skip
        except RowFailure as e:
            return None, {"reason": e.reason, "detail": e.detail}
        return (reply[name], reply["reason"]) if isinstance(reply[name], kind) else (None, reply[name])

    found = await asyncio.gather(*(one(n, ask) for n, ask in enumerate(asks)))
    read = [(value, note) for value, note in found if value is not None]
    return Votes(
        tuple(v for v, _ in read), tuple(n for _, n in read), tuple(note for value, note in found if value is None)
    )
