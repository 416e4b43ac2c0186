"""Arithmetic in texts: worked out exactly, never run as code."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from ..core.outcome import Fate

MAX_CHARS = 300
MAX_BITS = 2048
_SIGNS = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "[": "(", "]": ")", "$": "", "€": "", "£": ""}
)
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+"
_FIGURE = re.compile(rf"(?<![\w.]){_NUMBER}")
_PERCENT = re.compile(rf"({_NUMBER})\s*%(?!\s*[\d(.])")
_TIMES = re.compile(r"(?<=[\d)])\s*[xX]\s*(?=[\d(.])")
_MARKED = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
_PART = rf"(?:{_NUMBER}|[$€£()\[\]%+*/×·÷−–^-]|(?<=[\d)\]\s])[xX](?=[\s\d(\[]))"
_EQUATION = re.compile(
    rf"((?:{_PART}[ \t]*)*[+*/×·÷−–^xX%-][ \t]*(?:{_PART}[ \t]*)+)=[ \t]*([$€£]?[ \t]*-?[ \t]*[$€£]?(?:{_NUMBER})%?)"
)
_FINAL = re.compile(
    rf"(?:####|\banswer\b[^\d\n-]*?(?:is|:|=))[ \t]*\**[ \t]*(-?[ \t]*[$€£]?[ \t]*-?(?:{_NUMBER})%?)", re.IGNORECASE
)
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_GOES_ON = re.compile(r"[A-Za-z](?![A-Za-z])|[ \t]*[-+*/×÷−=^(\d]")
"""After a right side: an unknown, another sign, the rest of a mixed number."""
WORDS: dict[str, Fraction] = {
    **{word: Fraction(n) for n, word in enumerate(_UNITS.split())},
    **{word: Fraction(10 * n) for n, word in enumerate(_TENS.split(), 2)},
    "hundred": Fraction(100), "thousand": Fraction(1000), "dozen": Fraction(12), "dozens": Fraction(12), "pair": Fraction(2),
    "pairs": Fraction(2), "twice": Fraction(2), "double": Fraction(2), "doubles": Fraction(2), "half": Fraction(1, 2),
    "triple": Fraction(3), "quarter": Fraction(1, 4), "third": Fraction(1, 3), "a": Fraction(1), "an": Fraction(1),
}  # fmt: skip
"""Words that stand for a number."""
CONVERSIONS = frozenset(map(Fraction, (2, 7, 10, 12, 24, 52, 60, 100, 365, 1000)))
"""Numbers that a calculation may use though no text says them: days, hours, months, per cent."""


class NotArithmetic(ValueError):
    """A text that is no arithmetic of plain numbers, or too large to work out."""


def value_of(text: str) -> Fraction:
    """Return the exact value of an expression of numbers with + - * / // % ** and parentheses.

    Signs of currency and thousands are passed by, `x`, `×` and `÷` are read as they are meant, and `20%` is 0.2.

    Raises:
        NotArithmetic: for anything else: a name, a call, a division by zero, a number of more than `MAX_BITS` bits.

    Example:
        >>> value_of("$1,200 / (3 x 4)"), value_of("20% * 50")
        (Fraction(100, 1), Fraction(10, 1))
    """
    clean = _TIMES.sub("*", text.translate(_SIGNS))
    clean = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", clean)
    clean = re.sub(r"(?<![\w.])0+(?=\d)", "", _PERCENT.sub(r"(\1/100)", clean)).strip()
    if not clean or len(clean) > MAX_CHARS:
        raise NotArithmetic(f"no expression of 1 to {MAX_CHARS} characters")
    try:
        return _value(ast.parse(clean, mode="eval").body, clean)
    except (SyntaxError, RecursionError, MemoryError, ZeroDivisionError) as error:
        raise NotArithmetic(f"`{text.strip()}`: {type(error).__name__}") from None


def _value(node: ast.expr, text: str) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        # By its digits: a float would already have lost some.
        found = Fraction(ast.get_source_segment(text, node) or str(node.value))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand, text)
        found = -inner if isinstance(node.op, ast.USub) else inner
    elif isinstance(node, ast.BinOp):
        found = _binary(node.op, _value(node.left, text), _value(node.right, text))
    else:
        raise NotArithmetic(f"`{ast.unparse(node)}` is no number")
    if max(found.numerator.bit_length(), found.denominator.bit_length()) > MAX_BITS:
        raise NotArithmetic("the value is too large")
    return found


def _binary(op: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return Fraction(left // right)
        case ast.Mod():
            return left % right
        case ast.Pow():
            size = max(left.numerator.bit_length(), left.denominator.bit_length(), 1)
            if right.denominator != 1 or abs(right) * size > MAX_BITS:
                raise NotArithmetic("a power that is not whole, or too large")
            return left ** int(right)
    raise NotArithmetic(f"{type(op).__name__} is no arithmetic")


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


def agrees(value: Fraction, stated: str) -> bool:
    """Say whether a stated number is `value`, or `value` rounded to as many decimals as it states; whole numbers are exact.

    What is stated in per cent may mean either: `30 + 64 = 94%` and `0.3 + 0.64 = 94%` both hold.

    Example:
        >>> agrees(Fraction(100, 3), "33.33"), agrees(Fraction(5, 2), "2")
        (True, False)
    """
    figure = stated.rstrip("% ")
    decimals = len(figure.partition(".")[2])
    said = value_of(figure)
    values = (value, 100 * value) if figure != stated.rstrip() else (value,)
    slack = Fraction(1, 2 * 10**decimals) if decimals else Fraction(0)
    return any(abs(v - said) <= slack for v in values)


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


def shown(value: Fraction) -> str:
    """Return a number as a person writes it: whole, with at most six decimals, or as a fraction.

    Example:
        >>> shown(Fraction(5, 2)), shown(Fraction(1, 3)), shown(Fraction(4))
        ('2.5', '1/3', '4')
    """
    whole = value * 10**6
    return (
        f"{float(value):.6f}".rstrip("0").rstrip(".") if whole.denominator == 1 and abs(whole) < 1 << 53 else str(value)
    )


def _blank(text: str) -> str:
    return _MARKED.sub(lambda m: " " * len(m[0]), text)


def stated_answer(text: str) -> str | None:
    """Return the final number that a text names: after `####` or "the answer is", else the last one in it.

    Example:
        >>> stated_answer("So 3 + 4 = 7.\\n#### 7"), stated_answer("It takes 1,200 days."), stated_answer("None.")
        ('7', '1,200', None)
    """
    named = _FINAL.findall(text)
    found = named or _FIGURE.findall(text)
    return "".join(found[-1].split()) if found else None


def strangers(expressions: Sequence[str], problem: str) -> list[str]:
    """Return the numbers of calculations that neither the problem says, nor an earlier result, nor a conversion of units.

    Example:
        >>> strangers(["3 * 4", "12 + 9"], "Three boxes hold 4 pens each.")
        ['9']
    """
    known = set(CONVERSIONS)
    known |= {WORDS[word] for word in re.findall(r"[a-z]+", problem.lower()) if word in WORDS}
    for figure in _FIGURE.findall(problem):
        known |= {value_of(figure), value_of(figure) / 100}
    found = []
    for expression in expressions:
        found += [figure for figure in _FIGURE.findall(expression) if value_of(figure) not in known]
        known.add(value_of(expression))
    return found
