"""Arithmetic in texts: worked out exactly, never run as code."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

MAX_CHARS = 300
MAX_BITS = 2048
_SIGNS = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "[": "(", "]": ")", "$": "", "€": "", "£": ""}
)
NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+"
FIGURE = re.compile(rf"(?<![\w.]){NUMBER}")
_PERCENT = re.compile(rf"({NUMBER})\s*%(?!\s*[\d(.])")
_TIMES = re.compile(r"(?<=[\d)])\s*[xX]\s*(?=[\d(.])")
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS: dict[str, Fraction] = {
    **{word: Fraction(n) for n, word in enumerate(_UNITS.split())},
    **{word: Fraction(10 * n) for n, word in enumerate(_TENS.split(), 2)},
    "hundred": Fraction(100), "thousand": Fraction(1000), "dozen": Fraction(12), "dozens": Fraction(12), "pair": Fraction(2),
    "pairs": Fraction(2), "twice": Fraction(2), "double": Fraction(2), "doubles": Fraction(2), "half": Fraction(1, 2),
    "triple": Fraction(3), "quarter": Fraction(1, 4), "third": Fraction(1, 3), "a": Fraction(1), "an": Fraction(1),
}  # fmt: skip
"""Words that stand for a number."""


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


def numbers_in(text: str) -> list[Fraction]:
    """Return the numbers that a text says, in figures or in words from two up; "one" and "a" may be no number.

    Example:
        >>> numbers_in("Two boys share 1,200 marbles, one after the other.")
        [Fraction(2, 1), Fraction(1200, 1)]
    """
    words = {word: value for word, value in WORDS.items() if value != 1}
    places = [(m.start(), value_of(m[0])) for m in FIGURE.finditer(text)]
    places += [(m.start(), words[m[0].lower()]) for m in re.finditer(r"[A-Za-z]+", text) if m[0].lower() in words]
    return [value for _, value in sorted(places)]
