"""GGUF files of this machine, pulled so that a recipe may name them from any folder: one file, or one of a folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from ..core.errors import ModelError, nearest
from ..core.fingerprint import file_sha256
from . import weights
from .installed import PART, Pulled, copied, is_intact, joined, part_names, record_path, recorded


def model_in(folder: Path, *, file: str | None = None) -> Path:
    """Return the one GGUF model of a folder that is laid out as a repository of the hub; of a split one its first part.

    Args:
        folder: where the files lie.
        file: which of its GGUF files, as a path inside the folder; not needed where it holds one model.

    Raises:
        ModelError: no GGUF file, several and none named, none of that name, or a part is missing.
    """
    where = f"pull {folder}"
    found = {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*.gguf") if p.is_file()}
    if not found and (folder / "modules.json").is_file():
        raise ModelError(
            "holds a model that embeds, no GGUF file", where=where, remedy=f"write `embed/{folder.absolute()}`"
        )
    return folder / choose(found, file, where=where)[0]


def pull_file(path: Path, *, sha256: str | None = None) -> Pulled:
    """Make a GGUF file of this machine lie among the pulled models, under its own name, or change nothing.

    Args:
        path: the file, of a split model its first part; a recipe then names it `local/FILE.gguf` from any folder.
        sha256: what its content must be, as its publisher states it.

    Raises:
        ModelError: no such file; no GGUF file; other content than stated; the name of a known model with other content
            and none stated; a file of that name with other content is there already; disk full.
    """
    where = f"pull {path}"
    if not path.is_file():
        raise ModelError("there is no such file", where=where)
    parts = part_names(path, where=where)
    if missing := [p.name for p in parts if not p.is_file()]:
        raise ModelError(f"is one of {len(parts)} parts; there is no {', '.join(missing)}", where=where)
    for part in parts:
        require_gguf(part, where=where)
    hashes = [file_sha256(p) for p in parts]
    if there := installed_as(path.name, joined(hashes), stated=sha256, where=where):
        return Pulled(there, fetched=False)
    target = copied(path.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as tmp:
            fresh = [Path(shutil.copyfile(p, Path(tmp) / p.name)) for p in parts]
            if [file_sha256(p) for p in fresh] != hashes:
                raise ModelError("changed while it was read", where=where, remedy="nothing was installed")
            for part in reversed(fresh):  # the first part last: where it lies, all lie
                part.replace(target.with_name(part.name))
    except OSError as e:
        raise ModelError(f"{target} cannot be written: {e.strerror or e}", where=where) from e
    return Pulled(target, fetched=True)


def require_gguf(path: Path, *, where: str) -> None:
    """Refuse a file that does not begin as a GGUF file does.

    Raises:
        ModelError
    """
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError("is no GGUF file", where=where, got=path.name)


def installed_as(name: str, sha256: str, *, stated: str | None, where: str) -> Path | None:
    """Return where the model `local/{name}` of that content lies already, or None where it may be installed.

    Args:
        name: the file's name.
        sha256: of the content that is to be installed.
        stated: what the content must be, as the user says; who says so may also install a known model's namesake.
        where: who asks, for messages.

    Raises:
        ModelError: other content than stated; the name of a known model; a model of that name with other content.
    """
    if stated is not None and PART.fullmatch(name):
        raise ModelError(
            "is in several parts, of which one SHA-256 says nothing", where=where, remedy="leave --sha256 out"
        )
    if stated is not None and sha256 != stated.lower():
        raise ModelError(
            "is not the file that was asked for: its SHA-256 differs", where=where, got=sha256, allowed=stated.lower(),
            remedy="nothing was installed",
        )  # fmt: skip
    for entry in weights.KNOWN.values():
        if stated is None and sha256 != entry.sha256 and name in (Path(entry.member).name, f"{entry.name}.gguf"):
            raise ModelError(
                f"bears the name of local/{entry.name} and is not that file", where=where,
                remedy="nothing was installed; if it is what you want, state its --sha256",
            )  # fmt: skip
    target, origin = copied(name), recorded(name)
    if target.is_file():
        taken, path, holder = joined([file_sha256(p) for p in part_names(target) if p.is_file()]), target, target
    elif origin is not None and (origin.sha256 != sha256 or is_intact(origin)):
        taken, path, holder = origin.sha256, origin.path, record_path(name)
    else:
        return None
    if taken != sha256:
        raise ModelError(
            "a file of that name with other content is there already", where=where, remedy=f"remove {holder}"
        )
    return path


def choose(files: Mapping[str, int | None], asked: str | None, *, where: str) -> list[str]:
    """Return the files of the one model that is meant: one, or all parts of a split one.

    Args:
        files: path -> bytes, where known.
        asked: the path of the one that is meant, or of one of its parts.
        where: who asks, for messages.

    Raises:
        ModelError: no GGUF file; several models and none named; none of that path; a part is missing.

    Example:
        >>> choose({"q8.gguf": 9, "q4-00002-of-00002.gguf": 2, "q4-00001-of-00002.gguf": 2, "README.md": 1},
        ...        "q4-00001-of-00002.gguf", where="pull a/b")
        ['q4-00001-of-00002.gguf', 'q4-00002-of-00002.gguf']
    """
    models: dict[str, list[str]] = {}
    for path in sorted(f for f in files if f.endswith(".gguf")):
        part = PART.fullmatch(path)
        models.setdefault(f"{part['stem']}-00001-of-{part['count']}.gguf" if part else path, []).append(path)
    if not models:
        raise ModelError("holds no GGUF file", where=where, remedy="look for a repository whose name ends with -GGUF")
    listed = [f"{m} ({_size([files[p] for p in parts])})" for m, parts in models.items()]
    if asked is None and len(models) > 1:
        raise ModelError(f"holds {len(models)} models", where=where, allowed=listed, remedy="name one with --file")
    name = next(iter(models)) if asked is None else next((m for m, p in models.items() if asked in (m, *p)), None)
    if name is None:
        raise ModelError(
            "holds no such file", where=where, got=asked, allowed=listed, remedy=nearest(str(asked), models)
        )
    needed = [p.name for p in part_names(Path(name))]
    if missing := sorted(set(needed) - {PurePath(p).name for p in models[name]}):
        raise ModelError(f"{name} is not whole: there is no {', '.join(missing)}", where=where)
    return models[name]


def _size(sizes: Sequence[int | None]) -> str:
    known = [s for s in sizes if s is not None]
    return f"{sum(known) / 1e6:,.0f} MB" if len(known) == len(sizes) else "size unknown"
