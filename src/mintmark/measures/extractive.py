"""How much of a text is lifted from another: its extractive fragments, their coverage and density, and its names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .sentences import STOP_WORDS

Fragment = tuple[int, int, int]
# A capital inside a sentence: what comes before is a word, a comma or a bracket, not the text's or a sentence's start.
_NAME = re.compile(r"(?<=[\w,;:)'\u2019\"-]\s)[(\"'\u201c\u2018]?([A-Z][^\W\d_]+(?:['\u2019-][^\W\d_]+)*)")
_WORDS = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Extractiveness:
    """Attributes:
    coverage: share of the text's tokens that stand in a fragment shared with the source, in [0, 1].
    density: mean squared length of the fragments, by token of the text: near 1 for scattered words, n for n in a row.
    tokens: tokens of the text.
    """

    coverage: float
    density: float
    tokens: int


def fragments(text: Sequence[str], source: Sequence[str]) -> list[Fragment]:
    """Return the runs that a text shares with a source, read greedily from the left, as (start, source end, length).

    At each token the longest run is taken that stands anywhere in the source; a token that stands nowhere is passed over.
    Time and memory grow as the two lengths together, however often words repeat.

    Args:
        text, source: tokens.

    Reference: Grusky, Naaman, Artzi 2018, Newsroom, figure 4; the longest match by a suffix automaton, Blumer et al. 1985.

    Example:
        >>> fragments("the cat sat today".split(), "once the cat sat there".split())
        [(0, 4, 3)]
    """
    moves, ends = _automaton(source)
    found: list[Fragment] = []
    i = 0
    while i < len(text):
        state, length = 0, 0
        while i + length < len(text) and (step := moves[state].get(text[i + length])) is not None:
            state, length = step, length + 1
        if length:
            found.append((i, ends[state] + 1, length))
        i += max(1, length)
    return found


def extractiveness(text: Sequence[str], source: Sequence[str]) -> Extractiveness:
    """Return coverage and density of a text's extractive fragments; 0 and 0 for a text without a token.

    Reference: Grusky, Naaman, Artzi 2018, Newsroom, section 4.1.

    Example:
        >>> extractiveness("the cat sat today".split(), "once the cat sat there".split())
        Extractiveness(coverage=0.75, density=2.25, tokens=4)
    """
    n = len(text)
    if not n:
        return Extractiveness(0.0, 0.0, 0)
    lengths = [length for _, _, length in fragments(text, source)]
    return Extractiveness(sum(lengths) / n, sum(x * x for x in lengths) / n, n)


def ngram_precision(text: Sequence[str], source: Sequence[str], n: int = 1) -> float | None:
    """Return the share of a text's n-grams that stand in a source; None for a text shorter than n.

    Example:
        >>> ngram_precision("a cat sat".split(), "the cat sat".split(), 2)
        0.5
    """
    own = [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]
    if not own:
        return None
    there = {tuple(source[i : i + n]) for i in range(len(source) - n + 1)}
    return sum(g in there for g in own) / len(own)


def unsupported_names(text: str, source: str) -> list[str]:
    """Return the capitalised words inside a text's sentences that its source does not have in any case, in order.

    A rough eye for names: blind to scripts without capitals, to a name that opens a sentence, and fooled by German nouns.

    Example:
        >>> unsupported_names("It was painted by Vermeer, not by Rembrandt.", "A picture by Rembrandt.")
        ['Vermeer']
    """
    wanted = list(dict.fromkeys(_NAME.findall(text)))
    if not wanted:
        return []
    there = {_bare(w) for w in _WORDS.findall(source)}
    return [w for w in wanted if w.lower() not in STOP_WORDS and _bare(w) not in there]


def has_names(text: str) -> bool:
    """Return whether `unsupported_names` has anything to look at in a text."""
    return any(w.lower() not in STOP_WORDS for w in _NAME.findall(text))


def _bare(word: str) -> str:
    """Without case and the possessive: Rembrandt's is Rembrandt."""
    return re.sub(r"['\u2019]s?$", "", word.lower())


def _automaton(source: Sequence[str]) -> tuple[list[dict[str, int]], list[int]]:
    """Return the suffix automaton: each state's moves, and where in the source its first occurrence ends."""
    moves: list[dict[str, int]] = [{}]
    link, length, ends = [-1], [0], [-1]
    last = 0
    for at, token in enumerate(source):
        new = len(moves)
        moves.append({})
        length.append(length[last] + 1)
        link.append(0)
        ends.append(at)
        p = last
        while p != -1 and token not in moves[p]:
            moves[p][token] = new
            p = link[p]
        if p != -1:
            q = moves[p][token]
            if length[p] + 1 == length[q]:
                link[new] = q
            else:
                clone = len(moves)
                moves.append(dict(moves[q]))
                length.append(length[p] + 1)
                link.append(link[q])
                ends.append(ends[q])
                while p != -1 and moves[p].get(token) == q:
                    moves[p][token] = clone
                    p = link[p]
                link[q] = link[new] = clone
        last = new
    return moves, ends
