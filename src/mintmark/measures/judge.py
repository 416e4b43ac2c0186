"""Judging: what is asked of a model that judges, and how its votes are read; what is done about them is not decided here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..core.call import Reply
from ..core.errors import RowFailure
from ..core.operator import RowContext
from ..core.waiting import gathered

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

    def ask(self, shown: str, reply: str = 'JSON: {"reason": "one sentence", "score": NUMBER}') -> str:
        """Return the message that asks for a score of what is shown, as a reply of that form."""
        low, high = self.scale
        anchors = "".join(f"\n{value}: {text}" for value, text in sorted(self.anchors.items()))
        return (
            f"{self.text}\n\nGive a whole number from {low} (worst) to {high} (best).{anchors}\n\n{shown}\n\n"
            f"Reply with {reply}"
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
        chances: the probability that the first text is the better one, as seen in the order given and in the swapped one; 1 or
            0 where the judge only named one. Empty where either order could not be read.
        reasons: the judge's reason for each, where it was asked for one.
        unread: for each order that could not be read, why (`reason`, `detail`).
    """

    chances: tuple[float, ...]
    reasons: tuple[str, ...] = ()
    unread: tuple[Any, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether both orders could be read."""
        return bool(self.chances)

    @property
    def winners(self) -> tuple[Side, ...]:
        """Which text won in each order. At even chances it is the one shown first, so that an indifferent judge flips."""
        return tuple("first" if p > 0.5 or (p == 0.5 and n == 0) else "second" for n, p in enumerate(self.chances))

    @property
    def flips(self) -> bool:
        """Whether the verdict changed with the order: then the place decided, not the text."""
        return len(set(self.winners)) > 1

    @property
    def share(self) -> float | None:
        """The chance of the first text, averaged over both orders, to four places; None where it is not decided."""
        return round(sum(self.chances) / len(self.chances), 4) if self.chances else None


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


async def rate(ctx: RowContext, model: str, rubric: Rubric, shown: str) -> float:
    """Return the mean of the scale's scores, each weighted by the chance that the model gives it (`odds`).

    Args:
        rubric: its scale must lie within 0 to 9: one digit is read.

    Raises:
        RowFailure: `cannot_judge` where the reply is no score.

    Reference: Liu et al. 2023, "G-Eval: NLG Evaluation using GPT-4 with Better Human Alignment", section 2 (scoring function).
    """
    low, high = rubric.scale
    ask = rubric.ask(shown, "the number alone.")
    chances = await odds(ctx, model, ask, [str(value) for value in range(low, high + 1)])
    return round(sum(int(value) * chance for value, chance in chances.items()), 4)


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
    return Compared((float(found.read[0] == "A"), float(found.read[1] == "B")), found.reasons)


async def weigh(ctx: RowContext, model: str, rubric: str, shown: str, first: str, second: str) -> Compared:
    """Return how likely the model holds the first of two texts for the better one (`odds`), asked once in either order.

    Reference: Bai et al. 2022, "Constitutional AI", section 4.1 (labels from the probabilities of the options).
    """

    async def one(n: int, a: str, b: str) -> float | dict[str, Any]:
        ask = f"{rubric}\n\n{shown}\n\nA:\n{a}\n\nB:\n{b}\n\nWhich is better, A or B? Reply with one letter."
        try:
            return (await odds(ctx, model, ask, ("A", "B"), sample=n))["AB"[n]]
        except RowFailure as e:
            return {"reason": e.reason, "detail": e.detail}

    found = await gathered([one(0, first, second), one(1, second, first)])
    unread = tuple(f for f in found if isinstance(f, dict))
    return Compared((), (), unread) if unread else Compared(tuple(f for f in found if isinstance(f, float)))


async def odds(
    ctx: RowContext, model: str, ask: str, choices: Sequence[str], *, sample: int = 0
) -> dict[str, float]:  # fmt: skip
    """Return the chance that the model gives each choice as its answer; they add up to 1.

    Of a model that can score, from the likelihood of each choice after the question; else from the log-probabilities of its reply's
    first token where it gives them, and at last 1 for the one that it names.

    Raises:
        RowFailure: `cannot_judge` where the reply names none of them.
    """
    can = ctx.capabilities(model)
    if "score" in can:
        work = (ctx.score(model, f"{ask}\n\nAnswer:", f" {choice}") for choice in choices)
        total = [float(one.sum()) for one in await gathered(work)]
        weights = [math.exp(t - max(total)) for t in total]
        return {choice: weight / sum(weights) for choice, weight in zip(choices, weights)}
    soft: dict[str, Any] = {"logprobs": True, "top_logprobs": 10} if "logprobs" in can else {}
    messages = [{"role": "user", "content": ask}]
    reply = await ctx.chat(model, messages, sample=sample, temperature=0.0, max_tokens=4, **soft)
    return choice_chances(reply, choices)


def choice_chances(reply: Reply, choices: Sequence[str]) -> dict[str, float]:
    """Return the chance of each choice: from the log-probabilities of a reply's first token, else 1 or 0 by its first word.

    Raises:
        RowFailure: `cannot_judge` where the reply says none of them.

    Example:
        >>> choice_chances(Reply(text="Yes, it is."), ("yes", "no"))
        {'yes': 1.0, 'no': 0.0}
    """
    content = (reply.extra.get("logprobs") or {}).get("content") or []
    if content:
        mass = dict.fromkeys(choices, 0.0)
        names = {choice.lower(): choice for choice in choices}
        for one in content[0].get("top_logprobs") or []:
            word = str(one["token"]).strip().strip(".,").lower()
            if word in names:
                mass[names[word]] += math.exp(one["logprob"])
        if (total := sum(mass.values())) > 0.1:
            return {choice: m / total for choice, m in mass.items()}
    words = reply.text.strip().lower().split()
    first = words[0].strip(".,!\"'") if words else ""
    if first not in [choice.lower() for choice in choices]:
        raise RowFailure("cannot_judge", reply.text[:100])
    return {choice: float(choice.lower() == first) for choice in choices}


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

    found = await gathered(one(n, ask) for n, ask in enumerate(asks))
    read = [(value, note) for value, note in found if value is not None]
    return Votes(
        tuple(v for v, _ in read), tuple(n for _, n in read), tuple(note for value, note in found if value is None)
    )
