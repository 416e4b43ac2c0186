"""The same text with its genders swapped, and what cannot be decided in it. English only.

Pronouns, nouns and first names stand in YAML files under `lists`. "her" is "him" or "his", and "his" is "her" or "hers": the words
beside it decide (`lists/her.yaml`), and where they do not the place is reported as undecided, so that nobody takes a guess
for a counterfactual.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from .wordlists import word_list

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_NEXT = re.compile(r"\s+[$\u20ac\u00a3\"\u201c]?([^\W_]+(?:['\u2019-][^\W_]+)*)")
_LAST = re.compile(r"([^\W_]+(?:['\u2019-][^\W_]+)*)(\W*)$")


@dataclass(frozen=True, slots=True)
class Swap:
    """A text with its genders swapped.

    Attributes:
        text: the swapped text; undecided words take their likelier counterpart.
        changes: (from, to) of every word that was swapped, in order.
        undecided: words whose counterpart the text does not tell, each with its neighbours.
    """

    text: str
    changes: tuple[tuple[str, str], ...]
    undecided: tuple[str, ...]


def swap_gender(text: str) -> str:
    """Return the text with pronouns, gendered nouns and first names of the other gender; the rest stays as it is.

    Names change place in pairs, so twice swapped is the text again, save for words with two counterparts (Mrs, mum).

    Example:
        >>> swap_gender("Mary gave him her book; it was hers.")
        'James gave her his book; it was his.'
        >>> swap_gender("The king said that HE saw his aunt.")
        'The queen said that SHE saw her uncle.'
    """
    return swap(text).text


def swap(text: str) -> Swap:
    """Return the text with its genders swapped, what was changed, and what could not be decided.

    Example:
        >>> swap("Mary's boss let her go.").text, swap("He saw her duck.").undecided
        ("James's boss let him go.", ('saw her duck',))
    """
    parts, end = [], 0
    changes: list[tuple[str, str]] = []
    undecided: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group()
        small = word.lower().replace("\u2019", "'")
        stem, owner = (small[:-2], word[-2:]) if small.endswith("'s") and small not in _swaps() else (small, "")
        found: str | None = _swaps().get(stem, "")
        if stem in ("her", "his") and not owner:
            owns = _owned(stem, _Beside(text, match))
            if owns is None:
                undecided.append(_place(text, match))
            found = ("his" if owns is not False else "him") if stem == "her" else ("hers" if owns is False else "her")
        elif (
            found
            and stem in _words("names", "places")
            and _before(text, match.start()) in _words("names", "place_words")
        ):
            undecided.append(_place(text, match))
        elif found and not _is_person(text, match, stem):
            found = ""
        if found:
            new = (
                _cased(found, word[: len(word) - len(owner)]).replace("'", "\u2019" if "\u2019" in word else "'")
                + owner
            )
            parts += [text[end : match.start()], new]
            end = match.end()
            changes.append((word, new))
    return Swap("".join([*parts, text[end:]]), tuple(changes), tuple(undecided))


def _cased(word: str, like: str) -> str:
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word


class _Beside:
    """The words beside a pronoun, two `before` it and four after, in small letters; "" where a sign or the end comes first."""

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.before = _before(text, match.start())
        at = text.rfind(" ", 0, match.start())
        self.second_before = _before(text, at - len(self.before)) if self.before else ""
        self.after: list[str] = []
        at = match.end()
        while len(self.after) < 4 and (found := _NEXT.match(text, at)):
            self.after.append(found.group(1).lower())
            at = found.end()
        self.next, self.second = [*self.after, "", ""][:2]


def _owned(pronoun: str, at: _Beside) -> bool | None:
    """Return whether the pronoun owns what follows, or None where its neighbours do not tell."""
    if not at.next:
        return False
    if pronoun == "his":
        return _his(at)
    if at.next in _words("her", "owned") or (at.next == "will" and at.before in _PREPOSITIONS):
        return True
    if at.next == "or" and at.second in ("his", "her", "their"):
        return True if len(at.after) > 2 and _open(at.after[2]) else None
    if at.before in _words("her", "clause"):
        return True
    if at.before in _words("her", "wishes"):
        return False
    if at.next in _words("her", "function"):
        return False
    if at.before in _words("her", "resultative") and at.next in _words("her", "states"):
        return None if _open(at.second) else False
    if re.fullmatch(r"\d+(?:st|nd|rd|th)", at.next):
        return True
    if at.next[0].isdigit() or at.next in _words("her", "numbers"):
        return False if at.before in _words("her", "lasting") else _unclear(at)
    if at.next in _words("her", "unclear") or (at.next.endswith("ly") and at.next not in _words("her", "no_adverbs")):
        return _unclear(at)
    if at.before in _words("her", "causative"):
        if at.next in _words("her", "homographs"):
            return None
        if at.next in _words("her", "verbs") or at.second in _DETERMINERS or at.next.endswith("ing"):
            return False
    if at.before in _words("her", "undergoing") and at.next.endswith("ed"):
        return None if _open(at.second) else False
    if at.before in _words("her", "ditransitive"):
        return _given(at.before, at.after)
    return True


def _his(at: _Beside) -> bool | None:
    if at.before == "of" and at.second_before in _words("her", "persons") and _open(at.next):
        return None
    return at.next not in _words("her", "function") or at.next in _words("her", "his_owns")


def _unclear(at: _Beside) -> bool | None:
    if at.before in ("is", "was", "are", "were", "be", "being") and at.second:
        return True
    if at.next == "home" and at.before in _words("her", "motion"):
        return False
    if at.next == "back" and at.before in _words("her", "back"):
        return False
    if at.next == "very" and at.second in ("own", "first", "best", "last"):
        return True
    if not _open(at.second):
        noun = at.next in ("best", "first", "last", "one", "home", "all", "right", "back") or at.next[0].isdigit()
        return None if noun and at.second not in _DETERMINERS else False
    adverb = at.next in ("every", "once", "then", "well", "one", "all", "back") or at.next[0].isdigit()
    return True if at.before in _PREPOSITIONS and not adverb else None


def _given(verb: str, after: Sequence[str]) -> bool | None:
    """Return whether the one who is given something owns the words after her: "gave her sister" or "gave her flowers"."""
    named = []
    for word in after:
        if not _open(word):
            break
        named.append(word)
    thing = named[-1] if named else ""
    if thing.removesuffix("s") in _kin() and not thing.endswith("ss"):
        return True if len(named) < len(after) or not thing.endswith("s") else None
    plural = thing.endswith("s") and not thing.endswith(("ss", "us", "is", "'s"))
    handed = verb in _words("her", "handing") and len(named) == len(after)
    if handed or plural or thing in _words("her", "mass") or any(c.isdigit() for c in thing):
        return None
    return True


@cache
def _kin() -> frozenset[str]:
    pairs = word_list("gendered_nouns")["pairs"]
    return frozenset(w for pair in pairs for w in pair) | _words("her", "persons")


def _open(word: str) -> bool:
    return bool(word) and word not in _words("her", "function")


_PREPOSITIONS = frozenset(
    "of in on at by for from with about into onto over under to after before during through".split()
)


def _is_person(text: str, match: re.Match[str], stem: str) -> bool:
    """Return False where the word is a verb ("miss", "host"), a surname, or God."""
    word, before = match.group(), _before(text, match.start())
    if stem in _words("gendered_nouns", "verbs_too"):
        titled = word[0].isupper() and _NEXT.match(text, match.end()) is not None and stem == "miss"
        return titled or (stem != "miss" and before in _DETERMINERS)
    if stem == "god":
        return word[0].islower()
    first_names = _names()
    return not (word[0].isupper() and before in first_names and stem in _words("gendered_nouns", "surnames"))


_DETERMINERS = frozenset("a an the his her my your our their this that every each another".split())


def _before(text: str, start: int) -> str:
    found = _LAST.search(text, max(0, start - 40), start)
    return found.group(1).lower() if found and not found.group(2).strip() else ""


def _place(text: str, match: re.Match[str]) -> str:
    after = _NEXT.match(text, match.end())
    return " ".join(w for w in (_before(text, match.start()), match.group(), after.group(1) if after else "") if w)


@cache
def _words(name: str, key: str) -> frozenset[str]:
    return frozenset(str(w) for w in word_list(name)[key])


@cache
def _names() -> frozenset[str]:
    groups = word_list("names")["groups"]
    return frozenset([*groups["female"], *groups["male"]])


@cache
def _swaps() -> Mapping[str, str]:
    found = {"she": "he", "hers": "his", "herself": "himself", "him": "her"}
    found |= {f"she'{end}": f"he'{end}" for end in ("s", "d", "ll")}
    found |= {v: k for k, v in found.items() if v not in ("his", "her")}
    names = word_list("names")["groups"]
    for female, male in [*word_list("gendered_nouns")["pairs"], *zip(names["female"], names["male"])]:
        found.setdefault(female, male)
        found.setdefault(male, female)
    return found
