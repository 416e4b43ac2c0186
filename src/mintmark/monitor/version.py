"""One version of a dataset, as a monitor looks at it, and the versions that a folder holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..core.errors import RunError
from ..core.finding import Finding
from ..core.fingerprint import digest
from ..core.store import RunFolder
from ..measures.tokens import tokens

LEAST = 20
"""Rows without which nothing is judged."""
MOST = 20_000
"""Rows of a version that are looked at; of more, so many are drawn at random."""


@dataclass(frozen=True, eq=False)
class Version:
    """A run or a dataset of a series.

    Args:
        name: what a reader knows it by.
        texts: each row's own text.
        findings: of its evaluation, where there was one.
        generation: how often data were made from data to come to it, 0 for real data; None where not known.
    """

    name: str
    texts: Sequence[str]
    findings: Sequence[Finding] = ()
    generation: int | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def looked_at(self) -> list[str]:
        """The texts that hold a word; at most `MOST`, drawn by a fixed seed."""
        full = [t for t in self._legal if t.strip()]
        if len(full) <= MOST:
            return full
        chosen = np.sort(np.random.default_rng(0).permutation(len(full))[:MOST])
        return [full[i] for i in chosen]

    @cached_property
    def words(self) -> list[list[str]]:
        """The words and signs of each text of `looked_at`."""
        return [tokens(t) for t in self.looked_at]

    @cached_property
    def digest(self) -> str:
        """A digest of all texts, in their order."""
        return digest(self._legal)

    @cached_property
    def _legal(self) -> list[str]:
        """The texts without lone surrogates, which broken JSON holds and no hash or file takes."""
        return [t.encode("utf-8", "replace").decode() for t in self.texts]


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        runs: folders of finished runs, in the order in which they began, then by name.
        left_out: folders that were not looked at, each with the reason.
    """

    runs: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]


def find_runs(folder: str | Path) -> Found:
    """Return the runs of a folder that grows: the folder itself where it is a run, else the runs in it.

    A run that is still being made is left out and said so; it is looked at next time. Folders that are no runs are
    passed over.

    Raises:
        RunError: where there is no such folder.
    """
    top = Path(folder)
    if not top.is_dir():
        raise RunError("is not a folder", where=str(top))
    if _is_run(top):
        places = [top]
    else:
        places = sorted(p for p in top.iterdir() if p.is_dir() and not p.name.startswith(".") and _is_run(p))
    runs, left_out = [], []
    for place in places:
        try:
            started = RunFolder(place).manifest().get("process", {}).get("started", "")
            runs.append((str(started), place.name, place))
        except RunError as e:
            left_out.append((place, e.what))
    return Found(tuple(p for _, _, p in sorted(runs)), tuple(left_out))


def _is_run(place: Path) -> bool:
    return any((place / name).exists() for name in ("manifest.json", "recipe.yaml", "run.lock"))
