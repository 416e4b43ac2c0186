"""What a run kept and removed, told apart by source, topic and group."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..measures.groups import mentions
from ..measures.topics import cluster_centres, name_topics, nearest
from ..measures.vectors import counts, latent, weigh
from .subject import Corpus, Subject

TOPICS, ROWS_A_TOPIC, GROUPS, LEAST = 8, 20, 8, 5


class Kept(NamedTuple):
    """How many rows of one source, topic or group were kept, and how many were not."""

    by: str
    label: str
    kept: int
    removed: int


def parts(subject: Subject) -> list[Kept]:
    """Return kept and removed rows by source, topic and group; nothing for data that no run made."""
    if subject.run is None:
        return []
    removed = Corpus.of("removed", subject.run.dropped, subject.data.roles)
    return [*_by_source(subject), *_by_topic(subject, removed), *_by_group(subject, removed)]


def _by_source(subject: Subject) -> list[Kept]:
    assert subject.run is not None
    found: dict[str, list[int]] = {}
    for row in subject.run.lineage:
        path = (row.get("source") or {}).get("path")
        if path and row.get("fate") in ("kept", "dropped", "failed"):
            found.setdefault(str(path), [0, 0])[row["fate"] != "kept"] += 1
    return [Kept("source", path, *pair) for path, pair in sorted(found.items())]


def _by_topic(subject: Subject, removed: Corpus) -> list[Kept]:
    """Return the clusters of all rows with text, named by their words, the largest first."""
    texts = [*subject.data.texts, *removed.texts]
    words = [*subject.data.tokens, *removed.tokens]
    there = np.flatnonzero([bool(w) for w in words])
    k = min(TOPICS, len(there) // ROWS_A_TOPIC)
    if k < 2:
        return []
    (x,) = latent(weigh(counts([texts[i] for i in there.tolist()])), seed=subject.seed)
    centres = cluster_centres(x, k, subject.seed)
    place = nearest(x, centres)
    names = name_topics([words[i] for i in there.tolist()], place, len(centres))
    gone = there >= len(subject.data)
    found = [
        Kept("topic", ", ".join(names[j][:4]), int((~gone & (place == j)).sum()), int((gone & (place == j)).sum()))
        for j in range(len(centres))
    ]
    return sorted(found, key=lambda part: -(part.kept + part.removed))


def _by_group(subject: Subject, removed: Corpus) -> list[Kept]:
    """Return the groups of people that most rows name."""
    own, gone = mentions(subject.data.tokens), mentions(removed.tokens)
    found = [Kept("group", key, int(own.of(key).sum()), int(gone.of(key).sum())) for key in own.keys]
    found = [part for part in found if part.kept + part.removed >= LEAST]
    return sorted(found, key=lambda part: (-(part.kept + part.removed), part.label))[:GROUPS]
