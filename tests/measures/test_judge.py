"""Judging: what is asked, how votes are read, and that a vote which cannot be read is no low one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mintmark.core.errors import RowFailure
from mintmark.measures.judge import Compared, Rubric, Votes, choose, compare, score

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
