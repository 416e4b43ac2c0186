"""What can be seen of a question without a model: whether it is one, stands alone, and is about its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .sentences import content_words, fold_space

_LEADS = re.compile(r"^\s*(?:\W*\b(?:question|q|answer|a)\s*\d*\s*[:.)]\s*|[-*\d.)\s]+(?=\w))", re.IGNORECASE)
_OPENS = re.compile(
    r"^(?:what|who|whom|whose|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|might|must|should|would"
    r"|will|has|have|had|in|on|at|for|under|to|from|by|with|if|according|during|after|before|of)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:(?:the|this|that|given|above|following|provided|preceding|previous)\s+(?:\w+\s+)?"
    r"(?:passage|text|sentence|paragraph|document|excerpt|article|section|context|chapter|page|statement|quote|snippet"
    r"|table above|table below|figure)"
    r"|the\s+(?:author|writer|speaker)s?\b|mentioned|described (?:here|above|below)|as (?:stated|described|shown)|\babove\b|\bbelow\b)",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(r"\bdiffer(?:ence|s|ent)?\b.*?\b(?:between|from)\s+(.+?)(?:\s+and\s+(.+?))?\?$", re.IGNORECASE)
_DANGLES = re.compile(
    r"^(?:\w+\s+){0,3}?(?:(?:is|are|was|were|do|does|did|can|could|will|would|should|must|has|have)\s+)"
    r"(?:it|they|he|she|this|these|those|that)\b(?!\s+(?:possible|necessary|safe|important|recommended|better|allowed))"
    r"|^(?:\w+\s+){1,4}(?:it|them|they|he|she)\s*\?$|^(?:this|these|that|those|it)\b",
    re.IGNORECASE,
)


def clean_question(text: str) -> str:
    """Return the question in a model's reply: its first line with words, without a label or quotation marks.

    Example:
        >>> clean_question('Question: "Why is the sky blue?"\\nAnswer: ...')
        'Why is the sky blue?'
    """
    line = next((part for part in text.splitlines() if re.search(r"\w", part)), "")
    line = _LEADS.sub("", line, count=1).strip().strip("\"'“”*` ")
    end = line.find("?")
    line = line[: end + 1] if end >= 0 else line
    return fold_space(line)


def question_problem(question: str, *, min_words: int = 4, max_words: int = 40) -> tuple[str, str] | None:
    """Return (reason, what was found) where a text is no question that can be asked on its own, else None.

    Reasons: `not_a_question`; `question_length`; `not_standalone` where it points at a text that its reader will not have, or
    opens with a pronoun that stands for nothing.

    Example:
        >>> question_problem("What does the passage say about bees?")
        ('not_standalone', 'the passage')
        >>> question_problem("How do bees find their way back?") is None
        True
    """
    words = question.split()
    if not words or not question.endswith("?") or not _OPENS.match(question):
        return "not_a_question", question[:80]
    if not min_words <= len(words) <= max_words:
        return "question_length", f"{len(words)} words"
    if found := _POINTS.search(question) or _DANGLES.search(question):
        return "not_standalone", found.group(0)
    return None


def relation_problem(
    question: str, evidence: str, context: str, shown: Iterable[str] = (), *, min_shared: int = 1
) -> tuple[str, str] | None:
    """Return (reason, what was found) where a question cannot be about its evidence, else None.

    Reasons: `copies_example` where it took content words from the examples it was shown that its context does not have;
    `unrelated_question` where it shares fewer than `min_shared` content words with its evidence; `copies_evidence` where it
    gives away almost all of it.

    Args:
        question, evidence, context: texts.
        shown: few-shot examples that stood in the prompt.
        min_shared: content words in common, by stem.
    """
    asked, there = content_words(question), content_words(evidence)
    foreign = asked - content_words(context)
    for example in shown:
        taken = foreign & content_words(example)
        if len(taken) >= 2 or fold_space(example).casefold() == question.casefold():
            return "copies_example", " ".join(sorted(taken)) or question
    shared = asked & there
    if len(shared) < min_shared:
        return "unrelated_question", f"{len(shared)} words in common"
    if len(there) >= 4 and len(shared) >= 0.9 * len(there):
        return "copies_evidence", f"{len(shared)} of {len(there)} words"
    return None


def one_sided(question: str, evidence: str) -> str | None:
    """Return what a question asks to be told from something else and its evidence does not name; None where all is named.

    Example:
        >>> one_sided("What is the difference between a guard and a case?", "The guard is part of the pattern.")
        'a case'
    """
    found = _DIFFERENCE.search(question)
    there = content_words(evidence)
    sides = [side for side in found.groups() if side] if found else []
    return next((side for side in sides if content_words(side) and not content_words(side) & there), None)
