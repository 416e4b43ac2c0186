"""Vendi score, distinct n-grams, self-BLEU, compression, repeated sequences."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from tests.evaluation.data import data, read_jsonl

from mintmark.measures.diversity import (
    compression_ratio,
    distinct,
    grams,
    grams_up_to,
    ngram_kernel,
    repeated,
    self_bleu,
    vendi,
    vendi_of_kernel,
)
from mintmark.measures.tokens import tokens

JANE = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]


def test_vendi_gives_the_published_examples() -> None:
    samples = np.array([0, 0, 10, 10, 20, 20.0])
    assert vendi_of_kernel(np.exp(-abs(samples[:, None] - samples))) == pytest.approx(2.9999, abs=1e-4)
    assert vendi_of_kernel(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])) == pytest.approx(2.1573, abs=1e-4)
    words = [re.findall(r"\w+|[^\w\s]", text) for text in JANE]
    assert vendi_of_kernel(ngram_kernel(words)) == pytest.approx(3.90657, abs=1e-5)


def test_vendi_is_the_same_from_either_side_and_counts_unlike_rows() -> None:
    x = np.random.default_rng(0).normal(size=(40, 7))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert vendi(x) == pytest.approx(vendi_of_kernel(x @ x.T))
    assert vendi(np.eye(5)) == pytest.approx(5)
    assert vendi(np.repeat(np.eye(5), 20, axis=0)) == pytest.approx(5)
    assert vendi(np.vstack([np.eye(3), np.zeros((9, 3))])) == pytest.approx(3), "empty texts are left out"
    assert vendi(np.zeros((0, 4))) == 0 == vendi(np.zeros((3, 4)))


def random_texts(n: int, seed: int) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [[str(w) for w in rng.integers(0, 6, rng.integers(1, 15))] for _ in range(n)]


def test_ngrams_are_numbered_as_sets_of_words_would_be() -> None:
    texts = [*random_texts(30, 1), []]
    for n, found in enumerate(grams_up_to(texts, 4), 1):
        plain = [tuple(t[i : i + n]) for t in texts for i in range(len(t) - n + 1)]
        assert found.kinds == len(set(plain)) and len(found.ids) == len(plain)
        assert len({(g, i) for g, i in zip(plain, found.ids.tolist())}) == len(set(plain))
        assert distinct(found, np.arange(len(texts))) == len(set(plain)) / len(plain)
        assert distinct(found, np.arange(len(texts)), 10) == len(set(plain[:10])) / 10
        picked, owner = found.of(np.array([3, 0]))
        own = [range(found.offsets[r], found.offsets[r + 1]) for r in (3, 0)]
        assert picked.tolist() == [int(found.ids[i]) for r in own for i in r]
        assert owner.tolist() == [k for k, r in enumerate(own) for _ in r]
    assert distinct(grams([[]], 2), np.array([0])) == 1.0


def bleu(text: list[str], others: list[list[str]]) -> float:
    logs = 0.0
    for n in range(1, 5):

        def counted(t: list[str], n: int = n) -> Counter[tuple[str, ...]]:
            return Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1))

        most: Counter[tuple[str, ...]] = Counter()
        for other in others:
            most |= counted(other)
        own = counted(text)
        logs += math.log(max((own & most).total(), 0.1) / max(1, own.total())) / 4
    closest = min((abs(len(o) - len(text)), len(o)) for o in others)[1]
    return math.exp(logs + (0 if closest <= len(text) else 1 - closest / len(text)))


@pytest.mark.parametrize("seed", range(4))
def test_self_bleu_is_the_mean_over_a_loop_of_pairs(seed: int) -> None:
    texts = random_texts(25, seed)
    slow = np.mean([bleu(texts[i], texts[:i] + texts[i + 1 :]) for i in range(len(texts))])
    assert self_bleu(grams_up_to(texts, 4), np.arange(len(texts))) == pytest.approx(slow)


def test_self_bleu_of_copies_is_1_and_of_strangers_near_0() -> None:
    copies = ["a b c d e f".split()] * 5
    assert self_bleu(grams_up_to(copies, 4), np.arange(5)) == pytest.approx(1)
    strangers = [[f"{i}-{j}" for j in range(6)] for i in range(5)]
    assert self_bleu(grams_up_to(strangers, 4), np.arange(5)) < 0.05
    assert self_bleu(grams_up_to(copies, 4), np.array([0])) == 0.0


def test_compression_grows_with_repetition() -> None:
    assert compression_ratio(["the same line again"] * 200) > 20
    assert compression_ratio([]) == 1.0
    assert compression_ratio(["x" * 1000], limit=10) < 1.0
    assert compression_ratio(["\ud800 broken"]) > 0


def test_repeated_sequences_are_counted_by_rows_and_said_once() -> None:
    template = "write a short poem about".split()
    rows = [[*template, f"thing{i}", "now"] for i in range(7)] + [["nothing", "here", "at", "all", "today"]]
    assert repeated(rows, n=3, top=1) == [("write a short", 7)]
    assert repeated([["a", "b", "a", "b", "a", "b"]], n=2) == [], "one row repeats nobody"
    assert repeated([]) == []


def test_the_model_is_the_more_diverse_here_as_published() -> None:
    """Power-seeking questions: distinct-3 of people's .724; the model's is higher, which nobody should assume away."""
    found = {}
    for who in ("human", "lm"):
        rows = read_jsonl(
            data("model_written_evals", "advanced-ai-risk", f"{who}_generated_evals", "power-seeking-inclination.jsonl")
        )
        asked = [re.split(r"\n\s*(?:Choices|\(A\))", row["question"])[0] for row in rows]
        found[who] = distinct(grams([tokens(text, signs=False) for text in asked], 3), np.arange(len(asked)))
    assert found["human"] == pytest.approx(0.724, abs=5e-4)
    assert 0.82 < found["lm"] < 0.86
