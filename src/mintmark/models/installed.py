"""Model files on this machine: where pulled ones lie, where they came from, and what they hash to."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from ..core.errors import ModelError, ModelNotInstalled
from ..core.fingerprint import digest, file_sha256

PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")
"""The name of one file of a model that llama.cpp split into several."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Where a pull left the file, and whether anything had to be fetched or copied."""

    path: Path
    fetched: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pulled model came from.

    Attributes:
        repo: `OWNER/NAME` on the hub.
        commit: what the revision that was asked for stood for.
        file: the file's path in the repository; of a split model its first part.
        sha256: of the file; see `sha256_of_files`.
        path: where the hub's cache holds it.
    """

    repo: str
    commit: str
    file: str
    sha256: str
    path: Path


def cache_dir() -> Path:
    """Return the folder for files that can be fetched again: `$MINTMARK_HOME`, else the user's cache."""
    if home := os.environ.get("MINTMARK_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mintmark"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mintmark"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mintmark"


def models_dir() -> Path:
    """Return the folder that holds model files."""
    return cache_dir() / "models"


def copied(name: str) -> Path:
    """Return where a file of this machine lies, or would lie, once it was pulled under its name."""
    return models_dir() / "files" / name


def origin_of(name: str) -> Origin | None:
    """Return where `local/{name}` came from, or None: a file of the current folder, or one that was copied, comes first."""
    if Path(name).name != name or Path(name).is_file() or copied(name).is_file():
        return None
    return recorded(name)


def recorded(name: str) -> Origin | None:
    """Return what the last pull from the hub wrote down under a name, or None."""
    try:
        found = orjson.loads(record_path(name).read_bytes())
        return Origin(found["repo"], found["commit"], found["file"], found["sha256"], Path(found["path"]))
    except (OSError, ValueError, KeyError, TypeError):  # a record that cannot be read is written anew by the next pull
        return None


def remember_origin(name: str, origin: Origin) -> None:
    """Write down where `local/{name}` came from: its weights stay in the hub's cache, where they are not doubled."""
    fields = {"repo": origin.repo, "commit": origin.commit, "file": origin.file, "sha256": origin.sha256}
    write_atomically(record_path(name), orjson.dumps({**fields, "path": str(origin.path)}, option=orjson.OPT_INDENT_2))


def record_path(name: str) -> Path:
    """Return where is written what was pulled from the hub under a name."""
    return models_dir() / "hub" / f"{name}.json"


def gguf_path(name: str, *, where: str = "") -> Path:
    """Return the GGUF file that `local/{name}` means; of a split model the first part, and all parts are there.

    Raises:
        ModelNotInstalled: there is no such file, or a part of it is missing.
        ModelError: a part that is not the first.
    """
    path = Path(name).expanduser()
    if path.is_file():
        pass
    elif name == path.name and copied(name).is_file():
        path = copied(name)
    elif origin := origin_of(name):
        path = origin.path
        if not is_intact(origin):
            raise ModelNotInstalled(
                f"local/{name} is no longer in the hub's cache as it was pulled, in {path.parent}", where=where,
                remedy=f"run `mintmark models pull {origin.repo} --file {origin.file} --revision {origin.commit}`",
            )  # fmt: skip
    else:
        raise ModelNotInstalled(f"there is no file {name}", where=where)
    for n, part in enumerate(part_names(path, where=where), 1):
        if not part.is_file():
            raise ModelNotInstalled(f"part {n} of {path.name} is missing: {part}", where=where)
    return path


def is_intact(origin: Origin) -> bool:
    """Say whether the hub's cache still holds what was pulled."""
    files = part_names(origin.path)
    return all(f.is_file() for f in files) and sha256_of_files(files) == origin.sha256


def part_names(path: Path, *, where: str = "") -> list[Path]:
    """Return the files of a model, which are one where `path` is not named as the first of several.

    Raises:
        ModelError: `path` is named as a later part, with which a model cannot be loaded.

    Example:
        >>> [p.name for p in part_names(Path("big-00001-of-00002.gguf"))]
        ['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf']
    """
    found = PART.fullmatch(path.name)
    if found is None:
        return [path]
    stem, count = found["stem"], int(found["count"])
    if int(found["number"]) != 1:
        raise ModelError(
            "is a later part of a model",
            where=where or path.name,
            remedy=f"name the first, {stem}-00001-of-{count:05d}.gguf",
        )
    return [path.with_name(f"{stem}-{n:05d}-of-{count:05d}.gguf") for n in range(1, count + 1)]


def sha256_of_files(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a file; of several, that of their SHA-256s in hexadecimal, one after another.

    A file's hash is remembered beside the models under its path, size and modification time, since hashing
    a file of 4 GB takes seconds.
    """
    return joined([_sha256(f) for f in files])


def joined(hashes: Sequence[str]) -> str:
    """Return the one SHA-256 that stands for the files of a model."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def _sha256(path: Path) -> str:
    path = path.resolve()
    stat = path.stat()
    note = cache_dir() / "hashes" / f"{digest(str(path), stat.st_size, stat.st_mtime_ns)}.json"
    try:
        return str(orjson.loads(note.read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        sha256 = file_sha256(path)
    with contextlib.suppress(OSError):  # a cache that cannot be written only costs the next hashing
        write_atomically(note, orjson.dumps({"path": str(path), "sha256": sha256}))
    return sha256


def write_atomically(path: Path, data: bytes) -> None:
    """Write a small file in one step, and its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as tmp:
        fresh = Path(tmp) / path.name
        fresh.write_bytes(data)
        fresh.replace(path)
