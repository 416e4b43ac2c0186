"""Worked solutions: the calculations that stand in a text, whether they hold, and whether they lead to its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from ..core.outcome import Fate
from .arithmetic import FIGURE, NUMBER, WORDS, NotArithmetic, agrees, shown, value_of

_MARKED = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
_PART = rf"(?:{NUMBER}|[$€£()\[\]%+*/×·÷−–^-]|(?<=[\d)\]\s])[xX](?=[\s\d(\[]))"
_EQUATION = re.compile(
    rf"((?:{_PART}[ \t]*)*[+*/×·÷−–^xX%-][ \t]*(?:{_PART}[ \t]*)+)=[ \t]*([$€£]?[ \t]*-?[ \t]*[$€£]?(?:{NUMBER})%?)"
)
_FINAL = re.compile(
    rf"(?:####|\banswer\b[^\d\n-]*?(?:is|:|=))[ \t]*\**[ \t]*(-?[ \t]*[$€£]?[ \t]*-?(?:{NUMBER})%?)", re.IGNORECASE
)
_GOES_ON = re.compile(r"[A-Za-z](?![A-Za-z])|[ \t]*[-+*/×÷−=^(\d]")
"""After a right side: an unknown, another sign, the rest of a mixed number."""
CONVERSIONS = frozenset(map(Fraction, (2, 7, 10, 12, 24, 52, 60, 100, 365, 1000)))
"""Numbers that a calculation may use though no text says them: days, hours, months, per cent."""


@dataclass(frozen=True, slots=True)
class Step:
    """One calculation as it stands in a text: what is calculated, what the text says it gives, its true value, and where it ends."""

    expression: str
    stated: str
    value: Fraction
    end: int

    @property
    def holds(self) -> bool:
        """Say whether the stated number is the true value, or that value rounded to the decimals that are stated."""
        return agrees(self.value, self.stated)


def steps_of(text: str) -> list[Step]:
    """Return the calculations of a text, in order: those marked `<<3*4=12>>` and those written out, `3 * 4 = 12`.

    An equation with a letter in it, or one that goes on after its right side, is algebra and no calculation.

    Raises:
        NotArithmetic: where a marked one is not arithmetic.

    Example:
        >>> [(s.expression, s.stated, s.holds) for s in steps_of("She pays 3 x $4 = $12, then 12 - 5 = 8.")]
        [('3 x $4', '$12', True), ('12 - 5', '8', False)]
    """
    found = [Step(m[1].strip(), m[2].strip(), value_of(m[1]), m.end()) for m in _MARKED.finditer(text)]
    plain = _blank(text)
    for m in _EQUATION.finditer(plain):
        before, after = plain[: m.start()], plain[m.end() : m.end() + 40]
        signed = m[1][0] in "+-*/×·÷−–^xX%"
        in_word = before.rstrip()[-1:].isalnum() if signed else before[-1:].isalnum()
        if in_word or (signed and m[1][0] not in "-−") or _GOES_ON.match(after):
            continue
        with suppress(NotArithmetic):  # brackets that do not match, or a sign read as one that is none: no calculation
            found.append(Step(m[1].strip(), m[2].strip(), value_of(m[1]), m.end()))
    return sorted(found, key=lambda step: step.end)


def verdict(text: str, answer: str | None = None) -> tuple[Fate, str, dict[str, str]]:
    """Return fate, reason and detail of a worked solution: whether its calculations hold and lead to its answer.

    Kept where every calculation holds and the answer is the last one's value. Dropped as `calculation_wrong` or `answer_differs`.
    Failed as `no_calculation`, `no_answer`, `not_arithmetic`, or `unread_calculation`, where an equation that cannot be read
    (one with words in it, say) stands after the last that can, and the answer may come from there.

    Args:
        answer: the final answer, where it is not in the text.

    Example:
        >>> verdict("6 x 7 = 42")[0], verdict("6 x 7 = 43")[1], verdict("6 x 7 = 42\\n#### 43")[1], verdict("It is 42.")[1]
        ('kept', 'calculation_wrong', 'answer_differs', 'no_calculation')
    """
    try:
        steps = steps_of(text)
        stated = stated_answer(text) if answer is None else stated_answer(answer)
        if not steps:
            return "failed", "no_calculation", {}
        if stated is None:
            return "failed", "no_answer", {}
        last = steps[-1]
        for step in steps:
            if not step.holds:
                return (
                    "dropped",
                    "calculation_wrong",
                    {"expression": step.expression, "stated": step.stated, "value": shown(step.value)},
                )
        if agrees(last.value, stated) or value_of(stated.rstrip("%")) == value_of(last.stated.rstrip("%")):
            return "kept", "", {}
        detail = {"answer": stated, "expression": last.expression, "value": shown(last.value)}
        unread = "=" in _blank(text)[last.end :]
        return ("failed", "unread_calculation", detail) if unread else ("dropped", "answer_differs", detail)
    except NotArithmetic as error:
        return "failed", "not_arithmetic", {"error": str(error)}


def stated_answer(text: str) -> str | None:
    """Return the final number that a text names: after `####` or "the answer is", else the last one in it.

    Example:
        >>> stated_answer("So 3 + 4 = 7.\\n#### 7"), stated_answer("It takes 1,200 days."), stated_answer("None.")
        ('7', '1,200', None)
    """
    named = _FINAL.findall(text)
    found = named or FIGURE.findall(text)
    return "".join(found[-1].split()) if found else None


def strangers(expressions: Sequence[str], problem: str) -> list[str]:
    """Return the numbers of calculations that neither the problem says, nor an earlier result, nor a conversion of units.

    Example:
        >>> strangers(["3 * 4", "12 + 9"], "Three boxes hold 4 pens each.")
        ['9']
    """
    known = set(CONVERSIONS)
    known |= {WORDS[word] for word in re.findall(r"[a-z]+", problem.lower()) if word in WORDS}
    for figure in FIGURE.findall(problem):
        known |= {value_of(figure), value_of(figure) / 100}
    found = []
    for expression in expressions:
        found += [figure for figure in FIGURE.findall(expression) if value_of(figure) not in known]
        known.add(value_of(expression))
    return found


def _blank(text: str) -> str:
    return _MARKED.sub(lambda m: " " * len(m[0]), text)
