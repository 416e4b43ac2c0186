"""What a card may claim: each fact read off the recipe or the counts, and what nobody checked said as such."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import MintmarkError
from ..core.registry import get_operator

_KNOWN = """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause
    bsd-3-clause bsd-3-clause-clear cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0
    cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
    cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 ecl-2.0 epl-1.0 epl-2.0
    etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0
    odc-by odbl osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl wtfpl
"""
HUB_LICENSES = frozenset(_KNOWN.split())
"""Names that dataset hubs know; another licence is `other` with its name beside it."""

TASKS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"question", "answer"}), "question-answering"),
    (frozenset({"messages"}), "text-generation"),
    (frozenset({"instruction", "response"}), "text-generation"),
    (frozenset({"chosen", "rejected"}), "text-generation"),
    (frozenset({"text", "label"}), "text-classification"),
    (frozenset({"query", "document"}), "text-retrieval"),
)
"""Column roles that together say what a dataset is for."""

CHECKS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("curate.grounding", "curate.judge"), "whether what the rows say is true or follows from its source"),
    (("curate.exact", "curate.minhash"), "duplicates and near duplicates among the rows"),
    (("curate.length", "curate.expression"), "the rows' length and form"),
)
"""Steps that check something, and what remains unchecked without any of them."""

NEVER = (
    "Nothing here measures what the rows are worth for training, or compares them with real data: `mintmark evaluate` does.",
    "Nothing here looks for personal data, bias, harmful content, or rows that also stand in benchmarks.",
    "A replay from the call log gives the same bytes; asking the models anew need not.",
)
FILTERED = "A row that passed a filter passed that filter, no more: filters err, and a model that judges errs too."


def licenses(recipe: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Return what the source and every side input declare, None where they declare nothing."""
    entries = {"source": recipe["source"], **{f"input `{k}`": v for k, v in (recipe.get("inputs") or {}).items()}}
    found = []
    for where, entry in entries.items():
        ((name, fields),) = entry.items()
        found.append((f"{where} (`{name}`)", (fields or {}).get("license")))
    return found


def file_license(declared: Sequence[str | None]) -> dict[str, str] | None:
    """Return the front matter of a licence that every source declares alike; None where they differ or say nothing.

    Example:
        >>> file_license(["Apache-2.0"]), file_license(["public domain"]), file_license(["MIT", None])
        ({'license': 'apache-2.0'}, {'license': 'other', 'license_name': 'public domain'}, None)
    """
    one = set(declared)
    if len(one) != 1 or None in one:
        return None
    (license,) = one
    license = " ".join(str(license).split())
    known = license.lower()
    return {"license": known} if known in HUB_LICENSES else {"license": "other", "license_name": license}


def size_category(rows: int) -> str:
    """Return the hub's name for a number of rows.

    Example:
        >>> size_category(999), size_category(1000), size_category(250_000)
        ('n<1K', '1K<n<10K', '100K<n<1M')
    """
    names = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
    at = sum(rows >= 10 ** (3 + i) for i in range(len(names)))
    return f"n<{names[0]}" if at == 0 else f"n>{names[-1]}" if at == len(names) else f"{names[at - 1]}<n<{names[at]}"


def tasks(roles: Iterable[str]) -> list[str]:
    """Return what the columns' roles make the dataset fit for, by the hub's names; none where they do not say."""
    there = set(roles)
    return sorted({task for needed, task in TASKS if needed <= there})


def stopped(content: Mapping[str, Any]) -> str:
    """Return why the run ended, as a sentence."""
    kept, short = f"{content['kept']:,} rows", content["short"]
    why = {
        "rows": "The run ended when it had the rows that were asked for",
        "source": "The run ended with its source",
        "budget": "The run ended with its budget",
        "max_rounds": "The run ended after the most rounds it was allowed",
        "no_gain": "The run ended after several rounds that gained nothing",
    }.get(content["stop"], "The run ended")
    return f"{why}: {short or kept}, from {content['taken']:,} source rows."


def cited(steps: Iterable[str]) -> list[tuple[str, str]]:
    """Return (step, reference) of every operator used that names one, each once, in the recipe's order."""
    found: dict[str, str] = {}
    for name in steps:
        try:
            text = reference_of(get_operator(name).__doc__ or "")
        except MintmarkError:  # an operator of a package that is not installed here
            continue
        if text:
            found[name] = text
    return list(found.items())


def reference_of(docstring: str) -> str:
    """Return the text of a docstring's `Reference:` section on one line, or "".

    Example:
        >>> reference_of("Drop short texts.\\n\\n    Reference: Rae et al. 2021,\\n        Gopher.\\n\\n    Example: x")
        'Rae et al. 2021, Gopher.'
    """
    at = re.search(r"^\s*References?:\s*(.*?)(?:\n\s*\n|\Z)", inspect.cleandoc(docstring), re.MULTILINE | re.DOTALL)
    return " ".join(at.group(1).split()) if at else ""


def limits(content: Mapping[str, Any]) -> list[str]:
    """Return what was not checked, as sentences."""
    used = {next(iter(step)) for step in content["recipe"]["steps"]}
    said = [
        f"No step of the kinds {', '.join(f'`{s}`' for s in steps)} ran: {what} may not have been checked."
        for steps, what in CHECKS
        if not used & set(steps)
    ]
    if used & {s for steps, _ in CHECKS for s in steps}:
        said.append(FILTERED)
    if content["short"]:
        said.append(f"It is smaller than was asked for: {content['short']}.")
    if content["calls"]["unpriced"]:
        said.append(f"The price of {content['calls']['unpriced']:,} calls is not known, and not counted.")
    return [*said, *NEVER]
