"""What can be seen of a question without a model: whether it is one, stands alone, and is about its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .sentences import content_words, fold_space, stem

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

_CAUSE = re.compile(
    r"^(?:how(?!\s+(?:many|much|long|often|old|far|large|big|deep|high|wide|fast)\b)|why|what\s+(?:makes?|causes?|leads?)\b)",
    re.IGNORECASE,
)
_TERM = re.compile(r"^what(?:['’]s|\s+is|\s+are)\s+(?:an?\s+|the\s+)?((?:[\w\"“”'’.-]+\s*){1,5})\?$", re.IGNORECASE)
_NAMES_A_PART = re.compile(
    r"\b(?:of|behind|for|to|in|between|default|purpose|meaning|reason|difference)\b", re.IGNORECASE
)
_DEFINES = re.compile(
    r"(?:[\"”'’`)]\s*)?(?:(?:also|usually|simply|often|always|now|then)\s+)?(?:are|were|mean|refer|consist|[a-z]+[^\Ws]s|is|was|has)\b|[\"”'’`)]*[:(—–,-]"
)
_CALLED = re.compile(r"(?:\b(?:is|are|called|named|known\s+as|means)|[(—–])\s*(?:an?\s+|the\s+)?[\"“'‘`]?$")
_MIN_NEW_WORDS = 4


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


def empty_answer(question: str, answer: str) -> tuple[str, str] | None:
    """Return (reason, what was found) where an answer by its form alone tells nothing of what is asked, else None.

    Reasons: `restates_question` where a question for a way or a cause is answered in its own words, with fewer than four new
    ones; `no_definition` where it asks what something is, and in the answer that is never followed by a verb which says so. Of
    150 rows read one by one, 50 of which the rules were found on, they name 17 of the 81 wrong ones, 7 of 39 flawed and 1 of 30
    right ones. English only.

    Example:
        >>> empty_answer("How does a cache improve speed?", "A cache can improve the speed of programs.")
        ('restates_question', 'program')
        >>> empty_answer("What is a cache?", "A cache keeps what was asked before.") is None
        True
    """
    if _CAUSE.search(question):
        new = content_words(answer) - content_words(question)
        return ("restates_question", " ".join(sorted(new))) if len(new) < _MIN_NEW_WORDS else None
    found = _TERM.match(question)
    if found is None or _NAMES_A_PART.search(found[1]):
        return None
    term = [stem(word) for word in re.findall(r"\w+", found[1].lower())]
    words = list(re.finditer(r"\w+", answer.lower()))
    for i in range(len(words) - len(term) + 1):
        if [stem(word[0]) for word in words[i : i + len(term)]] == term:
            before, after = answer[: words[i].start()].lower(), answer[words[i + len(term) - 1].end() :].lower()
            if _DEFINES.match(after.lstrip()) or _CALLED.search(before):
                return None
    return "no_definition", found[1].strip()
