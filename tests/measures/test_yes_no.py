"""Yes or no, by log-probabilities or votes."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from mintmark.core.call import Reply
from mintmark.core.errors import RowFailure
from mintmark.measures.yes_no import yes_probability, yes_share


def with_logprobs(text: str, **probabilities: float) -> Reply:
    top = [{"token": k, "logprob": math.log(v)} for k, v in probabilities.items()]
    return Reply(text=text, extra={"logprobs": {"content": [{"top_logprobs": top}]}})


class Context:
    """Answers in turn; a failure is raised."""

    def __init__(self, *replies: Any, can: frozenset[str] = frozenset({"chat"})) -> None:
        self.replies, self.can, self.asked = list(replies), can, []  # type: ignore[var-annotated]

    def capabilities(self, model: str) -> frozenset[str]:
        return self.can

    async def chat(self, model: str, messages: Any, **sampling: Any) -> Reply:
        self.asked.append(sampling)
        found = self.replies[len(self.asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Reply) else Reply(text=found)


def ask(ctx: Context, **settings: Any) -> float:
    return asyncio.run(yes_share(ctx, "judge", [{"role": "user", "content": "?"}], **settings))  # type: ignore[arg-type]


def test_log_probabilities_give_a_soft_answer_whatever_the_word_was() -> None:
    reply = with_logprobs("No", **{"No": 0.5, " yes": 0.2, "Yes": 0.1, "Maybe": 0.2})
    assert yes_probability(reply) == pytest.approx(0.3 / 0.8)
    assert ask(Context(reply, can=frozenset({"chat", "logprobs"})), votes=9) == pytest.approx(0.375)
    unsafe = with_logprobs("unsafe", unsafe=0.6, safe=0.2)
    assert yes_probability(unsafe, ("unsafe", "safe")) == pytest.approx(0.75)


def test_words_that_are_hardly_likely_leave_it_to_the_reply() -> None:
    assert yes_probability(with_logprobs("Yes.", Well=0.9, yes=0.01, no=0.05)) == 1.0
    with pytest.raises(RowFailure, match="cannot_judge"):
        yes_probability(with_logprobs("Well", Well=0.9, yes=0.01, no=0.05))


def test_votes_are_counted_and_those_that_say_neither_are_none() -> None:
    ctx = Context("Yes.", "no", "Yes", "Perhaps", RowFailure("http_400"))
    assert ask(ctx, votes=5) == pytest.approx(2 / 3)
    assert {s["temperature"] for s in ctx.asked} == {0.7} and [s["sample"] for s in ctx.asked] == [0, 1, 2, 3, 4]
    with pytest.raises(RowFailure, match="cannot_judge"):
        ask(Context("Perhaps", "Well", "no"), votes=3)
    with pytest.raises(RowFailure, match="cannot_judge"):
        ask(Context("Perhaps"))
    assert ask(Context("no")) == 0.0
