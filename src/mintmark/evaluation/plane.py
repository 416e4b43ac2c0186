"""The map: rows of both sets as points in a plane, near where their words are alike."""

from __future__ import annotations

import numpy as np

from .subject import Subject

MOST = 300
"""Rows of each set on the map."""
CAPTION = (
    "t-SNE of {what}, {count:,} rows drawn at random. Near points are alike; distances between groups and the size of "
    "groups mean nothing (every statistic of this report was computed in the original space)."
)


def points(subject: Subject) -> tuple[list[dict[str, object]], str]:
    """Return {x, y, series, text, id} for rows of data and reference, and the caption; nothing where a set has fewer than 5.

    Reference: van der Maaten, Hinton 2008, Visualizing data using t-SNE.
    """
    from sklearn.manifold import TSNE

    if min(len(subject.data), len(subject.reference or ())) < 5:
        return [], ""
    rng = np.random.default_rng(subject.seed)
    rows: list[dict[str, object]] = []
    parts = []
    for corpus, vectors in zip((subject.data, subject.reference), subject.vectors):
        if corpus is None or vectors is None:
            continue
        drawn = np.sort(rng.permutation(len(corpus))[:MOST])
        parts.append(np.asarray(vectors)[drawn])
        rows += [{"series": corpus.name, "text": corpus.texts[i][:300], "id": corpus.ids[i]} for i in drawn]
    placed = TSNE(
        perplexity=min(30, len(rows) / 4), init="random", random_state=subject.seed, n_jobs=1, max_iter=500
    ).fit_transform(np.concatenate(parts))
    for row, (x, y) in zip(rows, placed.tolist(), strict=True):
        row.update(x=round(x, 2), y=round(y, 2))
    return rows, CAPTION.format(what=subject.embedder, count=len(rows))
