"""The tail of the vocabulary: rare real words that the data still have. Its loss is the first sign of collapse."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from ..measures.tokens import Vocabulary
from .claim import Claim, needs
from .exchange import around, exchanged
from .figures import bars
from .subject import Subject
from .twins import cut

RARE = 3
ROWS = 5000
REFERENCE = "Shumailov et al. 2024, AI models collapse when trained on recursively generated data"


def tail(subject: Subject) -> Claim | Finding:
    """Return how much of the mass of rare real words the data keep, beside a held-out part of the real rows.

    The reference is split in two. Words that the first half has one to three times are its tail; how much of it
    the other half has again is the null, and how much the data have, on as many words, the estimate.
    """
    assert subject.reference is not None
    real = [t for t in subject.reference.tokens if t]
    data = [i for i, t in enumerate(subject.data.tokens) if t]
    rng = np.random.default_rng(subject.seed)
    order = rng.permutation(len(real))
    half = min(len(real) // 2, ROWS)
    first, held = order[:half], order[half : 2 * half]
    size = min(half, len(data))
    held, mine = held[:size], rng.permutation(np.array(data))[:size]
    vocabulary = Vocabulary()
    counts = np.bincount(vocabulary.read(w for i in first.tolist() for w in real[i]))
    kinds = len(counts)
    weight = np.where(counts <= RARE, counts, 0)
    if weight.sum() < 100:
        return needs(
            "diversity", "tail_mass_kept", "a reference with more words", "The reference has too few rare words."
        )
    pool = [subject.data.tokens[i] for i in mine.tolist()] + [real[i] for i in held.tolist()]
    lengths = np.fromiter(map(len, pool), np.int64, len(pool))
    read = vocabulary.read(w for row in pool for w in row)
    owner = np.repeat(np.arange(len(pool)), lengths)
    rare = (read < kinds) & (weight[np.minimum(read, kinds - 1)] > 0)
    read, owner = read[rare], owner[rare]
    members = np.arange(len(pool)) < len(mine)

    def kept(chosen: npt.NDArray[np.bool_], words: int) -> float:
        cum = np.cumsum(np.where(chosen, lengths, 0))
        use = chosen & (cum <= words)
        return float(weight[np.unique(read[use[owner]])].sum() / weight.sum())

    def lost(mask: npt.NDArray[np.bool_]) -> float:
        words = min(int(lengths[mask].sum()), int(lengths[~mask].sum()))
        return kept(~mask, words) - kept(mask, words)

    words = min(int(lengths[members].sum()), int(lengths[~members].sum()))
    chance = exchanged(lost, members, seed=subject.seed)
    spread = chance.spread / np.sqrt(2)
    how = "spread under exchange of rows"
    estimate = around(kept(members, words), spread, size, how)
    null = around(kept(~members, words), spread, size, how)
    names = vocabulary.words
    seen = {w for i in data for w in subject.data.tokens[i]}
    gone = [cut(names[k]) for k in np.flatnonzero(weight).tolist() if names[k] not in seen and names[k].isalpha()]
    shown = _rows(subject, gone)
    says = (
        f"{estimate.value:.0%} of the mass of rare real words (at most {RARE} times in {half:,} real rows) is met again "
        f"in {size:,} rows of the data; {null.value:.0%} in as many words of other real rows"
    )
    return Claim(
        "diversity", "tail_mass_kept", "below", estimate, null, "held-out real rows, as many words",
        risk=f"The tail is cut: {says}.", benefit=f"The tail is kept: {says}.", unclear=f"{says}.", p=chance.p,
        margin=0.03, evidence=shown, reference=REFERENCE,
        figure=bars("Rare real words met again", _by_count(weight, read, owner, members), percent=True,
                    caption="Words by how often the first half of the reference has them."),
        method=f"Words and signs that half of the reference has 1 to {RARE} times, weighed by their counts; the data and "
               f"the other half at {words:,} words each; chance by exchange of rows.",
        details={"missing_examples": gone[:40], "rows": size, "words": words},
    )  # fmt: skip


def _by_count(weight: npt.NDArray[np.int64], read: npt.NDArray[np.int64], owner: npt.NDArray[np.int64],
              members: npt.NDArray[np.bool_]) -> list[dict[str, object]]:  # fmt: skip
    rows: list[dict[str, object]] = []
    for times in range(1, RARE + 1):
        kinds = int((weight == times).sum())
        for series, chosen in (("data", members), ("reference", ~members)):
            there = np.unique(read[chosen[owner]])
            share = float((weight[there] == times).sum() / kinds) if kinds else 0.0
            rows.append({"label": f"{times} x", "value": share, "series": series})
    return rows


def _rows(subject: Subject, gone: list[str]) -> list[Exhibit]:
    """Return real rows with most words that the data lack."""
    assert subject.reference is not None
    lacking = set(gone)
    found = [(len(lacking & set(t)), -i) for i, t in enumerate(subject.reference.tokens)]
    shown = []
    for count, at in sorted(found, reverse=True)[:5]:
        if count:
            words = sorted(lacking & set(subject.reference.tokens[-at]))[:8]
            shown.append(Exhibit(text=cut(subject.reference.texts[-at]), id=subject.reference.ids[-at], of="reference",
                                 note="not in the data: " + ", ".join(map(cut, words))))  # fmt: skip
    return shown
