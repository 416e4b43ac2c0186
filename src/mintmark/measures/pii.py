"""Personal identifiers in text, by form and checksum. What has neither (names, addresses) is not looked for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

TYPES = ("email", "phone", "card", "iban", "us_routing", "us_ssn", "ip", "url_credentials")


@dataclass(frozen=True)
class Identifier:
    """An identifier in a text.

    Attributes:
        start, end: where it stands, end exclusive.
        reserved: set apart for examples or private networks, so nobody's.
    """

    type: str
    value: str
    start: int
    end: int
    reserved: bool = False

    @property
    def masked(self) -> str:
        """The value with its middle hidden: enough to find it, too little to use it."""
        keep = max(1, min(4, len(self.value) // 5))
        return self.value[:keep] + "\u2026" + self.value[-keep:]


def luhn(digits: str) -> bool:
    """Return whether a number's last digit is its Luhn check digit; one random number in ten passes.

    Reference: ISO/IEC 7812-1, annex B.

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    turned = [int(d) for d in reversed(digits)]
    doubled = (2 * d - 9 if d > 4 else 2 * d for d in turned[1::2])
    return (sum(turned[::2]) + sum(doubled)) % 10 == 0


def iban_valid(iban: str) -> bool:
    """Return whether an IBAN without spaces has its check digits: 1 modulo 97. One random one in 97 passes.

    Reference: ISO 13616; ISO 7064, MOD 97-10.

    Example:
        >>> iban_valid("GB82WEST12345698765432"), iban_valid("GB82WEST12345698765433")
        (True, False)
    """
    turned = (iban[4:] + iban[:4]).upper()
    return turned.isascii() and turned.isalnum() and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def aba_valid(digits: str) -> bool:
    """Return whether nine digits are a US routing number: a Federal Reserve prefix and weights 3, 7, 1.

    Reference: American Bankers Association, Routing number policy.

    Example:
        >>> aba_valid("021000021"), aba_valid("021000022")
        (True, False)
    """
    prefix = int(digits[:2])
    known = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return known and sum(w * int(d) for w, d in zip((3, 7, 1) * 3, digits, strict=True)) % 10 == 0


def find(text: str) -> list[Identifier]:
    """Return the identifiers of a text, in order; where two overlap, the one that begins first, then the longer.

    Types with a checksum (card, IBAN, routing number) pass it. Numbers whose form is common to other things (SSN
    without dashes, routing numbers, phone numbers in loose groups) count only near a word that names them. Phone
    numbers are the least certain type.

    Example:
        >>> [(i.type, i.masked, i.reserved) for i in find("Ask jo.smith@mail.org or a@example.com")]
        [('email', 'jo.…org', False), ('email', 'a@…om', True)]
    """
    if "@" not in text and not _HINT.search(text):
        return []
    found: list[Identifier] = []
    for kind, pattern, check in _FORMS:
        if kind == "email" and "@" not in text:
            continue
        for match in pattern.finditer(text):
            reserved = check(match, text)
            if reserved is not None:
                found.append(Identifier(kind, match[0], match.start(), match.end(), reserved))
    kept: list[Identifier] = []
    for one in sorted(found, key=lambda i: (i.start, -i.end, TYPES.index(i.type))):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


# A check returns None where the match is no identifier, else whether it is reserved.
Check = Callable[["re.Match[str]", str], "bool | None"]
_HINT = re.compile(r"\d{4}|\d[^\w\n]{1,2}\d|::|[0-9a-fA-F]:[0-9a-fA-F]|://")
_RESERVED_NAMES = re.compile(
    r"(?:^|[.@])(?:example\.(?:com|net|org|edu)|[\w-]+\.(?:example|test|invalid|localhost)|localhost)$", re.IGNORECASE
)
_TEST_CARDS = frozenset(
    """4111111111111111 4012888888881881 4222222222222 4242424242424242 4000056655665556 5555555555554444 5105105105105100
    5200828282828210 2223003122003222 378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424
    3056930009020004 30569309025904 38520000023237 3530111333300000 3566002020360505 4000000000000002""".split()
)
_TEST_IBANS = frozenset({"GB82WEST12345698765432", "DE89370400440532013000", "GB29NWBK60161331926819",
                         "FR1420041010050500013M02606", "GB33BUKB20201555555555"})  # fmt: skip
_TEST_SSNS = frozenset({"078051120", "219099999", "123456789"})
_PHONE_WORD = re.compile(
    r"(?:\b(?:phones?|tel|telephone|mobile|cell|fax|call|calling|dial|text|sms|whatsapp|hotline|contact|reach|answering at"
    r"|office)\b[^.\n]{0,24})$|^\W{0,2}(?:office|fax|mobile)\b",
    re.IGNORECASE,
)
_SSN_WORD = re.compile(r"\b(?:ssn|social[ -]security)\b", re.IGNORECASE)
_ROUTING_WORD = re.compile(r"\b(?:routing|aba|rtn)\b", re.IGNORECASE)


def _near(text: str, match: re.Match[str], word: re.Pattern[str], reach: int = 48) -> bool:
    return word.search(text[max(0, match.start() - reach) : match.start()]) is not None


def _email(match: re.Match[str], text: str) -> bool | None:
    return _RESERVED_NAMES.search(match[0]) is not None


def _card(match: re.Match[str], text: str) -> bool | None:
    digits = re.sub(r"\D", "", match[0])
    if not 13 <= len(digits) <= 19 or not luhn(digits) or len(set(digits)) < 2:
        return None
    return digits in _TEST_CARDS


def _iban(match: re.Match[str], text: str) -> bool | None:
    compact = re.sub(r"\s", "", match[0]).upper()
    if not 15 <= len(compact) <= 34 or not iban_valid(compact):
        return None
    return compact in _TEST_IBANS


def _routing(match: re.Match[str], text: str) -> bool | None:
    return False if aba_valid(match[0]) and _near(text, match, _ROUTING_WORD) else None


def _ssn(match: re.Match[str], text: str) -> bool | None:
    digits = re.sub(r"\D", "", match[0])
    if digits[:3] in ("000", "666") or digits[0] == "9" or digits[3:5] == "00" or digits[5:] == "0000":
        return None
    if "-" not in match[0] and not _near(text, match, _SSN_WORD):
        return None
    return digits in _TEST_SSNS or "987654320" <= digits <= "987654329"


def _ip(match: re.Match[str], text: str) -> bool | None:
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return None
    if address.version == 4 and re.search(r"(?:\bv(?:ersion|er)?\.? ?|\brelease )$", text[: match.start()][-12:], re.I):
        return None
    if address.version == 4 and all(len(part) == 1 for part in match[0].split(".")):
        return None  # 1.2.3.4 is a version or an example more often than an address
    if address.version == 6 and sum(bool(p) for p in match[0].split(":")) < 3:
        return None
    return not address.is_global


def _url(match: re.Match[str], text: str) -> bool | None:
    return "." not in match["host"] or _RESERVED_NAMES.search(match["host"]) is not None


def _phone(match: re.Match[str], text: str) -> bool | None:
    digits = re.sub(r"\D", "", re.sub(r"(?:x|ext\.?) ?\d+$", "", match[0], flags=re.IGNORECASE))
    if not 6 <= len(digits) <= 15 or len(set(digits)) < 3:
        return None
    sure = match["sure"] is not None
    after = text[match.end() : match.end() + 10]
    named = _PHONE_WORD.search(text[max(0, match.start() - 48) : match.start()]) or re.match(
        r"\W{0,2}(?:office|fax|mobile|cell)\b", after, re.IGNORECASE
    )
    if not sure and not (named and (len(digits) > 6 or len(re.findall(r"\d+", match[0])) > 2)):
        return None
    return re.search(r"555[ .-]?01\d\d$", match[0]) is not None


_EXTENSION = r"(?: ?(?:x|ext\.?) ?\d{1,5})?"
_FORMS: tuple[tuple[str, re.Pattern[str], Check], ...] = (
    ("url_credentials", re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s/:@\"'<>]{1,64}:[^\s/@\"'<>]{1,64}@"
                                   r"(?P<host>[\w.-]{1,253})"), _url),
    ("email", re.compile(r"(?<![\w.+%-])[\w+%-](?:[\w.+%-]{0,62}[\w+%-])?@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"),
     _email),
    ("iban", re.compile(r"(?<![\w])[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]{4}){2,7}(?:[ ]?[A-Za-z0-9]{1,3})?(?![\w])"), _iban),
    ("card", re.compile(r"(?<![\w.-])[2-6](?:\d{12,18}|\d{3}(?:[ -]\d{4}){3}(?:[ -]?\d{1,3})?|\d{3}[ -]\d{6}[ -]\d{5})"
                        r"(?![\w-]|\.\d)"), _card),
    ("us_ssn", re.compile(r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}|\d{9})(?![\w-])"), _ssn),
    ("us_routing", re.compile(r"(?<![\w-])\d{9}(?![\w-])"), _routing),
    ("ip", re.compile(r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}(?![\w:]|\.\d)|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}"
                      r"(?![\w:.]))"), _ip),
    ("phone", re.compile(
        r"(?<![\w.$\u20ac\u00a3/+-])(?<!\d,)(?:"
        rf"(?P<sure>(?:(?:\+|00)[1-9]\d{{0,2}}[ .-]?)(?:\(\d{{1,4}}\)[ .-]?)?\d{{2,4}}(?:[ .-]?\d{{2,4}}){{1,4}}{_EXTENSION}"
        rf"|(?:1[ .-])?(?:\(\d{{3}}\) ?|\d{{3}}[.-])\d{{3}}[.-]\d{{4}}{_EXTENSION})"
        rf"|\(?\d{{2,5}}\)?(?:[ .-]?\(?\d{{2,8}}\)?){{1,5}}{_EXTENSION})(?![\w/%]|[.,-]\d)"), _phone),
)  # fmt: skip
