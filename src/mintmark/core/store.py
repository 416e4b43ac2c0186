"""The run folder: what stands where, who may write, and the manifest that is written last."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from .errors import RunError, RunLocked
from .fingerprint import digest, file_sha256

MANIFEST_FORMAT = 1
SEALED = ("data", "dropped", "used", "lineage.parquet", "recipe.yaml")
"""What the manifest's content hashes cover: files, and folders of files."""


class RunFolder:
    """One run's folder. With a manifest it is finished and immutable; without one it is unfinished.

    Args:
        path: the folder; made when the run starts.
    """

    def __init__(self, path: str | Path) -> None:
        if "\x00" in str(path):
            raise RunError("a run's folder cannot hold a NUL character", got=str(path))
        self.path = Path(path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def calls(self) -> Path:
        """The call log of this run."""
        return self.path / "calls.sqlite"

    @property
    def finished(self) -> bool:
        """True where the folder has its manifest."""
        return (self.path / "manifest.json").is_file()

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            RunError: where there is none, or it is not ours.
        """
        path = self.path / "manifest.json"
        try:
            found = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            state = "is unfinished" if (self.path / "recipe.yaml").exists() else "is no run"
            remedy = "give its `mintmark run` command again" if "unfinished" in state else ""
            raise RunError(f"{state}: it has no manifest.json", where=str(self.path), remedy=remedy) from None
        except (orjson.JSONDecodeError, OSError) as e:
            raise RunError(f"cannot be read: {e}", where=str(path)) from e
        if not isinstance(found, dict) or found.get("format") != MANIFEST_FORMAT:
            raise RunError("is not a manifest that this version reads", where=str(path))
        return found

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one writer; the lock falls with the process, however it ends.

        Raises:
            RunLocked, RunError
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as e:
            raise RunError(f"cannot be written: {e.strerror}", where=str(self.path)) from e
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                owner = os.pread(handle, 32, 0).decode(errors="replace").strip()
                raise RunLocked(
                    "another process is working in this folder", where=str(self.path), got=f"process {owner or '?'}",
                    remedy="wait for it, or choose another folder",
                ) from None  # fmt: skip
            with contextlib.suppress(OSError):  # a full disk: the lock holds, only its owner's number is missing
                os.ftruncate(handle, 0)
                os.pwrite(handle, str(os.getpid()).encode(), 0)
            yield
            if self.finished:
                (self.path / "run.lock").unlink(missing_ok=True)
        finally:
            os.close(handle)

    def hashes(self) -> dict[str, str]:
        """Return relative path -> SHA-256 of every sealed file that exists, sorted."""
        found: dict[str, str] = {}
        for name in SEALED:
            top = self.path / name
            files = sorted(p for p in top.rglob("*") if p.is_file()) if top.is_dir() else [top] if top.is_file() else []
            for file in files:
                found[file.relative_to(self.path).as_posix()] = file_sha256(file)
        return found

    def write_manifest(self, content: dict[str, Any], process: dict[str, Any]) -> dict[str, Any]:
        """Seal the folder: content (what was made, hashed) apart from process (when and how fast)."""
        manifest = {
            "format": MANIFEST_FORMAT,
            "content": content,
            "content_digest": digest(content),
            "process": process,
        }
        write_atomically(self.path / "manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        return manifest


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees all of it or none, and a crash leaves no half.

    Raises:
        RunError: where the disk is full or may not be written; an older file of that name is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as e:
        raise RunError(f"cannot be written: {e.strerror}", where=str(path)) from e
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as e:
        Path(name).unlink(missing_ok=True)
        raise RunError(
            f"cannot be written: {e.strerror}", where=str(path),
            remedy="free space, then give the same command again; nothing is lost",
        ) from e  # fmt: skip
