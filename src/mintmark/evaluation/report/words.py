"""The words and signs that a report has for kinds, aspects and metrics."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.finding import Finding, Kind

KINDS: tuple[Kind, ...] = ("risk", "benefit", "question", "fact")
"""In the order in which a report shows them."""
WORD: dict[Kind, str] = {"risk": "Risk", "benefit": "Benefit", "question": "Open question", "fact": "Fact"}
MANY: dict[Kind, str] = {"risk": "risks", "benefit": "benefits", "question": "open questions", "fact": "facts"}
SIGN: dict[Kind, str] = {"risk": "▲", "benefit": "●", "question": "◇", "fact": "■"}
"""A shape of its own for each, so that no verdict is told by its colour alone."""

ASPECTS = (
    "fidelity", "diversity", "utility", "promise", "grounding", "labels", "contamination", "copying", "bias", "safety",
    "collapse", "process",
)  # fmt: skip
"""The aspects in the order in which a report shows them; unknown ones follow, sorted."""

_TITLES = {
    "labels": "Label quality",
    "copying": "Copying and memorisation",
    "safety": "Safety and poisoning",
    "promise": "Realism of the promise",
    "process": "Cost and process",
}
_UPPER = {
    "auc", "c2st", "prdc", "jsd", "pii", "pmi", "knn", "qa", "mauve", "bleu", "tstr", "trtr", "tsts", "f1", "kl", "llm",
    "bbq", "dcr", "nndr", "id", "tfidf", "mmlu", "gsm8k", "mbpp", "url", "urls", "svd",
    "kde", "ttr", "ks", "iban", "ssn", "ip", "us", "html", "json",
}  # fmt: skip


_NAMES = {
    "vendi": "Vendi",
    "humaneval": "HumanEval",
    "truthfulqa": "TruthfulQA",
    "ngram": "n-gram",
    "ngrams": "n-grams",
}


def aspect_title(aspect: str) -> str:
    """Return an aspect's heading.

    Example:
        >>> aspect_title("labels"), aspect_title("fidelity")
        ('Label quality', 'Fidelity')
    """
    return _TITLES.get(aspect) or words_of(aspect)


def words_of(name: str) -> str:
    """Return a snake_case name in words.

    Example:
        >>> words_of("c2st_auc"), words_of("near_duplicate_share")
        ('C2ST AUC', 'Near duplicate share')
    """
    parts = [p.upper() if p in _UPPER else _NAMES.get(p, p) for p in name.replace("-", "_").split("_") if p]
    text = " ".join(parts) or name
    return text if text.startswith("n-gram") else text[:1].upper() + text[1:]


def mid_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence: a small letter first, but for abbreviations.

    Example:
        >>> mid_sentence("Near copies"), mid_sentence("C2ST AUC")
        ('near copies', 'C2ST AUC')
    """
    first = title.split(" ", 1)[0]
    return (
        title
        if first[1:] != first[1:].lower() or first in _NAMES.values() or len(first) == 1
        else title[:1].lower() + title[1:]
    )


def aspects_of(findings: Sequence[Finding]) -> list[str]:
    """Return the aspects that findings have, in the report's order."""
    there = {f.aspect for f in findings}
    return [a for a in ASPECTS if a in there] + sorted(there - set(ASPECTS))


def chance(p: float) -> str:
    """Return a chance as a reader wants it.

    Example:
        >>> chance(0.00001), chance(0.034), chance(0.999)
        ('< 0.001', '0.034', '0.999')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 1 else "1"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Example:
        >>> counted(1, "risk"), counted(1200, "row"), counted(0, "query", "queries")
        ('1 risk', '1,200 rows', 'no queries')
    """
    return f"{count:,} {one}" if count == 1 else f"{f'{count:,}' if count else 'no'} {many or one + 's'}"


def listed(items: Sequence[str], most: int = 6) -> str:
    """Return items as a sentence lists them.

    Example:
        >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 1)
        ('a, b and c', 'a and 2 more')
    """
    kept = [*items] if len(items) <= most else [*items[:most], f"{len(items) - most:,} more"]
    return " and ".join([", ".join(kept[:-1]), kept[-1]] if len(kept) > 1 else kept)


def share(part: int, whole: int) -> str:
    """Return a share in percent.

    Example:
        >>> share(1, 8), share(1, 3000), share(0, 0)
        ('12.5 %', '0.03 %', '0 %')
    """
    percent = 100 * part / whole if whole else 0.0
    text = f"{percent:.1f}" if percent >= 0.1 else f"{percent:.2f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"
