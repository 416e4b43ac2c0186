"""Every error that Mintmark raises on purpose.

    MintmarkError                    a message of: where, what, got, allowed, remedy
    ├── RecipeError                  a recipe that cannot mean anything: file, line and field are named
    │   └── CapabilityError          a step asks its model for what the model cannot do
    ├── SourceError                  an input that cannot be read at all (a bad row is data, not an error)
    ├── MissingExtra                 an optional package is not installed; the message is the install line
    ├── ModelError                   a model that cannot be used
    │   ├── ModelNotInstalled        the weights are not on this machine
    │   ├── ModelUnavailable         the server stayed away longer than `outage_timeout_s`
    │   └── SandboxUnavailable       this machine cannot isolate the code that a recipe would run
    ├── RunError                     a run that cannot go on; what was done stays in its folder
    │   ├── RunExists                the folder holds a finished run of another recipe
    │   ├── RunLocked                another process is working in the folder
    │   ├── TooManyFailed            more rows failed than `max_failed` allows
    │   ├── ReplayMiss               a replay needed a call that the log does not hold
    │   └── Interrupted              Ctrl-C: everything in flight was finished and written
    └── PublishError                 an export or a card that cannot be written

`RowFailure` and `Pending` are not errors of the user: they are how a row operator tells the engine that a
row could not be decided, or that it waits for a reply that comes later.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MintmarkError(Exception):
    """A mistake that can be explained: printed without a traceback by the command line.

    Example:
        >>> str(MintmarkError("threshold must be in (0, 1]", where="step 3 (curate.minhash)", got=1.8))
        'step 3 (curate.minhash): threshold must be in (0, 1], got 1.8'
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        got: object = None,
        allowed: Iterable[str] | str | None = None,
        remedy: str = "",
    ) -> None:
        self.what, self.where, self.got, self.remedy = what, where, got, remedy
        self.allowed = allowed
        text = f"{where}: {what}" if where else what
        if got is not None:
            text += f", got {got!r}"
        if allowed:
            text += f"; allowed: {allowed if isinstance(allowed, str) else ', '.join(allowed)}"
        if remedy:
            text += f"; {remedy}"
        super().__init__(text)


class RecipeError(MintmarkError):
    """A recipe that cannot mean anything."""


class CapabilityError(RecipeError):
    """A step asks its model for something the model cannot do."""


class SourceError(MintmarkError):
    """An input that cannot be read at all."""


class MissingExtra(MintmarkError):
    """An optional package is needed: the message holds the exact install line."""

    def __init__(self, package: str, extra: str, *, where: str = "") -> None:
        super().__init__(
            f"needs the package `{package}`",
            where=where,
            remedy=f"run `pip install 'mintmark[{extra}]'`",
        )


class ModelError(MintmarkError):
    """A model that cannot be used."""


class ModelNotInstalled(ModelError):
    """The weights are not on this machine."""


class ModelUnavailable(ModelError):
    """The server stayed away longer than the outage limit; no row was failed for it."""

    exit_code = 6


class SandboxUnavailable(ModelError):
    """This machine cannot isolate code, so none is run."""


class RunError(MintmarkError):
    """A run that cannot go on; what was done stays in its folder."""


class RunExists(RunError):
    """The folder holds a finished run of another recipe."""


class RunLocked(RunError):
    """Another process is working in the folder."""


class TooManyFailed(RunError):
    """More rows failed than `max_failed` allows."""

    exit_code = 5


class ReplayMiss(RunError):
    """A replay needed a call that the log does not hold."""


class Interrupted(RunError):
    """Ctrl-C: everything in flight was finished and written down."""

    exit_code = 130


class PublishError(MintmarkError):
    """An export or a card that cannot be written."""


class RowFailure(Exception):
    """Raised inside a row operator: this row cannot be decided and goes to `failed`."""

    def __init__(self, reason: str, detail: object = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Pending(Exception):
    """Raised by a call whose reply comes later (a batch job, a person): the row is parked."""

    def __init__(self, key: str, job: str) -> None:
        super().__init__(key, job)
        self.key, self.job = key, job


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean `x`?" for the known name closest to `name`, or "".

    Example:
        >>> nearest("treshold", ["threshold", "on"])
        'did you mean `threshold`?'
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else ""
