"""The words with which `generate.rag_qa` asks for answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {k: {"type": "string", "minLength": 1} for k in ("answer", "evidence")},
    "required": ["answer", "evidence"],
    "additionalProperties": False,
}
DECLINES = re.compile(
    r"\b(?:(?:is|are|was|were|does|do) not (?:mention|state|specif|provide|contain|say|explicit|given|answer)\w*"
    r"|(?:doesn|don|isn)['’]t (?:mention|state|specif|provide|contain|say|answer)\w*|not in the (?:text|passage)"
    r"|no (?:information|mention|answer)\b|cannot be (?:determined|answered)|i (?:do not|don['’]t) know|unknown\b)",
    re.IGNORECASE,
)


def ask_quoted(passages: Sequence[str], question: str) -> list[dict[str, str]]:
    """Return the messages that ask for an answer and the quotation that it rests on."""
    system = (
        "You answer questions from the given passages alone, and quote the sentence that your answer rests on, letter for "
        "letter. If they do not answer the question, the answer is: NOT IN THE TEXT."
    )
    user = f'{_shown(passages, question)}\n\nReply with JSON: {{"answer": "...", "evidence": "..."}}'
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _shown(passages: Sequence[str], question: str) -> str:
    numbered = "\n\n".join(f"Passage {n}:\n{text}" for n, text in enumerate(passages, 1))
    return f"{numbered}\n\nQuestion: {question}"
