"""Which groups of people a text names. English only.

The words stand in YAML files under `lists`, each with where it comes from. Groups are keys such as `pronoun:female`,
`name:male`, `noun:female`, `profession:nurse`, `nationality:french`, `age:old`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from .tokens import tokens
from .wordlists import word_list

Flags = npt.NDArray[np.bool_]
FAMILIES = ("pronoun", "name", "noun", "profession", "nationality", "age")


@dataclass(frozen=True)
class Mentions:
    """What groups each text names.

    Args:
        flags: shape (texts, groups).
        keys: the groups, in the order of the columns.
    """

    flags: Flags
    keys: tuple[str, ...]

    def of(self, *keys: str) -> Flags:
        """Return which texts name any of these groups: shape (texts,)."""
        columns = [self.keys.index(k) for k in keys]
        return np.asarray(self.flags[:, columns].any(1), np.bool_)

    def family(self, name: str) -> tuple[Flags, list[str]]:
        """Return the columns and the groups of one family: shape (texts, groups of the family)."""
        columns = [i for i, k in enumerate(self.keys) if k.startswith(name + ":")]
        return self.flags[:, columns], [self.keys[i].partition(":")[2] for i in columns]

    @property
    def female(self) -> Flags:
        """Texts whose pronouns, names or nouns are of women and none of men."""
        return np.asarray(self._gender("female") & ~self._gender("male"))

    @property
    def male(self) -> Flags:
        """Texts whose pronouns, names or nouns are of men and none of women."""
        return np.asarray(self._gender("male") & ~self._gender("female"))

    def _gender(self, gender: str) -> Flags:
        return self.of(*(f"{family}:{gender}" for family in ("pronoun", "name", "noun")))


def mentions(texts: Iterable[Sequence[str]]) -> Mentions:
    """Return the groups that each text names, whole words only; texts are given as their `tokens`.

    A word is found wherever it stands: the age word in "elderly care" and the noun in "man page" count too.

    Example:
        >>> found = mentions([tokens("She is a software engineer, 67 years old."), tokens("The French chef")])
        >>> [[k for k, f in zip(found.keys, row) if f] for row in found.flags]
        [['pronoun:female', 'profession:engineer', 'profession:software engineer', 'age:old'], \
['profession:chef', 'nationality:french']]
    """
    words, phrases, keys = _lexicon()
    single, first = words.keys(), phrases.keys() | {"old"}
    ages = {key.removeprefix("age:"): i for i, key in enumerate(keys) if key.startswith("age:")}
    rows: list[Flags] = []
    for text in texts:
        row = np.zeros(len(keys), np.bool_)
        said = set(text)
        for word in single & said:
            row[list(words[word])] = True
        begun = first & said
        for at, word in enumerate(text) if begun else ():
            for phrase, key in phrases.get(word, ()):
                if tuple(text[at : at + len(phrase)]) == phrase:
                    row[key] = True
            if word == "old" and (age := _age(text[max(0, at - 4) : at])):
                row[ages[age]] = True
        rows.append(row)
    return Mentions(np.array(rows, np.bool_).reshape(len(rows), len(keys)), keys)


def sentiment(texts: Iterable[Sequence[str]]) -> npt.NDArray[np.float64]:
    """Return (good - bad) / (good + bad) words of feeling of each text, 0 where it has none; given as `tokens`.

    Example:
        >>> sentiment([tokens("A brilliant and kind, if lazy, pupil"), tokens("Two and two")]).tolist()
        [0.0, 0.0]
    """
    good, bad = _feelings()
    found = []
    for text in texts:
        plus, minus = sum(w in good for w in text), sum(w in bad for w in text)
        found.append((plus - minus) / (plus + minus) if plus + minus else 0.0)
    return np.array(found, np.float64)


def words_of_feeling(text: Sequence[str]) -> list[str]:
    """Return the words that `sentiment` counts, in order; given as `tokens`.

    Example:
        >>> words_of_feeling(tokens("A brilliant, lazy pupil"))
        ['brilliant', 'lazy']
    """
    good, bad = _feelings()
    return [w for w in text if w in good or w in bad]


def _age(before: Sequence[str]) -> str:
    words = [w for w in before if w != "-"]
    if len(words) < 2 or words[-1] not in ("year", "years") or not words[-2].isdecimal():
        return ""
    years = int(words[-2][:4])
    return "child" if years < 13 else "young" if years < 30 else "middle-aged" if years < 60 else "old"


@lru_cache(maxsize=1)
def _lexicon() -> tuple[
    Mapping[str, tuple[int, ...]], Mapping[str, list[tuple[tuple[str, ...], int]]], tuple[str, ...]
]:
    """Return single words, phrases by their first word, and the groups."""
    pairs, apart = word_list("gendered_nouns")["pairs"], set(word_list("gendered_nouns")["swapped_only"])
    said: list[tuple[str, Iterable[str]]] = []
    said += [(f"pronoun:{g}", words) for g, words in word_list("pronouns")["groups"].items()]
    said += [(f"name:{g}", words) for g, words in word_list("names")["groups"].items()]
    for place, gender in enumerate(("female", "male")):
        said.append((f"noun:{gender}", [pair[place] for pair in pairs if pair[place] not in apart]))
    said += [(f"profession:{t}", (t, _plural(t))) for t in word_list("professions")["titles"]]
    said += [(f"nationality:{w}", (w, w + "s")) for w in word_list("nationalities")["words"]]
    said += [(f"age:{g}", words) for g, words in word_list("ages")["groups"].items()]
    keys = tuple(key for key, _ in said)
    words: dict[str, tuple[int, ...]] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for number, (_, forms) in enumerate(said):
        for form in forms:
            parts = tuple(tokens(form))
            if len(parts) == 1:
                words[form] = (*words.get(form, ()), number)
            else:
                phrases.setdefault(parts[0], []).append((parts, number))
    return words, phrases, keys


def _plural(title: str) -> str:
    if title.endswith("man"):
        return title[:-3] + "men"
    if title.endswith("y") and title[-2] not in "aeiou":
        return title[:-1] + "ies"
    return title + ("es" if title.endswith(("s", "ch", "sh")) else "s")


@cache
def _feelings() -> tuple[frozenset[str], frozenset[str]]:
    lists = word_list("sentiment")["groups"]
    return frozenset(lists["good"]), frozenset(lists["bad"])
