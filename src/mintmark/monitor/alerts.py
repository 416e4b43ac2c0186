"""Alerts: what of a report asks for somebody, what is new since the last look, and the exit code."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from ..core.errors import RunError, RunLocked
from ..core.gate import Decision, Policy
from ..core.store import write_atomically
from .series import Report

QUIET, ALERT, UNJUDGED = 0, 1, 2
"""Exit codes: nothing to do, an alert, or something could not be judged."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Alert(_Frozen):
    """Something that asks for somebody.

    Attributes:
        name: the metric, or the policy's rule.
        since: the newest version when it was first raised.
        seen: at how many looks in a row it was there.
    """

    name: str
    why: str
    since: str
    seen: int = 1


class State(_Frozen):
    """What a monitor remembers from look to look."""

    format: Literal[1] = 1
    looks: int = 0
    newest: str = ""
    digest: str = ""
    """Of the newest version's texts."""
    alerts: tuple[Alert, ...] = ()
    exit_code: int = QUIET
    at: str = ""
    """When the last look was, as the caller says it."""


class Outcome(_Frozen):
    """What came of one look.

    Attributes:
        new, going_on: alerts raised at this look, and those that were there at the last.
        cleared: alerts of the last look that are gone.
        unjudged: what could not be judged, and what it would need.
        decision: what came of each rule, where a policy was given.
    """

    new: tuple[Alert, ...] = ()
    going_on: tuple[Alert, ...] = ()
    cleared: tuple[Alert, ...] = ()
    unjudged: tuple[str, ...] = ()
    exit_code: int = QUIET
    decision: Decision | None = None
    state: State = State()

    @property
    def summary(self) -> str:
        """One sentence on what came of it."""
        alerts = len(self.new) + len(self.going_on)
        if self.exit_code == ALERT:
            word = "alert" if alerts == 1 else "alerts"
            return f"{alerts} {word}, {len(self.new)} of them new."
        if self.exit_code == UNJUDGED:
            return f"No alert, but {len(self.unjudged)} could not be judged."
        return "No alert." + (f" {len(self.cleared)} cleared since the last look." if self.cleared else "")


def raise_alerts(report: Report, policy: Policy | None = None, last: State | None = None, *, at: str = "") -> Outcome:
    """Return the alerts of a report, and which of them are new.

    With a policy, a rule that is broken is an alert and a rule that cannot be judged makes exit code 2. Without one,
    every risk beyond chance is an alert, and drift or staleness that cannot be judged makes exit code 2.

    Args:
        last: what the last look left; nothing where this is the first.
        at: when this look is, for the record; nothing depends on it.
    """
    last = last or State()
    newest = report.versions[-1] if report.versions else None
    name = newest.name if newest else ""
    decision = policy.judge(report.now) if policy is not None else None
    if decision is not None:
        raised = {c.name: f"{c.why} (rule: {c.rule}; found: {c.found})" for c in decision.checks if c.outcome == "fail"}
        unjudged = [f"{c.name}: {c.why}" for c in decision.checks if c.outcome == "not judged"]
    else:
        raised = {f.name: f.claim for f in report.now if f.kind == "risk"}
        open_ = [f for f in report.now if f.needs and f.aspect in ("drift", "staleness")]
        unjudged = list(dict.fromkeys(f"{f.claim} It needs {f.needs}." for f in open_))
    known = {a.name: a for a in last.alerts}
    alerts = [
        Alert(name=k, why=why, since=known[k].since, seen=known[k].seen + 1) if k in known
        else Alert(name=k, why=why, since=name)
        for k, why in raised.items()
    ]  # fmt: skip
    code = ALERT if alerts else UNJUDGED if unjudged else QUIET
    return Outcome(
        new=tuple(a for a in alerts if a.name not in known), going_on=tuple(a for a in alerts if a.name in known),
        cleared=tuple(a for a in last.alerts if a.name not in raised), unjudged=tuple(unjudged), exit_code=code,
        decision=decision,
        state=State(
            looks=last.looks + 1, newest=name, digest=newest.digest if newest else "", alerts=tuple(alerts),
            exit_code=code, at=at,
        ),
    )  # fmt: skip


@contextlib.contextmanager
def held(path: str | Path) -> Iterator[State]:
    """Hold a monitor's state file for one process and give what it remembers; the lock falls with the process.

    Nothing is written here: `remember` does, at once and whole, so that a look which is killed leaves the last state.

    Raises:
        RunLocked: where another look is going on.
        RunError: where the file cannot be read, or is none of ours.
    """
    path = Path(path)
    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as e:
        raise RunError(f"cannot be written: {e.strerror}", where=str(lock)) from e
    try:
        try:
            # The file stays when the lock falls: were it removed, two later looks could each hold one of its name.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(handle, 32, 0).decode(errors="replace").strip()
            raise RunLocked(
                "another look is going on", where=str(path), got=f"process {owner or '?'}",
                remedy="nothing is lost: the next one will see everything",
            ) from None  # fmt: skip
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield recall(path)
    finally:
        os.close(handle)


def recall(path: str | Path) -> State:
    """Return what the last look left; an empty state where there was none.

    Raises:
        RunError: where the file cannot be read, or is none of ours.
    """
    path = Path(path)
    try:
        return State.model_validate(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return State()
    except OSError as e:
        raise RunError(f"cannot be read: {e.strerror}", where=str(path)) from e
    except (orjson.JSONDecodeError, ValidationError) as e:
        raise RunError(
            "is not a state that this version reads", where=str(path), remedy="move it away to begin anew"
        ) from e


def remember(path: str | Path, state: State) -> None:
    """Write the state, all of it or nothing.

    Raises:
        RunError: where it cannot be written; the last state stays.
    """
    write_atomically(Path(path), orjson.dumps(state.model_dump(mode="json"), option=orjson.OPT_INDENT_2))
