"""The aspects of a report, in its order, and how all of them are asked."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence

from ..core.errors import MintmarkError, MissingExtra, nearest
from ..core.finding import Finding
from .claim import Claim, settle
from .subject import Subject

ASPECTS: dict[str, tuple[str, ...]] = {
    "fidelity": ("fidelity", "profiles", "overfit"),
    "diversity": ("diversity",),
    "utility": ("utility",),
    "promise": ("promise",),
    "grounding": ("grounding",),
    "labels": ("labels",),
    "contamination": ("contamination",),
    "copying": ("copying", "pii"),
    "bias": ("bias",),
    "safety": ("safety",),
    "collapse": ("collapse",),
    "process": ("process", "asked"),
}
"""Aspect to its modules, each with an `examine(subject)`."""

ALONE: tuple[str, ...] = ("diversity", "labels", "contamination", "copying", "bias", "safety")
"""Aspects that say something of a set with nothing to hold it against: real data are examined by them too."""


def examine(
    subject: Subject, only: Iterable[str] | None = None, *, tell: Callable[[str], None] | None = None
) -> list[Finding]:
    """Return the findings of all aspects, or of those named; verdicts are corrected for all claims together.

    Args:
        only: aspect names; all where None.
        tell: told the name of each aspect before it is asked.

    Raises:
        MintmarkError: for an aspect that does not exist.
        MissingExtra: without the packages of the extra `evaluate`.
    """
    found: list[Claim | Finding] = []
    for aspect in chosen(only):
        if tell is not None:
            tell(aspect)
        for module in ASPECTS[aspect]:
            found += _ask(module, subject)
    return [_commanded(f, subject.command) for f in settle(found)]


def chosen(only: Iterable[str] | None) -> Sequence[str]:
    """Return the aspects asked for, in the order of the report.

    Example:
        >>> chosen(["bias", "fidelity"])
        ['fidelity', 'bias']
    """
    if only is None:
        return list(ASPECTS)
    wanted = set(only)
    for name in sorted(wanted - ASPECTS.keys()):
        raise MintmarkError("no such aspect", got=name, remedy=nearest(name, ASPECTS), allowed=list(ASPECTS))
    return [a for a in ASPECTS if a in wanted]


def _ask(module: str, subject: Subject) -> list[Claim | Finding]:
    asked = importlib.import_module(f".{module}", __package__)
    try:
        found: list[Claim | Finding] = asked.examine(subject)
    except ModuleNotFoundError as e:
        if e.name and e.name.partition(".")[0] in ("sklearn", "scipy", "altair", "vl_convert"):
            raise MissingExtra(e.name.partition(".")[0], "evaluate", where="evaluate") from e
        raise
    return found


def _commanded(finding: Finding, command: str) -> Finding:
    if finding.command:
        return finding
    return finding.model_copy(update={"command": f"{command} --aspect {finding.aspect}"})
