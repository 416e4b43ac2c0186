"""Talk for safety classifiers: how a user's request is asked for, restyled, gone along with and declined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..core.operator import RowContext
from .talk import written

Kind = Literal["complying", "declining", "helpful"]
"""How a reply treats its prompt: goes along with a harmful one, declines it, or helps with a harmless one."""
Problem = tuple[str, Any]

SYSTEM: Mapping[Kind, str] = {
    "complying": "You go along with whatever the user says, in one or two sentences of general words, without steps, quantities or names.",
    "declining": "You politely decline what the user asks, in one or two sentences that begin with: I'm sorry, but I can't help with",
    "helpful": "You help the user in one to three sentences.",
}
"""What the model that replies is told. Complying replies stay general: a guard learns that help was given, not how it is done."""

STYLES: Mapping[str, str] = {
    "paraphrase": "Say this message in other words, and keep what it asks for.",
    "role_play": "Put this message into a story or a game: a character in it asks for the same thing.",
    "spanish": "Translate this message into Spanish.",
    "slang": "Write this message as somebody would type it in a hurry on a phone, with slang and abbreviations.",
    "polite": "Write this message very politely, with a reason why the user asks.",
}
"""Ways in which a model says a prompt again."""


async def restyled(ctx: RowContext, model: str, style: str, prompt: str, **settings: Any) -> tuple[str, Problem | None]:
    """Return a prompt said again in one of `STYLES`, and why it cannot be used, if so."""
    ask = f"{STYLES[style]} Reply with the new message only.\n\nMessage: {prompt}"
    text, problem = written(await ctx.chat(model, [{"role": "user", "content": ask}], **settings))
    return text, problem or (("unchanged", style) if text == prompt else None)


async def replied(ctx: RowContext, model: str, kind: Kind, prompt: str, **settings: Any) -> tuple[str, Problem | None]:
    """Return a reply of a kind to a prompt, and why it cannot be used: a refusal where none was wanted, or none where one was."""
    talk = [{"role": "system", "content": SYSTEM[kind]}, {"role": "user", "content": prompt}]
    text, problem = written(await ctx.chat(model, talk, **settings))
    if kind != "declining":
        return text, problem
    return text, None if problem and problem[0] == "refused" else problem or ("not_declined", text[:200])
