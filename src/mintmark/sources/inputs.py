"""Which files a source reads: from the user's paths to a sorted list with names that do not depend on the machine."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ..core.errors import SourceError, nearest
from ..core.fingerprint import file_sha256


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read.

    Attributes:
        path: where it is, as given.
        name: posix path relative to the folder that the user named; the same wherever that folder lies.
        named: the user named this very file (not a folder or a pattern that holds it).
    """

    path: Path
    name: str
    named: bool


def find_inputs(given: str | list[str], wanted: Callable[[Path], bool], *, where: str) -> list[Input]:
    """Return every wanted file under the given files, folders and patterns, sorted by name, each once.

    Folders are walked to the bottom without following links to folders or out of the folder; hidden files and
    folders are passed by. A file that is named itself is returned whether wanted or not. With several paths, names
    start at the shortest ending of each folder that tells the folders apart, so no name holds an absolute path.

    Args:
        given: paths and patterns (`*`, `?`, `[...]`, `**`), relative to the working directory, `~` allowed.
        wanted: says which files of folders and patterns to return.
        where: how errors name the source.

    Raises:
        SourceError: for a path that does not exist, is no file or folder, or cannot be a path.
    """
    found: dict[Path, tuple[Path, Path, bool]] = {}
    for text in [given] if isinstance(given, str) else given:
        root, files, named = _expand(text, where)
        for path in files:
            if named or wanted(path):
                known = found.get(_absolute(path))
                found[_absolute(path)] = (path, known[1] if known else root, named or bool(known and known[2]))
    labels = _labels({_absolute(root) for _, root, _ in found.values()})
    inputs = [Input(path, _name(key, _absolute(root), labels), named) for key, (path, root, named) in found.items()]
    return sorted(inputs, key=lambda i: (i.name, str(i.path)))


def chosen(name: str, include: list[str], exclude: list[str]) -> bool:
    """Say whether a file's relative path, or its name, matches one of `include` (where there is any) and none of `exclude`.

    Example:
        >>> chosen("pkg/test/a.py", ["*.py"], ["**/test/*"])
        False
    """
    return (not include or _matches(name, include)) and not _matches(name, exclude)


def _matches(name: str, patterns: list[str]) -> bool:
    base = name.rpartition("/")[2]
    # `**/` also stands for no folder at all, which fnmatch does not know.
    return any(
        fnmatchcase(name, p) or fnmatchcase(base, p) or fnmatchcase(name, p.replace("**/", "")) for p in patterns
    )


def content_of(inputs: Iterable[Input], *, where: str) -> list[list[str]]:
    """Return [name, SHA-256] of every input: what a fingerprint says about files.

    Raises:
        SourceError: for a file that cannot be read.
    """
    found = []
    for one in inputs:
        try:
            found.append([one.name, file_sha256(one.path)])
        except OSError as e:
            raise SourceError("cannot be read", where=f"{where}: {one.path}", got=e.strerror) from e
    return found


def _expand(text: str, where: str) -> tuple[Path, list[Path], bool]:
    if "\0" in text or not text.strip():
        raise SourceError("a path must not be empty or hold a NUL character", where=where, got=text)
    try:
        return _found(text, Path(text).expanduser(), where)
    except (OSError, RuntimeError) as e:
        raise SourceError("cannot be looked up", where=where, got=text, remedy=str(e)) from e


def _found(text: str, path: Path, where: str) -> tuple[Path, list[Path], bool]:
    if path.is_file():
        return path.parent, [path], True
    if path.is_dir():
        return path, list(_walk(path)), False
    if glob.has_magic(text):
        fixed = Path(*_before_magic(path.parts))
        found = [Path(p) for p in glob.iglob(str(path), recursive=True)]  # noqa: PTH207 - Path.glob differs between Pythons
        files = [p for p in found if p.is_file() and _stays_in(p, fixed)]
        if not files:
            raise SourceError("no file matches this pattern", where=where, got=text, remedy=_beside(fixed / "x"))
        return fixed, files, False
    if path.exists():
        raise SourceError("not a regular file or folder", where=where, got=text)
    raise SourceError("no such file or folder", where=where, got=text, remedy=_beside(path))


def _walk(folder: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from (
            p for f in sorted(files) if not f.startswith(".") and (p := Path(at, f)).is_file() and _stays_in(p, folder)
        )


def _stays_in(path: Path, folder: Path) -> bool:
    """Return False for a link that leads out of the folder that the user named; a file named itself may lie anywhere."""
    return not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())


def _raise(error: OSError) -> None:
    # os.walk passes by a folder that it cannot list, and its files would be missing without a word.
    raise error


def _before_magic(parts: tuple[str, ...]) -> tuple[str, ...]:
    for n, part in enumerate(parts):
        if glob.has_magic(part):
            return parts[:n]
    return parts


def _beside(path: Path) -> str:
    """Say what there is near a path that does not exist."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        path, folder = folder, folder.parent
    try:
        names = sorted(p.name for p in folder.iterdir())
    except OSError:
        return f"{folder} cannot be listed"
    return nearest(path.name, names) or f"paths are relative to {Path.cwd()}"


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, whose names are the user's


def _labels(roots: set[Path]) -> dict[Path, str]:
    """Name each outermost folder by the shortest ending that tells it from the others; "" where there is one."""
    outer = [r for r in roots if not any(o in r.parents for o in roots)]
    if len(outer) == 1:
        return {outer[0]: ""}
    longest = max((len(r.parts) for r in outer), default=0)
    for size in range(1, longest + 1):
        labels = {r: "/".join(r.parts[-size:]).lstrip("/") for r in outer}
        if len(set(labels.values())) == len(outer):
            return labels
    return {r: str(n) for n, r in enumerate(sorted(outer))}


def _name(path: Path, root: Path, labels: dict[Path, str]) -> str:
    base = next(r for r in (root, *root.parents) if r in labels)
    return "/".join(p for p in (labels[base], path.relative_to(base).as_posix()) if p)
