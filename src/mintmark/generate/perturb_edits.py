"""Edits that make one word wrong, and frames around a whole text: pure functions of a word or text and a random generator."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

from ..measures.wordlists import word_list

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"\S+")
Edit = Callable[[str, random.Random], "str | None"]


@cache
def key_neighbours() -> dict[str, str]:
    """Return the letters around each letter of a QWERTY keyboard.

    Example:
        >>> key_neighbours()["s"]
        'adwezx'
    """
    found = {}
    for r, row in enumerate(_ROWS):
        for c, key in enumerate(row):
            # Each row lies half a key to the right of the one above it.
            near = [(r, c - 1), (r, c + 1), (r - 1, c), (r - 1, c + 1), (r + 1, c - 1), (r + 1, c)]
            found[key] = "".join(_ROWS[y][x] for y, x in near if 0 <= y < 3 and 0 <= x < len(_ROWS[y]))
    return found


def typo(word: str, rng: random.Random) -> str | None:
    """One letter becomes its neighbour on a QWERTY keyboard; words of two letters and more."""
    near = key_neighbours()
    places = [i for i, c in enumerate(word) if c.lower() in near]
    if len(places) < 2:
        return None
    i = rng.choice(places)
    hit = rng.choice(near[word[i].lower()])
    return word[:i] + (hit.upper() if word[i].isupper() else hit) + word[i + 1 :]


def swap(word: str, rng: random.Random) -> str | None:
    """Two unlike letters side by side change places; the word's first and last letter stay."""
    letters = [i for i, c in enumerate(word) if c.isalpha()]
    inner = [i for i in letters[1:-2] if i + 1 in letters[1:-1] and word[i] != word[i + 1]]
    if not inner:
        return None
    i = rng.choice(inner)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def delete(word: str, rng: random.Random) -> str | None:
    """A letter is left out, not the first; words of three letters and more."""
    letters = [i for i, c in enumerate(word) if c.isalpha()]
    if len(letters) < 3:
        return None
    i = rng.choice(letters[1:])
    return word[:i] + word[i + 1 :]


def ocr(word: str, rng: random.Random) -> str | None:
    """Letters become what a reader of scanned print takes them for."""
    if sum(c.isalnum() for c in word) < 2:
        return None
    ways = [(m.start(), seen, read) for seen, read in word_list("ocr")["pairs"] for m in re.finditer(seen, word)]
    if not ways:
        return None
    at, seen, read = rng.choice(ways)
    return word[:at] + str(read) + word[at + len(seen) :]


def casing(word: str, rng: random.Random) -> str | None:
    """The word in capitals, in small letters, or with every letter's case turned round; words of two letters and more."""
    if sum(c.isalpha() for c in word) < 2:
        return None
    ways = sorted({w for w in (word.upper(), word.lower(), word.swapcase()) if w != word})
    return rng.choice(ways) if ways else None


def code_switch(language: str) -> Edit:
    """Return the edit that puts a word of another language in the place of an English one, where the list knows it."""
    words = word_list("code_switching")["languages"][language]

    def edit(word: str, rng: random.Random) -> str | None:
        core = re.search(r"[A-Za-z]+", word)
        if core is None or core.group().lower() not in words:
            return None
        other = str(words[core.group().lower()])
        if core.group().isupper() and len(core.group()) > 1:
            other = other.upper()
        elif core.group()[0].isupper():
            other = other[0].upper() + other[1:]
        return word[: core.start()] + other + word[core.end() :]

    return edit


def edit_words(text: str, edit: Edit, rate: float, rng: random.Random) -> tuple[str, list[dict[str, object]]] | None:
    """Return the text with its share of words edited and what was changed, or None where too few words can be.

    Exactly `words_to_change` words differ, their number stays, and everything between them stays as it is.

    Example:
        >>> edit_words("my card has not arrived", casing, 0.4, random.Random(1))
        ('my card HAS NOT arrived', [{'at': 2, 'from': 'has', 'to': 'HAS'}, {'at': 3, 'from': 'not', 'to': 'NOT'}])
    """
    words = list(_WORD.finditer(text))
    want = words_to_change(len(words), rate)
    order = list(range(len(words)))
    rng.shuffle(order)
    edited: dict[int, str] = {}
    for i in order:
        if len(edited) == want:
            break
        new = edit(words[i].group(), rng)
        if new and new != words[i].group():
            edited[i] = new
    if not words or len(edited) < want:
        return None
    parts, end = [], 0
    for i in sorted(edited):
        parts += [text[end : words[i].start()], edited[i]]
        end = words[i].end()
    changes: list[dict[str, object]] = [{"at": i, "from": words[i].group(), "to": edited[i]} for i in sorted(edited)]
    return "".join([*parts, text[end:]]), changes


def words_to_change(words: int, rate: float) -> int:
    """Return how many of so many words a rate means: the nearest whole number, and at least one.

    Example:
        >>> [words_to_change(n, 0.1) for n in (4, 10, 16)]
        [1, 1, 2]
    """
    return max(1, int(rate * words + 0.5))


def frame(kind: str, text: str, rng: random.Random) -> tuple[str, list[dict[str, object]]]:
    """Return the text inside a sentence of the list `frames`, and which."""
    found = str(rng.choice(word_list("frames")[kind]))
    return found.replace("{text}", text), [{"at": None, "from": None, "to": found}]


EDITS: dict[str, Edit] = {"typo": typo, "swap": swap, "delete": delete, "ocr": ocr, "casing": casing}
FRAMES = ("negation", "garden_path", "out_of_distribution")
