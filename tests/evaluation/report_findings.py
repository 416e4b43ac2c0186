"""Findings written by hand, as aspects would hand them to the report: every kind, with and without each part."""

from __future__ import annotations

import random

from mintmark.core.finding import Estimate, Exhibit, Finding
from mintmark.evaluation.claim import Claim, needs, settle
from mintmark.evaluation.figures import bars, histogram, intervals, lines, points
from mintmark.evaluation.report import Examined, Part, Point, Report, Step
from mintmark.measures.intervals import wilson


def estimate(value: float, half: float, n: int = 2000, method: str = "bootstrap over rows") -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, n=n, method=method)


def claims() -> list[Claim | Finding]:
    """Return claims and findings of most aspects."""
    spread = random.Random(0)
    question = (
        "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?"
    )
    copy = "A robe takes 2 bolts of blue fiber and half that much white fibre. How many bolts does it take in total?"
    return [
        Claim(
            "fidelity",
            "c2st_auc",
            "above",
            estimate(0.93, 0.012, method="DeLong"),
            estimate(0.503, 0.021, method="DeLong"),
            "real rows against real rows",
            p=0.0005,
            risk="A classifier tells the synthetic rows from the real ones with an AUC of 0.93; real against real gives 0.50.",
            unclear="Whether a classifier tells the rows apart is open.",
            evidence=(
                Exhibit(
                    text="Sure! Here is a question about fractions: if a cake has 8 slices and Tom eats 3, what is left?",
                    id="row-0017",
                    note="Score 0.99: opens as a chat reply.",
                ),
                Exhibit(text="Let's calculate step by step how many apples remain.", id="row-0412", note="Score 0.98."),
            ),
            figure=histogram(
                "Scores of the critic",
                {
                    "data": [spread.gauss(0.8, 0.12) for _ in range(400)],
                    "reference": [spread.gauss(0.3, 0.15) for _ in range(400)],
                },
                x="held-out score",
                caption="The further apart, the easier the two sets are told apart.",
            ),
            method="Logistic regression on TF-IDF of word 1- and 2-grams, five folds, lengths matched; p by 2,000 permutations.",
            reference="Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests",
            details={"folds": 5, "n_permutations": 2000, "top_words": ["sure", "let's", "calculate"]},
        ),
        Claim(
            "copying",
            "near_copy_share",
            "above",
            wilson(212, 2000),
            wilson(9, 2000),
            "real rows against other real rows",
            risk="10.6 % of the rows are near copies of a reference row; among real rows 0.5 % are.",
            unclear="Near copies cannot be told from chance.",
            evidence=(
                Exhibit(
                    text=copy,
                    id="row-0099",
                    other=question,
                    other_id="gsm8k-0001",
                    other_of="reference",
                    note="Jaccard similarity 0.86 of word 3-grams.",
                ),
                Exhibit(
                    text="كم عدد التفاحات التي بقيت مع أحمد بعد أن أعطى نصفها لأخته؟",
                    id="row-1201",
                    other="كم عدد التفاحات التي بقيت مع أحمد بعد أن أعطى ربعها لأخته؟",
                    other_id="ref-88",
                    other_of="reference",
                ),
                Exhibit(text="<script>alert('x')</script> & <b>bold</b>", id="row-<img src=x onerror=alert(1)>"),
            ),
            method="MinHash candidates, exact Jaccard similarity of at least 0.7.",
            reference="Lee et al. 2022, Deduplicating training data makes models better; Broder 1997, On the resemblance of documents",
        ),
        Claim(
            "labels",
            "wrong_share",
            "above",
            wilson(103, 2000),
            wilson(60, 2000),
            "the noise that shuffled folds show",
            p=0.0004,
            risk="About 5 % of the labels contradict what the text says; 3 % would by chance.",
            unclear="Labels are open.",
            reference="Northcutt et al. 2021, Confident learning",
            method="Out-of-fold probabilities, prune by noise rate.",
        ),
        Claim(
            "diversity",
            "vendi_ratio",
            "below",
            estimate(0.99, 0.02),
            estimate(1.0, 0.03),
            "one half of the real rows against the other",
            p=0.3,
            margin=0.05,
            risk="The rows are less diverse than the real ones.",
            benefit="The rows are as diverse as the real ones: the Vendi ratio is 0.99 [0.97, 1.01].",
            unclear="Diversity is open.",
            reference="Friedman and Dieng 2023, The Vendi Score",
        ),
        Claim(
            "diversity",
            "tail_mass_kept",
            "below",
            estimate(0.81, 0.11),
            estimate(0.97, 0.03),
            "real rows in a second real sample",
            p=0.04,
            risk="The tail is cut.",
            unclear="81 % of the reference's tail is covered, with an interval from 70 to 92 %: too wide to judge.",
            figure=lines(
                "Tail kept by rank",
                [
                    {
                        "x": 10 * 2**i,
                        "value": 0.99 - 0.03 * i,
                        "low": 0.97 - 0.04 * i,
                        "high": 1 - 0.02 * i,
                        "series": s,
                    }
                    for i in range(7)
                    for s in ("data", "reference")
                ],
                x="rank",
                y="mass kept",
                log_x=True,
            ),
        ),
        Claim(
            "utility",
            "synthetic_for_real",
            "below",
            estimate(0.71, 0.015, n=5, method="Student's t over seeds"),
            estimate(0.70, 0.012, n=5, method="Student's t over seeds"),
            "a model of as many real rows",
            p=0.8,
            margin=0.01,
            risk="Synthetic rows train a worse model.",
            benefit="A classifier of the synthetic rows reaches a macro-F1 of 0.71 on real rows; as many real rows give 0.70.",
            unclear="Utility is open.",
            figure=intervals(
                "Macro-F1 on real rows",
                [
                    {"label": name, "value": v, "low": v - 0.02, "high": v + 0.02, "null_low": 0.69, "null_high": 0.71}
                    for name, v in (
                        ("real rows only", 0.70),
                        ("synthetic rows only", 0.71),
                        ("both", 0.74),
                        ("100 duplicates added", 0.70),
                    )
                ],
                x="macro-F1",
            ),
        ),
        Claim(
            "contamination",
            "humaneval_share",
            "above",
            wilson(0, 164, of="questions"),
            wilson(1, 164, of="questions"),
            "questions of a later year",
            margin=0.05,
            risk="Test questions stand in the rows.",
            benefit="None of HumanEval's 164 questions stands in the rows.",
            unclear="Contamination is open.",
        ),
        Claim(
            "bias",
            "pronoun_gap",
            "above",
            estimate(0.06, 0.05),
            estimate(0.01, 0.03),
            "the reference against itself",
            p=0.09,
            risk="Pronouns are skewed.",
            unclear="`He` is 6 points more frequent than in the reference; chance explains up to 5.",
            figure=bars(
                "Pronouns by profession",
                [
                    {"label": p, "value": v, "series": s}
                    for p in (
                        "nurse",
                        "engineer",
                        "a very long profession name that a label has to cut somewhere",
                        "teacher",
                    )
                    for s, v in (("data", spread.random()), ("reference", spread.random()))
                ],
                percent=True,
            ),
        ),
        Finding(
            aspect="process",
            metric="cost_per_kept_row",
            claim="A kept row cost 0.0021 dollars: 2.10 dollars for 1,000 rows.",
            kind="fact",
            details={"dollars": 2.1, "kept": 1000},
        ),
        Finding(
            aspect="copying",
            metric="pii_counts",
            claim="3 e-mail addresses and no card number stand in the rows.",
            kind="fact",
            evidence=(Exhibit(text="Write to jo…@example.org for the answer.", id="row-7"),),
        ),
        needs("safety", "unsafe_share", "a guard model (`--guard`)", "How many rows are unsafe is not known."),
        needs(
            "promise",
            "judge_gap",
            "a judge of another family than the generator",
            "Whether a judge prefers its own family is not known.",
        ),
        needs(
            "grounding",
            "likelihood_gain",
            "a scoring model (`--model`)",
            "Whether answers follow from their passages is not known.",
        ),
        needs(
            "utility",
            "held_out_loss",
            "a scoring model (`--model`)",
            "What the rows are worth to a language model is not known.",
        ),
        Finding(
            aspect="fidelity",
            metric="map",
            claim="The two sets overlap in the map of latent vectors.",
            kind="fact",
            figure=points(
                "Rows in the plane",
                [
                    {
                        "x": spread.gauss(i % 2, 1),
                        "y": spread.gauss(0, 1),
                        "series": ("data", "reference")[i % 2],
                        "text": "t",
                    }
                    for i in range(300)
                ],
            ),
        ),
    ]


def report(**more: object) -> Report:
    """Return a report with every part filled."""
    spread = random.Random(1)
    given: dict[str, object] = {
        "title": "Synthetic questions against GSM8K",
        "examined": Examined(
            data="runs/faq",
            rows=2000,
            columns=("id", "question", "answer", "context"),
            task="qa",
            reference="gsm8k/train.jsonl",
            reference_rows=7473,
            sources="docs/",
            documents=412,
            benchmarks=("HumanEval",),
            models=("writer: local/smollm2",),
            embedder="latent vectors of words (SVD of TF-IDF)",
            seed=0,
            version="0.1.0",
            command="mintmark evaluate runs/faq --reference gsm8k/train.jsonl",
        ),
        "findings": [
            f
            if f.command
            else f.model_copy(update={"command": "mintmark evaluate runs/faq --reference gsm8k/train.jsonl"})
            for f in settle(claims())
        ],
        "waterfall": (
            Step(
                step="generate.grounded_qa",
                came=1000,
                born=3200,
                used=1000,
                kept=3110,
                failed=90,
                reasons={"no_json": 90},
            ),
            Step(
                step="curate.grounding",
                came=3110,
                kept=2410,
                dropped=690,
                failed=10,
                reasons={"low_gain": 610, "no_answer_in_passage": 80, "outage": 10},
            ),
            Step(step="curate.minhash", came=2410, kept=2000, dropped=410, reasons={"near_duplicate": 410}),
        ),
        "parts": (
            Part(by="source", label="docs/peps/pep-0008.rst", kept=900, removed=300),
            Part(by="source", label="docs/httpx.md", kept=700, removed=610),
            Part(by="source", label="docs/datasette.md", kept=400, removed=290),
        ),
        "points": tuple(
            Point(
                x=spread.gauss(2 * (i % 3 == 0), 1),
                y=spread.gauss(i % 3 == 0, 1),
                series="data" if i % 3 else "reference",
                text=f"Row {i}: how many apples?",
                id=f"row-{i}",
            )
            for i in range(600)
        ),
        "points_caption": "The rows' latent vectors in the plane (t-SNE, 600 rows); distances far apart mean little.",
        "checked": {"fidelity.c2st_auc": "gives 0.973 on human against model-written questions, as published"},
        **more,
    }
    return Report(**given)  # type: ignore[arg-type]
