"""The linear head gives the published-with-the-data figures, and never breaks on thin data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.evaluation.data import data

from mintmark.measures.heads import (
    _fit,
    _logistic,
    accuracy,
    macro_f1,
    train_counts,
    train_dense,
    train_texts,
    word_counts,
)

HUMAN, MADE = "text", "augmented_text"
FILES = (
    ("base", HUMAN),
    ("train", HUMAN),
    ("balanced_gpt-4_augmented", MADE),
    ("balanced_llama-2-70b_augmented", MADE),
)


def read(task: str, name: str, column: str) -> tuple[list[str], list[str]]:
    rows = json.loads(data("worker_vs_gpt", task, f"{name}.json").read_text(encoding="utf-8"))
    return [r[column] for r in rows], [r["target"] for r in rows]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("questionintimacy", (0.194, 0.319, 0.231, 0.256)),
        ("hayati_politeness", (0.608, 0.667, 0.536, 0.543)),
        ("crowdflower", (0.130, 0.166, 0.133, 0.148)),
    ],
)
def test_macro_f1_on_the_human_test_is_the_known_figure(task: str, expected: tuple[float, ...]) -> None:
    texts, labels = read(task, "test", HUMAN)
    files = FILES if task != "crowdflower" else FILES[:1]  # the large ones take seconds each
    for (name, column), known in zip(files, expected, strict=False):
        head = train_texts(*read(task, name, column))
        assert macro_f1(labels, head.predict(texts)) == pytest.approx(known, abs=0.0006), name


def test_the_fold_changes_no_weight() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, labels = read("hayati_politeness", "train", HUMAN)
    matrix = TfidfVectorizer().fit_transform(texts)
    y = np.unique(labels, return_inverse=True)[1]
    weights, intercept = _fit(matrix, y, 10.0)
    assert len(texts) < matrix.shape[1]  # so that it was folded
    plain = _logistic(matrix, y, 10.0)
    assert np.abs(weights - plain.coef_.T).max() < 0.02 * np.abs(plain.coef_).max()
    assert np.abs(intercept - plain.intercept_).max() < 0.02


def test_rows_that_are_not_trained_on_have_no_say() -> None:
    texts, labels = read("hayati_politeness", "train", HUMAN)
    counted = word_counts(texts)
    guess = train_counts(counted[:150], labels[:150]).predict(counted[150:])
    assert (guess == train_texts(texts[:150], labels[:150]).predict(texts[150:])).all()


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(0)
    truth, guess = rng.choice(list("abcd"), 200), rng.choice(list("abce"), 200)
    assert macro_f1(truth, guess) == pytest.approx(f1_score(truth, guess, average="macro", zero_division=0))
    assert accuracy(truth, guess) == pytest.approx(accuracy_score(truth, guess))


def test_one_class_and_wordless_texts_get_the_commonest_label() -> None:
    assert train_texts(["a b", "c d"], ["x", "x"]).predict(["e"]).tolist() == ["x"]
    assert train_texts(["", "!", "?"], ["x", "y", "y"]).predict(["anything"]).tolist() == ["y"]
    assert train_dense(np.zeros((2, 3)), ["x", "x"]).predict(np.ones((1, 3))).tolist() == ["x"]


def test_text_without_spaces_has_words() -> None:
    texts = ["今日は天気が良い", "天気がとても悪い", "今日は良い日だ", "悪い夢を見た"]
    head = train_texts(texts, ["good", "bad", "good", "bad"])
    assert head.predict(["良い映画", "悪い映画"]).tolist() == ["good", "bad"]


def test_dense_vectors_are_learnt() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5))
    y = np.where(x[:, 2] > 0, "up", "down")
    head = train_dense(x[:100], y[:100].tolist())
    assert accuracy(y[100:], head.predict(x[100:])) > 0.9


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="as many texts as labels"):
        train_texts([], [])
    with pytest.raises(ValueError, match="as many vectors as labels"):
        train_dense(np.zeros((1, 2)), [])
