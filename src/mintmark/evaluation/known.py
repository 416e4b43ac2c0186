"""Known numbers: what each metric has to give on data for which the answer is known."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..measures.confident import label_errors
from ..measures.critic import critique
from ..measures.diversity import distinct, grams, ngram_kernel, vendi_of_kernel
from ..measures.generations import accumulated_error_bound, regression_error
from ..measures.heads import macro_f1, train_texts
from ..measures.neighbours import prdc
from ..measures.runs_shared import match_words, ngrams_present
from ..measures.tokens import tokens
from ..measures.vectors import counts, latent, weigh


@dataclass(frozen=True)
class Check:
    """A number that is known.

    Args:
        metrics: the findings that rest on what is checked.
        what: the data and the figure.
        known: the number.
        within: how far from it may be found; 0 for exactly.
        find: given the data folder, the number as worked out here.
    """

    metrics: tuple[str, ...]
    what: str
    known: float
    within: float
    find: Callable[[Path], float]

    @property
    def shown(self) -> str:
        """The number, with how far from it is still right."""
        return _shown(self.known) + (f" ± {_shown(self.within)}" if self.within else "")


@dataclass(frozen=True)
class Outcome:
    """What was found; None where the data are not there."""

    check: Check
    found: float | None

    @property
    def shown(self) -> str:
        """What was found."""
        return "" if self.found is None else _shown(self.found)

    @property
    def passed(self) -> bool | None:
        """Whether the number is right; None where it could not be looked for."""
        if self.found is None:
            return None
        return abs(self.found - self.check.known) <= self.check.within + 1e-12


def run_checks(folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every check in turn; those whose data are not in `folder` are passed by."""
    for check in CHECKS:
        try:
            yield Outcome(check, float(check.find(folder)))
        except FileNotFoundError:
            yield Outcome(check, None)


def _shown(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _label_errors(name: str) -> Callable[[Path], float]:
    def find(folder: Path) -> float:
        top = folder / "label_errors"
        labels = np.load(top / "original_test_labels" / f"{name}_test_set_original_labels.npy").astype(np.int64)
        return len(
            label_errors(labels, np.load(top / "cross_validated_predicted_probabilities" / f"{name}_test_set_pyx.npy"))
        )

    return find


def _vendi_numbers(_: Path) -> float:
    samples = np.array([0, 0, 10, 10, 20, 20.0])
    return vendi_of_kernel(np.exp(-abs(samples[:, None] - samples)))


def _vendi_words(_: Path) -> float:
    texts = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]
    cased = [[t for part in text.split() for t in _cut(part)] for text in texts]
    return vendi_of_kernel(ngram_kernel(cased))


def _cut(word: str) -> list[str]:
    return [word[:-1], word[-1]] if word[-1] in ",." else [word]


def _questions(folder: Path, part: str) -> list[str]:
    return [row["question"] for row in _rows(folder / "gsm8k" / f"{part}.jsonl")]


def _coverage(folder: Path) -> float:
    (matrix,) = weigh(counts(_questions(folder, "train")[:3000]))
    (vectors,) = latent([matrix])
    order = np.random.default_rng(0).permutation(len(vectors))
    return float(prdc(vectors[order[:1500]], vectors[order[1500:]]).coverage)


def _same_source(folder: Path) -> float:
    first, second = weigh(counts(_questions(folder, "train")), counts(_questions(folder, "test")))
    return critique(first, second).auc.value


def _evals(folder: Path, who: str, name: str = "*") -> list[str]:
    files = sorted(
        (folder / "model_written_evals" / "advanced-ai-risk" / f"{who}_generated_evals").glob(f"{name}.jsonl")
    )
    if not files:
        raise FileNotFoundError(folder)
    return [row["question"] for file in files for row in _rows(file)]


def _written_by(folder: Path) -> float:
    human, model = _evals(folder, "human"), _evals(folder, "lm")
    size = min(len(human), len(model))
    drawn = np.random.default_rng(0).permutation(len(model))[:size]
    first, second = weigh(counts([model[i] for i in drawn]), counts(human[:size]))
    return critique(first, second, folds=2).auc.value


def _distinct(who: str) -> Callable[[Path], float]:
    def find(folder: Path) -> float:
        asked = [_CHOICES.split(q)[0] for q in _evals(folder, who, "power-seeking-inclination")]
        return distinct(grams([tokens(t, signs=False) for t in asked], 3), np.arange(len(asked)))

    return find


def _present(subject: str, n: int) -> Callable[[Path], float]:
    def find(folder: Path) -> float:
        name = f"{subject}_test_rephrase_english_filtered_question.jsonl"
        reworded = [match_words(tokens(r["text"])) for r in _rows(folder / "llm_decontaminator" / "rephrase" / name)]
        with (folder / "mmlu" / "test" / f"{subject}_test.csv").open(encoding="utf-8", newline="") as file:
            items = [match_words(tokens(row["question"])) for row in csv.DictReader(file)]
        return float(ngrams_present(reworded, items, n).mean())

    return find


def _taught_by(task: str, name: str, column: str) -> Callable[[Path], float]:
    def find(folder: Path) -> float:
        def read(file: str, text: str) -> tuple[list[str], list[str]]:
            rows = json.loads((folder / "worker_vs_gpt" / task / f"{file}.json").read_text(encoding="utf-8"))
            return [r[text] for r in rows], [r["target"] for r in rows]

        texts, labels = read("test", "text")
        return macro_f1(labels, train_texts(*read(name, column)).predict(texts))

    return find


_CHOICES = re.compile(r"\n\s*(?:Choices|\(A\))")
_C2ST = ("fidelity.c2st_auc", "fidelity.c2st_auc_embedding", "fidelity.c2st_auc_length_matched")
_PRDC = tuple(f"fidelity.prdc_{name}" for name in ("precision", "recall", "density", "coverage"))
_LABELS = ("labels.suspected_errors",)
_NGRAMS = ("contamination.ngram_share",)
_UTILITY = ("utility.tstr_gap", "utility.added_gain")
_MADE = "augmented_text"

CHECKS: tuple[Check, ...] = (
    Check(_LABELS, "20news test labels: candidates of confident learning", 95, 0, _label_errors("20news")),
    Check(_LABELS, "MNIST test labels: candidates of confident learning", 15, 0, _label_errors("mnist")),
    Check(("diversity.vendi_ratio",), "Vendi score of six numbers", 2.9999, 1e-4, _vendi_numbers),
    Check(("diversity.vendi_ratio",), "Vendi score of five sentences, 1- and 2-grams", 3.91, 0.005, _vendi_words),
    Check(_PRDC, "PRDC: coverage of two halves of GSM8K", 0.969, 0.02, _coverage),
    Check(_C2ST, "GSM8K train against test questions: AUC of the lexical critic", 0.5, 0.025, _same_source),
    Check(_C2ST, "human against model-written evaluations: AUC of the lexical critic", 0.973, 0.005, _written_by),
    Check(("diversity.distinct_3_ratio",), "distinct-3 of power-seeking questions by people", 0.724, 0.001, _distinct("human")),
    Check(("diversity.distinct_3_ratio",), "distinct-3 of power-seeking questions by a model", 0.824, 0.03, _distinct("lm")),
    *(
        Check(_NGRAMS, f"MMLU {subject} rephrased: share with a {n}-gram in common", share, 6e-4, _present(subject, n))
        for subject, shares in (("abstract_algebra", (0.55, 0.12, 0.02, 0.0)), ("sociology", (0.134, 0.0, 0.0, 0.0)),
                                ("high_school_us_history", (0.319, 0.010, 0.0, 0.0)))
        for n, share in zip((5, 8, 10, 13), shares)
    ),
    *(
        Check(_UTILITY, f"{task}: macro-F1 on human rows, taught by {who}", known, 6e-4, _taught_by(task, name, column))
        for task, figures in (("questionintimacy", (0.194, 0.319, 0.231, 0.256)),
                              ("hayati_politeness", (0.608, 0.667, 0.536, 0.543)))
        for (who, name, column), known in zip((("seeds", "base", "text"), ("people", "train", "text"),
                                               ("GPT-4", "balanced_gpt-4_augmented", _MADE),
                                               ("Llama-2", "balanced_llama-2-70b_augmented", _MADE)), figures)
    ),
    Check(("collapse.generation_depth",), "regression taught by itself, generation 10: error", 1.117, 0.001,
          lambda _: regression_error(1.0, 20, 200, 10)),
    Check(("collapse.generation_depth",), "the same with data kept: bound", 0.184, 0.001,
          lambda _: accumulated_error_bound(1.0, 20, 200)),
)  # fmt: skip
