"""Constitutional AI: a model criticises and revises its own replies by written principles, or compares two by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field

from ..core.call import Fault, Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..core.waiting import gathered
from ..measures.judge import weigh
from .base import Generator
from .parsing import without_talk
from .talk import assistant, bad_revision, opened, unusable, user

_CRITICISE = "{request} Two or three sentences."
_REWRITE = "{request}\n\nReply with the new reply alone."


@operator("generate.constitution", version=1)
class Constitution(Generator):
    """Reply to each prompt and mend the reply by principles drawn at random (`sft`), or prefer one of two replies (`preference`).

    `sft`: the model replies; for each of `revisions` principles, drawn without replacement by seed, it criticises its reply by the
    principle and rewrites it. The last version is the row's response; all of them stand in `versions`, each with the principle
    and the critique that led to it. A version that is empty or cut off ends the row as `empty_reply` or `cut_off`, one that
    tells of its rewriting as `speaks_of_itself`, a critique that repeats the reply as `no_critique`, and a last version that is the
    first one, word for word, as `unchanged`, one that is its critique as `copies_critique`. A critique may be cut off: it is no row's text.

    `preference`: two replies are drawn and the judge weighs them by one principle, in both orders; its chances are
    averaged. A verdict that changes with the order is dropped as `judge_flips` (unless `flips` says otherwise), two replies that
    are one as `same_reply`.

    New columns: response, principle, versions (`sft`); chosen, rejected, principle, preference (`preference`: the judge's mean chance of
    the chosen one, at least 0.5), flipped (whether the verdict changed with the order). Where most are flipped, the judge goes by
    the place and its preferences are noise.

    A model that judges at chance prefers at chance: hold its preferences against people's.

    Reference: Bai et al. 2022, "Constitutional AI: Harmlessness from AI Feedback", sections 3.1 (critiques, revisions) and 4.1
    (preferences).

    Example:
        >>> Constitution(mode="preference").requires()
        {'writer': frozenset({'chat'}), 'judge': frozenset({'chat'})}
    """

    on: Column = "instruction"
    """The prompt that is replied to."""
    mode: Literal["sft", "preference"] = "sft"
    constitution: str | None = None
    """Name of the side input that holds the principles: texts `critique` and `revision`, or `choice`, perhaps a `name`. Eight
    principles of harmlessness, truth and help that come with Mintmark where not given."""
    revisions: int = Field(1, ge=1, le=20)
    """`sft`: principles that each reply is revised by, one after the other; all of them where there are fewer."""
    system: str | None = None
    """System message of the model that replies."""
    judge: str = "judge"
    """`preference`: the model that compares."""
    flips: Literal["drop", "average"] = "drop"
    """`preference`: what becomes of a verdict that changes with the order: the row is dropped, or the mean of both decides,
    as in the paper, which evens out a liking for one place."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must chat, and the judge where there is one."""
        found = dict(super().requires())
        if self.mode == "preference":
            found[self.judge] = found.get(self.judge, frozenset()) | {"chat"}
        return found

    def sides(self) -> Sequence[str]:
        """Return the principles' input."""
        return [*([self.constitution] if self.constitution else []), *super().sides()]

    def output(self, columns: Columns) -> Columns:
        """Return the prompt's columns and the new ones."""
        import pyarrow as pa

        text = pa.string()
        if self.mode == "preference":
            return {**columns, "chosen": text, "rejected": text, "principle": text, "preference": pa.float64(),
                    "flipped": pa.bool_()}  # fmt: skip
        version = pa.struct({"response": text, "principle": text, "critique": text})
        return {**columns, "response": text, "principle": text, "versions": pa.list_(version)}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the principles."""
        return {"principle": [] if self.constitution else [_name(p) for p in built_in()]}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Reply to one prompt."""
        asked = row.get(self.on)
        if not isinstance(asked, str) or not asked.strip():
            return failed("not_text", {"column": self.on})
        wanted = ("choice",) if self.mode == "preference" else ("critique", "revision")
        principles = ctx.side(self.constitution) if self.constitution else built_in()
        if any(not isinstance(p.get(field), str) for p in principles for field in wanted) or not principles:
            return failed("no_principle", {"constitution": self.constitution, "needs": list(wanted)})
        drawn = ctx.rng("principles").sample(list(principles), min(self.revisions, len(principles)))
        kept = {k: v for k, v in row.items() if k != "id"}
        if self.mode == "preference":
            return born([await self._prefer(asked, drawn[0], kept, ctx)])
        return born([await self._revise(asked, drawn, kept, ctx)])

    async def _revise(self, asked: str, drawn: Sequence[Row], kept: Row, ctx: RowContext) -> Child:
        talk = opened(self.system, asked)
        steps = [("reply", "")]
        for principle in drawn:
            steps.append(("critique", _CRITICISE.format(request=principle["critique"])))
            steps.append(("revision", _REWRITE.format(request=principle["revision"])))
        versions: list[Row] = []
        values: Row = {**kept, "response": None, "principle": None, "versions": versions}
        for n, (part, request) in enumerate(steps):
            if request:
                talk.append(user(request))
            reply = await ctx.chat(self.model, talk, sample=n, **self.sampling(ctx, n))
            why, text = unusable(reply), reply.text.strip()
            if why and (part != "critique" or not text):
                return Child(values, "dropped", why, {"in": part, "text": text[:200]})
            if part == "critique":
                talk.append(assistant(text))
                continue
            by, critique = (None, None) if part == "reply" else (_name(drawn[n // 2 - 1]), talk[-2]["content"])
            text = without_talk(text) or text
            if critique is not None and (why := bad_revision(text, critique, versions[-1]["response"])):
                return Child(values, "dropped", why, {"text": text[:200]})
            versions.append({"response": text, "principle": by, "critique": critique})
            values |= {"response": text, "principle": by}
            # Each principle is asked about the newest version alone.
            talk = [*opened(self.system, asked), assistant(text)]
        same = versions[-1]["response"] == versions[0]["response"]
        return Child(values, "dropped", "unchanged") if same else Child(values)

    async def _prefer(self, asked: str, principle: Row, kept: Row, ctx: RowContext) -> Child:
        replies = await gathered(
            ctx.chat(self.model, opened(self.system, asked), sample=n, **self.sampling(ctx, n)) for n in (0, 1)
        )
        one, two = (reply.text.strip() for reply in replies)
        values = {
            **kept,
            "chosen": one,
            "rejected": two,
            "principle": _name(principle),
            "preference": None,
            "flipped": None,
        }
        for reply in replies:
            if why := unusable(reply):
                return Child(values, "dropped", why, reply.text[:200])
        if one == two:
            return Child(values, "dropped", "same_reply")
        found = await weigh(ctx, self.judge, principle["choice"], f"Request:\n{asked}", one, two)
        if found.share is None:
            return Child(values, "failed", "cannot_judge", list(found.unread))
        if found.flips and self.flips == "drop":
            return Child(values, "dropped", "judge_flips", {"chances": list(found.chances)})
        if found.share < 0.5:
            values |= {"chosen": two, "rejected": one}
        return Child({**values, "preference": max(found.share, round(1 - found.share, 4)), "flipped": found.flips})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a reply that is mended and one that is not, pairs that are weighed, and a judge that goes by the place or not at all."""
        rows: list[Row] = [{"instruction": "How do I open a lock?"}, {"instruction": "Say hello."}]

        def script(request: Request) -> Any:
            if request.kind == "score":
                asked = str(request.body["context"])
                a, b = (asked.split(f"\n\n{x}:\n")[1].split("\n")[0] for x in "AB")
                better = "A" if "hello" in asked or a < b else "B"
                return [-0.1 if request.body["target"] == f" {better}" else -2.0]
            told = [str(m["content"]) for m in request.body["messages"]]
            if len(told) == 1:
                return f"Reply {request.seed}"
            return "It may help a thief." if len(told) == 3 else told[1] if "hello" in told[0] else "Ask a locksmith."

        def unread(request: Request) -> Any:
            refused = Fault("http_400", "no", terminal=True)
            return refused if request.kind == "score" else script(request)

        pairs = cls(mode="preference", judge="writer")
        return [
            Example(cls(), rows, ["used", "kept", "used", "dropped"], script),
            Example(pairs, rows, ["used", "kept", "used", "dropped"], script),
            Example(pairs, rows[:1], ["used", "failed"], unread),
        ]


@lru_cache(maxsize=1)
def built_in() -> Sequence[Row]:
    """Return the principles that come with Mintmark; a change of theirs is another version of the step."""
    import yaml

    text = resources.files(__package__).joinpath("constitution.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def _name(principle: Row) -> str:
    """Return what a principle is called, else its own words."""
    return str(principle.get("name") or principle.get("choice") or principle["revision"])
