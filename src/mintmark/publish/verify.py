"""Verify: every hash of a run's manifest, computed again from the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..calls.keys import ResultsDigest
from ..calls.log import CallLog
from ..core.errors import RunError
from ..core.fingerprint import canonical, digest
from ..core.store import RunFolder
from .parts import groups


@dataclass(slots=True)
class Verification:
    """What was checked, and what does not hold.

    Attributes:
        problems: one sentence each, the file named first; empty where everything is as it was sealed.
        files: how many sealed files were hashed.
        calls: how many calls were compared with the log; None where the log is not there.
    """

    problems: list[str] = field(default_factory=list)
    files: int = 0
    calls: int | None = None


def verify(folder: str | Path) -> Verification:
    """Check a finished run against its manifest: a changed file, count or used call is found.

    Not covered: what the manifest itself does not seal (README.md, which people edit; events; times), and a manifest
    that was forged as a whole: who needs that keeps `content_digest` elsewhere.

    Raises:
        RunError: where the folder is no finished run.
    """
    run, found = RunFolder(folder), Verification()
    manifest = run.manifest()
    content = manifest.get("content")
    if not isinstance(content, dict) or digest(content) != manifest.get("content_digest"):
        found.problems.append("manifest.json: its content is not what its digest says")
    if not isinstance(content, dict):
        return found
    sealed, there = dict(content.get("files") or {}), run.hashes()
    found.files = len(there)
    for name in sorted(sealed.keys() | there.keys()):
        if name not in there:
            found.problems.append(f"{name}: is missing")
        elif name not in sealed:
            found.problems.append(f"{name}: was not there when the run was sealed")
        elif sealed[name] != there[name]:
            found.problems.append(f"{name}: its bytes have changed")
    if sealed.get("lineage.parquet") == there.get("lineage.parquet"):
        _check_calls(run, manifest, found)
    return found


def call_log_of(run: RunFolder, manifest: dict[str, Any]) -> Path | None:
    """Return where a run's call log stands, or None where it is not there (a run folder that was moved without it)."""
    named = run.path / str(manifest.get("process", {}).get("call_log") or "calls.sqlite")
    return next((p for p in (named, run.calls) if p.is_file()), None)


def _check_calls(run: RunFolder, manifest: dict[str, Any], found: Verification) -> None:
    path = call_log_of(run, manifest)
    if path is None:
        return
    name = path.name
    try:
        log = CallLog(path, read_only=True)
    except RunError as e:
        found.problems.append(f"{name}: {e.what}")
        return
    try:
        sealed, keys = ResultsDigest(), []
        for key, result, *_ in log.results(used_keys(run)):
            sealed.add(key, result)
            keys.append(key)
        found.calls = len(keys)
        if sealed.hex() != manifest["content"]["calls"]["digest"]:
            found.problems.append(f"{name}: the recorded results of the calls are not those that made the run")
        for key in keys:
            if not _is_request_of(key, log.full(key)):
                found.problems.append(f"{name}: call {key}: its recorded request is not the one that was made")
    except Exception as e:  # SQLite and JSON fail in many ways on a broken file; each is a finding here
        found.problems.append(f"{name}: cannot be read: {e}")
    finally:
        log.close()


def used_keys(run: RunFolder) -> Iterator[str]:
    """Yield the key of every call that a row of the run used; a shared call comes again."""
    for table in groups([run / "lineage.parquet"], columns=["calls"]):
        for calls in table["calls"].to_pylist():
            for call in calls or ():
                yield call["key"]


def _is_request_of(key: str, call: dict[str, Any] | None) -> bool:
    return call is not None and hashlib.blake2b(canonical(call["request"]), digest_size=16).hexdigest() == key
