"""Judging: what is asked, how votes are read, and that a vote which cannot be read is no low one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from mintmark.core.call import Reply
from mintmark.core.errors import RowFailure
from mintmark.measures.judge import Compared, Rubric, Votes, choice_chances, choose, compare, odds, rate, score, weigh

Answer = Callable[[str, int], Any]


class Asked:
    """A context that answers by a function of the message and the sample; `RowFailure` where it returns none."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asks: list[tuple[str, int]] = []
        self.sampling: list[Mapping[str, Any]] = []

    async def structured(
        self, model: str, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], *, tries: int = 3,
        sample: int = 0, **sampling: Any,
    ) -> Any:  # fmt: skip
        text = str(messages[0]["content"])
        self.asks.append((text, sample))
        self.sampling.append(sampling)
        value = self.answer(text, sample)
        if value is None:
            raise RowFailure("invalid_json", {"tries": tries})
        (name,) = set(schema["properties"]) - {"reason"}
        return {"reason": f"because {value}", name: value}


def scored(answer: Answer, **more: Any) -> Votes:
    return asyncio.run(score(Asked(answer), "judge", Rubric("Is it kind?"), "response:\nHello", **more))


def compared(answer: Answer) -> Compared:
    return asyncio.run(compare(Asked(answer), "judge", "Which is kinder?", "question:\nHi", "good", "bad"))


def test_a_score_is_the_mean_of_the_votes_that_can_be_read() -> None:
    found = scored(lambda text, n: None if n == 1 else n, votes=4)
    assert found.read == (0, 2, 3) and found.mean == 1.6667 and found.decided
    assert found.reasons == ("because 0", "because 2", "because 3")
    assert found.unread == ({"reason": "invalid_json", "detail": {"tries": 3}},)


def test_fewer_than_half_of_the_votes_decide_nothing_and_half_of_them_do() -> None:
    assert scored(lambda text, n: 5 if n < 1 else None, votes=3).mean is None
    assert scored(lambda text, n: None).mean is None
    assert scored(lambda text, n: 5 if n < 1 else None, votes=2).mean == 5
    assert scored(lambda text, n: 1).mean == 1


def test_several_votes_are_warm_and_one_is_not_unless_it_is_said() -> None:
    for votes, given, want in ((1, None, 0.0), (3, None, 0.7), (3, 0.2, 0.2), (1, 1.0, 1.0)):
        ctx = Asked(lambda text, n: 1)
        asyncio.run(score(ctx, "judge", Rubric("x"), "y", votes=votes, temperature=given))
        assert [s["temperature"] for s in ctx.sampling] == [want] * votes
        assert [n for _, n in ctx.asks] == list(range(votes))


def test_the_rubric_its_scale_its_anchors_and_what_is_shown_are_asked() -> None:
    text = Rubric("Is it kind?", (0, 2), {2: "very", 0: "not at all"}).ask("response:\nHello")
    assert (
        "Is it kind?" in text and "from 0 (worst) to 2 (best)" in text and text.index("0: not") < text.index("2: very")
    )
    assert text.index("2: very") < text.index("Hello") < text.index("JSON")


def test_two_texts_are_compared_in_both_orders() -> None:
    def by_content(text: str, n: int) -> str:
        return "A" if text.index("good") < text.index("bad") else "B"

    won = compared(by_content)
    assert won.winners == ("first", "first") and won.share == 1 and won.decided and not won.flips
    lost = compared(lambda text, n: "BA"[by_content(text, n) == "B"])
    assert lost.winners == ("second", "second") and lost.share == 0 and not lost.flips


def test_a_judge_that_goes_by_the_place_flips() -> None:
    for place in "AB":
        found = compared(lambda text, n, place=place: place)
        assert found.flips and found.share == 0.5


def test_an_order_that_cannot_be_read_decides_nothing() -> None:
    found = compared(lambda text, n: "A" if n == 0 else None)
    assert not found.decided and not found.flips and found.share is None and len(found.unread) == 1


def test_a_choice_is_one_of_those_given() -> None:
    ctx = Asked(lambda text, n: "perhaps")
    found = asyncio.run(choose(ctx, "judge", "Is it so?", ("surely", "perhaps")))
    assert found.read == ("perhaps",) and found.reasons == ("because perhaps",)
    assert '"choice": "surely"} or {' in ctx.asks[0][0]


def first_token(**chances: float) -> Reply:
    top = [{"token": token.strip("_"), "logprob": math.log(p)} for token, p in chances.items()]
    return Reply("?", extra={"logprobs": {"content": [{"token": "?", "top_logprobs": top}]}})


class Chats:
    """A context whose model gives one reply after the other; it says what was asked."""

    def __init__(self, *replies: Reply, soft: bool = True) -> None:
        self.replies, self.soft = list(replies), soft
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def capabilities(self, model: str) -> frozenset[str]:
        return frozenset({"chat", "logprobs"} if self.soft else {"chat"})

    async def chat(
        self, model: str, messages: Sequence[Mapping[str, Any]], *, sample: int = 0, **sampling: Any
    ) -> Reply:
        self.asked.append((str(messages[0]["content"]), sampling))
        return self.replies.pop(0)


def test_chances_are_read_from_the_first_token_however_it_is_written() -> None:
    assert choice_chances(first_token(A=0.4, _B=0.2, a=0.2, The=0.2), ("A", "B")) == pytest.approx(
        {"A": 0.75, "B": 0.25}
    )
    assert choice_chances(Reply("No, never."), ("yes", "no")) == {"yes": 0, "no": 1}
    hardly = first_token(A=0.05, The=0.9)
    hardly.text = "B it is"
    assert choice_chances(hardly, ("A", "B")) == {"A": 0, "B": 1}, "a tenth of the mass is too little to go by"
    with pytest.raises(RowFailure, match="cannot_judge"):
        choice_chances(Reply("Well."), ("A", "B"))


def test_chances_of_two_texts_are_averaged_over_both_orders() -> None:
    ctx: Any = Chats(first_token(A=0.9, B=0.1), first_token(A=0.7, B=0.3))
    found = asyncio.run(weigh(ctx, "judge", "Which is kinder?", "question:\nHi", "one", "two"))
    assert found.chances == pytest.approx((0.9, 0.3)) and found.share == pytest.approx(0.6) and found.flips
    assert [text.index("one") < text.index("two") for text, _ in ctx.asked] == [True, False]
    assert ctx.asked[0][1]["logprobs"] is True
    plain: Any = Chats(Reply("A"), Reply("B"), soft=False)
    found = asyncio.run(weigh(plain, "judge", "Which is kinder?", "", "one", "two"))
    assert found.share == 1 and not found.flips and "logprobs" not in plain.asked[0][1]
    unread: Any = Chats(Reply("A"), Reply("Neither"))
    assert not asyncio.run(weigh(unread, "judge", "Which is kinder?", "", "one", "two")).decided


def test_odds_of_a_model_that_can_score_are_those_of_each_answer() -> None:
    class Scores(Chats):
        def capabilities(self, model: str) -> frozenset[str]:
            return frozenset({"chat", "logprobs", "score"})

        async def score(self, model: str, context: str, target: str) -> Any:
            assert context == "How many?\n\nAnswer:"
            return np.array({" one": [-1.0, math.log(0.2) + 1.0], " two": [math.log(0.6)]}[target])

    ctx: Any = Scores()
    assert asyncio.run(odds(ctx, "judge", "How many?", ("one", "two"))) == pytest.approx({"one": 0.25, "two": 0.75})


def test_an_indifferent_judge_flips() -> None:
    assert Compared((0.5, 0.5)).flips and Compared((0.5, 0.5)).share == 0.5
    assert not Compared((0.6, 0.6)).flips


def test_a_rating_is_the_mean_of_the_scale_by_its_chances() -> None:
    ctx: Any = Chats(first_token(_1=0.25, _3=0.75))
    assert asyncio.run(rate(ctx, "judge", Rubric("Is it kind?", (1, 3)), "Hello")) == 2.5
    assert ctx.asked[0][0].endswith("Reply with the number alone.")
    plain: Any = Chats(Reply("2."), soft=False)
    assert asyncio.run(rate(plain, "judge", Rubric("Is it kind?", (1, 3)), "Hello")) == 2
    off: Any = Chats(Reply("9"))
    with pytest.raises(RowFailure, match="cannot_judge"):
        asyncio.run(rate(off, "judge", Rubric("Is it kind?", (1, 3)), "Hello"))
