"""What can be seen of a search query without a model: whether it is one, and whether it is lifted from its document."""

from __future__ import annotations

import re

from .extractive import fragments
from .questions import clean_question
from .sentences import content_words, fold_space
from .tokens import tokens

_STATES = re.compile(
    r"^(?:this|these|that|those|it|i|i'm|i'll|i've|we|you|you're|they|he|she|here|there|sure|sorry|yes|no|the (?:document|text"
    r"|passage|query|answer))\b(?!.*\?$)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!?][\"')\]]*\s+[\"'(\[]*[A-Z]")
_UNFINISHED = re.compile(r"\b(?:the|an?|of|and|or|including|such as|that|which|when|with|to|is|are|if)$", re.IGNORECASE)
_MOST_LIFTED_WORDS = 5


def clean_query(text: str) -> str:
    """Return the query in a model's reply: its first line, without a label, quotation marks or an end mark other than `?`.

    Example:
        >>> clean_query('Query: "how long does honey keep."')
        'how long does honey keep'
    """
    found = re.sub(r"^(?:search )?query\s*:\s*", "", clean_question(text), flags=re.IGNORECASE)
    return fold_space(found.strip("\"'“”` ").rstrip(".:;,! ")).strip("\"'“”` ")


def query_problem(query: str, document: str, *, min_words: int, max_words: int) -> tuple[str, object] | None:
    """Return (reason, what was found) where a text is no query that somebody would type who has not seen the document, else None.

    Reasons: `query_length`; `not_a_query` for a statement, several sentences or a part of one; `copies_document` where more
    than half of the words are one run of over 5 words that stands in the document.

    Example:
        >>> query_problem("This is a good example of honey", "Honey keeps.", min_words=3, max_words=20)
        ('not_a_query', 'This is a good example of honey')
    """
    words = query.split()
    if not min_words <= len(words) <= max_words or not content_words(query):
        return "query_length", f"{len(words)} words"
    if _STATES.match(query) or _SENTENCES.search(query) or _UNFINISHED.search(query):
        return "not_a_query", query[:200]
    own = tokens(query, signs=False)
    longest = max((length for *_, length in fragments(own, tokens(document, signs=False))), default=0)
    if longest > _MOST_LIFTED_WORDS and longest > len(own) / 2:
        return "copies_document", f"{longest} of {len(own)} words in a run"
    return None
