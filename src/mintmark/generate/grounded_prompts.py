"""The words with which `generate.grounded_qa` asks, and its worked examples."""

from __future__ import annotations

from typing import Any, NamedTuple

NOT_IN_TEXT = "not in the text"
QA_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {k: {"type": "string", "minLength": 1} for k in ("question", "answer", "evidence")},
    "required": ["question", "answer", "evidence"],
    "additionalProperties": False,
}


class Shot(NamedTuple):
    """One worked example."""

    topic: str
    sentence: str
    question: str


_FACTS = (
    Shot(
        "Tides",
        "Spring tides happen when the Sun and the Moon pull in line, about twice a month.",
        "When do spring tides happen?",
    ),
    Shot(
        "Sourdough",
        "A starter that is kept in the refrigerator is fed once a week.",
        "How often is a refrigerated sourdough starter fed?",
    ),
    Shot(
        "Query planning",
        "The planner ignores an index on a column that is wrapped in a function call.",
        "What makes the query planner ignore an index on a column?",
    ),
    Shot(
        "Bicycle chains",
        "A chain stretched by more than 0.75 percent wears down the sprockets.",
        "How far may a bicycle chain stretch before it wears down the sprockets?",
    ),
    Shot(
        "Lending rules",
        "A branch may lend a reference book for one night if the head librarian agrees.",
        "Who must agree before a branch lends a reference book?",
    ),
    Shot(
        "Test fixtures",
        "Fixtures with session scope are made once and shared by all tests of a run.",
        "Which fixtures are shared by all tests of a run?",
    ),
)
_REASONS = (
    Shot(
        "Honey",
        "Honey keeps for years because its low water content stops bacteria from growing.",
        "Why does honey keep for years?",
    ),
    Shot(
        "Container images",
        "A tag can be moved to another image, so a build that must be repeatable names its image by digest.",
        "Why does a repeatable build name its image by digest?",
    ),
    Shot(
        "Bread",
        "Dough rests under a damp cloth to keep its surface from drying out.",
        "Why does dough rest under a damp cloth?",
    ),
    Shot(
        "Harbours",
        "Ships wait outside the harbour until the tide has risen enough to clear the sill.",
        "What do ships wait for outside the harbour?",
    ),
    Shot(
        "Caches",
        "The cache is keyed by the file's content, which means that renaming a file does not invalidate it.",
        "Why does renaming a file leave its cache entry valid?",
    ),
    Shot(
        "Grafting",
        "Both cuts are made at the same angle in order to bring the growing layers together.",
        "Why are both cuts of a graft made at the same angle?",
    ),
)
SHOTS: dict[str, tuple[Shot, ...]] = {"fact": _FACTS, "reasoning": _REASONS}
_ASK = {
    "fact": "You turn statements into questions. Write one short question that the given sentence answers.",
    "reasoning": "You turn statements into questions. Write one question that asks for the reason or the condition which "
    "the given sentence states.",
}


def ask_question(kind: str, shots: list[Shot], topic: str, sentence: str) -> list[dict[str, str]]:
    """Return the messages that ask for the question which a sentence answers."""
    system = (
        f"{_ASK[kind]} Keep the subject of the sentence in the question, so that it can be understood without the "
        "sentence. Reply with the question only."
    )
    messages = [{"role": "system", "content": system}]
    for shot in shots:
        messages.append({"role": "user", "content": _show(shot.topic, shot.sentence)})
        messages.append({"role": "assistant", "content": shot.question})
    messages.append({"role": "user", "content": _show(topic, sentence)})
    return messages


def _show(topic: str, sentence: str) -> str:
    return f"Topic: {topic}\nSentence: {sentence}" if topic else f"Sentence: {sentence}"


def ask_all(kind: str, chunk: str, n: int) -> list[dict[str, str]]:
    """Return the messages that ask for question, answer and evidence together."""
    want = "asks for a single fact" if kind == "fact" else "needs reasoning (why, how, under which condition)"
    other = f" Choose another part of the text than the first {n} questions would." if n else ""
    system = (
        "You write questions for a reading test. Each question must be understood by somebody who does not see the text, "
        "and its answer must follow from the text alone."
    )
    user = (
        f"Text:\n{chunk}\n\nWrite one question that {want}, its answer, and the evidence: the span of the text, copied letter "
        f"for letter, on which the answer rests.{other}\nReply with JSON: "
        '{"question": "...", "answer": "...", "evidence": "..."}'
    )
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def ask_unanswerable(chunk: str) -> list[dict[str, str]]:
    """Return the messages that ask for a question which the text does not answer."""
    user = (
        f"Text:\n{chunk}\n\nWrite one question on the subject of this text that the text does not answer. Name the subject, so "
        "that the question can be understood without the text. Reply with the question only."
    )
    return [{"role": "user", "content": user}]


def ask_quote(chunk: str, question: str) -> list[dict[str, str]]:
    """Return the messages that ask which sentence answers a question, if any."""
    user = (
        f"Text:\n{chunk}\n\nQuestion: {question}\n\nCopy the sentence of the text that answers the question. If no sentence "
        "answers it, reply with NONE."
    )
    return [{"role": "user", "content": user}]
