"""What a text says that its record does not, as far as rules see it: numbers, medical terms, denials, facts left out. English only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .sentences import content_words
from .support import unsupported_numbers
from .wordlists import word_list

_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
_IN_WORDS = (
    {word: str(n) for n, word in enumerate(_TO_TWENTY.split())}
    | {word: str(n) for word, n in zip(_TENS.split(), range(30, 101, 10), strict=True)}
    | {word: f"{n}." for n, word in enumerate("first second third fourth fifth".split(), 1)}
    | {"once": "1", "twice": "2", "thrice": "3", "half": "0.5", "dozen": "12"}
)
_WORD = re.compile(r"[a-z]+(?:'s)?")
_DENIAL = re.compile(
    r"\b(?:no|none|not|denies|denied|without|never|negative|free of|absence of|un(?:known|remarkable))\b[^.;,]{0,40}",
    re.I,
)
_HEDGES = content_words("known not no has have had is was any")
_SEXES = {"female": {"woman", "she", "her", "girl"}, "male": {"man", "he", "his", "boy"}}


def unfounded_numbers(text: str, facts: str) -> list[str]:
    """Return the numbers of a text, in digits or words, that its facts do not have. "one" is no number here: it is a pronoun too.

    Example:
        >>> unfounded_numbers("She is 34 and has had it for two years.", "age: 34")
        ['two']
    """
    words = [w for w in _WORD.findall(text.lower()) if w in _IN_WORDS and w != "one"]
    there = {
        *re.findall(r"\d[\d,.]*\d|\d", facts),
        *(_IN_WORDS[w] for w in _WORD.findall(facts.lower()) if w in _IN_WORDS),
    }
    return unsupported_numbers(text, facts) + [w for w in words if _IN_WORDS[w] not in there]


def invented(text: str, facts: str) -> list[str]:
    """Return the words of diseases, drugs, procedures and a person's life that a text's facts do not have (`lists/medical.yaml`).

    Example:
        >>> invented("She has asthma and bronchitis.", "conditions: asthma")
        ['bronchitis']
    """
    there = content_words(facts)
    return [w for w in dict.fromkeys(_WORD.findall(text.lower())) if _medical(w) and not content_words(w) <= there]


def denied(text: str, facts: str) -> str | None:
    """Return the first words by which a text says that something is not where its facts do not say so too; else None.

    Example:
        >>> denied("He has no history of asthma.", "conditions: asthma")
        'no history of asthma'
    """
    there = content_words(" ".join(_DENIAL.findall(facts)))
    for found in _DENIAL.finditer(text):
        if not content_words(found.group()) - _HEDGES <= there:
            return found.group()
    return None


def told(text: str, items: Sequence[str]) -> float:
    """Return the share of facts of which at least half the content words stand in a text; a sex is told by a pronoun too.

    Example:
        >>> told("She has chronic asthma.", ["chronic asthma", "latex allergy"])
        0.5
    """
    said, words = content_words(text), set(_WORD.findall(text.lower()))
    wanted = [(item.strip().lower(), own) for item in items if (own := content_words(item))]
    found = [bool(_SEXES.get(item, set()) & words) or 2 * len(own & said) >= len(own) for item, own in wanted]
    return sum(found) / len(found) if found else 1.0


@cache
def _medical(word: str) -> bool:
    known = word_list("medical")
    listed = {*known["words"], *known["social"]}
    return word in listed or word.removesuffix("s") in listed or word.endswith(tuple(known["endings"]))
