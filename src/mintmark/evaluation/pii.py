"""Personal identifiers in the rows, by type, beside how many real rows have them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from ..core.finding import Exhibit, Figure, Finding
from ..measures.intervals import two_shares_p, wilson
from ..measures.pii import TYPES, Identifier, find
from .claim import Claim, needs
from .exchange import at_least
from .figures import bars
from .subject import Corpus, Subject
from .twins import cut

ASPECT = "copying"
TOLERANCE = 0.001
"""The share of rows with an identifier that is borne where no reference says what is usual."""
NAMES = {
    "email": "an e-mail address", "phone": "a phone number", "card": "a payment card number", "iban": "an IBAN",
    "us_routing": "a US bank routing number", "us_ssn": "a US social security number", "ip": "a public IP address",
    "url_credentials": "a URL with a password",
}  # fmt: skip
METHOD = (
    "Form and checksum (Luhn, IBAN modulo 97, ABA); values reserved for examples, tests and private networks are not "
    "counted. Names and addresses have no such form and are not looked for."
)
REFERENCE = "ISO/IEC 7812-1 (Luhn); ISO 13616 (IBAN); RFC 2606, 5737, 3849 (reserved names and addresses)"


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return the share of rows with an identifier, over all types and for each."""
    if not any(subject.data.texts):
        return [needs(ASPECT, m, "rows with text", "There is no text that could hold personal identifiers.")
                for m in ("pii_share", *(f"pii_{t}_share" for t in TYPES))]  # fmt: skip
    mine = [find(text) for text in subject.data.texts]
    real = None
    if subject.reference is not None and any(subject.reference.texts):
        real = [find(text) for text in subject.reference.texts]
    figure = _figure(mine, real)
    claims = [_claim(subject, t, mine, real, figure if t is None else None) for t in (None, *TYPES)]
    # Types without a value are counts of 0, not claims; the chances of the others bear the correction for all types.
    met = sum(c.estimate.value > 0 for c in claims[1:])
    fair = [c if c is claims[0] else replace(c, p=min(1.0, c.chance * len(TYPES) / max(1, met))) for c in claims]
    return [c if c.estimate.value else _none(c) for c in fair]


def _none(claim: Claim) -> Finding:
    """Return a type that no row has as what it is, a count of 0: few rows are no open question of each type."""
    return Finding(
        aspect=ASPECT, metric=claim.metric, claim=claim.unclear, kind="fact", estimate=claim.estimate, null=claim.null,
        null_means=claim.null_means, method=claim.method, reference=claim.reference, details=claim.details,
    )  # fmt: skip


def _rows(found: list[list[Identifier]], kind: str | None) -> list[int]:
    return [i for i, row in enumerate(found) if any((kind is None or x.type == kind) and not x.reserved for x in row)]


def _claim(
    subject: Subject,
    kind: str | None,
    mine: list[list[Identifier]],
    real: list[list[Identifier]] | None,
    figure: Figure | None,
) -> Claim:
    rows = _rows(mine, kind)
    n = len(mine)
    estimate = wilson(len(rows), n)
    what = "a personal identifier" if kind is None else NAMES[kind]
    reserved = sum(x.reserved and (kind is None or x.type == kind) for row in mine for x in row)
    says = f"{len(rows):,} of {n:,} rows ({estimate.value:.2%}) hold {what}"
    if real is None:
        null, p, means = (
            wilson(0, n),
            at_least(len(rows), n, TOLERANCE),
            f"none; up to {TOLERANCE:.1%} of rows is borne",
        )
        margin = TOLERANCE
    else:
        theirs = len(_rows(real, kind))
        null, margin, means = wilson(theirs, len(real)), TOLERANCE, "rows of the reference"
        p = two_shares_p(len(rows), n, theirs, len(real))
        says += f"; {null.value:.2%} of the real rows do"
    again = _again(mine, subject.reference, real, kind)
    if again:
        says += f"; {again:,} of the values stand in the reference, letter for letter"
    if reserved:
        says += f"; {reserved:,} more are values reserved for examples and private use"
    counts = Counter(x.type for row in mine for x in row if not x.reserved)
    return Claim(
        ASPECT, "pii_share" if kind is None else f"pii_{kind}_share", "above", estimate, null, means, risk=f"{says}.",
        unclear=f"{says}.", benefit=f"{says}.", p=p, margin=margin, evidence=_exhibits(subject.data, mine, rows, kind),
        figure=figure if kind is None else None,
        method=METHOD, reference=REFERENCE,
        details={"values": dict(counts) if kind is None else counts[kind], "reserved": reserved, "in_reference": again},
    )  # fmt: skip


def _again(
    mine: list[list[Identifier]], reference: Corpus | None, real: list[list[Identifier]] | None, kind: str | None
) -> int:
    """Return how many different values of the data the reference has too."""
    if reference is None or real is None:
        return 0

    def values(found: list[list[Identifier]]) -> set[tuple[str, str]]:
        return {(x.type, x.value.lower()) for row in found for x in row if not x.reserved and kind in (None, x.type)}

    return len(values(mine) & values(real))


def _exhibits(corpus: Corpus, found: list[list[Identifier]], rows: list[int], kind: str | None) -> list[Exhibit]:
    chosen = rows
    if kind is None:
        # One row of each type first: the commonest type is not to hide the others.
        first = {next(x.type for x in found[i] if not x.reserved): i for i in reversed(rows)}
        chosen = list(dict.fromkeys([*first.values(), *rows]))
    shown = []
    for i in chosen[:5]:
        seen = [x for x in found[i] if not x.reserved and kind in (None, x.type)]
        at = seen[0].start
        text = masked(corpus.texts[i], found[i])
        shift = len(masked(corpus.texts[i][:at], [x for x in found[i] if x.end <= at])) - at
        begin = max(0, at + shift - 200)
        note = cut(", ".join(f"{x.type} {x.masked}" for x in seen[:3]))
        shown.append(Exhibit(text=cut(("\u2026" if begin else "") + text[begin:]), id=corpus.ids[i], note=note))
    return shown


def masked(text: str, found: list[Identifier]) -> str:
    """Return a text with the middle of each identifier hidden.

    Example:
        >>> masked("Write to jo.smith@mail.org now", find("Write to jo.smith@mail.org now"))
        'Write to jo.…org now'
    """
    parts, at = [], 0
    for one in found:
        parts += [text[at : one.start], one.value if one.reserved else one.masked]
        at = one.end
    return "".join([*parts, text[at:]])


def _figure(mine: list[list[Identifier]], real: list[list[Identifier]] | None) -> Figure:
    rows = []
    for kind in TYPES:
        for series, found in (("data", mine), ("reference", real)):
            if found:
                share = float(np.mean([any(x.type == kind and not x.reserved for x in row) for row in found]))
                rows.append({"label": kind, "value": share, "series": series})
    return bars("Rows with an identifier", rows, percent=True)
