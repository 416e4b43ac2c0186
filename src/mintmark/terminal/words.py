"""Numbers, money, time and foreign text in a form that is safe and pleasant to read in a terminal."""

from __future__ import annotations

import unicodedata

_REORDER = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that show what follows in another order than it stands."""


def printable(text: str) -> str:
    """Return text whose control characters are visible, so that a model's reply cannot steer the terminal.

    Example:
        >>> printable("a\\x1b[2Jb\\n")
        'a␛[2Jb\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or not _steers(c) else _picture(c) for c in text)


def _steers(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cs") or c in _REORDER or "\U000e0000" <= c <= "\U000e007f"


def _picture(c: str) -> str:
    return chr(0x2400 + ord(c)) if ord(c) < 0x20 else "␡" if c == "\x7f" else "\ufffd"


def duration(seconds: float) -> str:
    """Return a length of time for a reader.

    Example:
        >>> duration(4.21), duration(64), duration(7300)
        ('4.2 s', '1 min 04 s', '2 h 01 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def cost(dollars: float, unpriced: int) -> str:
    """Return dollars for a reader; an unknown price is said, never taken as zero.

    Example:
        >>> cost(0.0, 3), cost(0.0123, 0), cost(0.0, 0)
        ('price unknown', '$0.0123', '$0')
    """
    if not dollars:
        return "price unknown" if unpriced else "$0"
    return f"${dollars:.4f}" + (f" + {unpriced:,} calls of unknown price" if unpriced else "")
