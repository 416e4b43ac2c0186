"""Fidelity: known figures on known data, faults found, one real set never called a risk."""

import csv
import json

import numpy as np
import pytest

from mintmark.core.finding import Finding
from mintmark.evaluation import fidelity, overfit, profiles
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Corpus, Subject
from mintmark.measures.critic import critique
from mintmark.measures.tokens import tokens

from .data import data, gsm8k, read_jsonl

ASPECTS = (fidelity, profiles, overfit)
METRICS = {
    "c2st_auc", "c2st_auc_embedding", "c2st_auc_length_matched", "prdc_precision", "prdc_recall", "prdc_density",
    "prdc_coverage", "mauve",
}  # fmt: skip


def hashed(texts):
    """Vectors that are made in no time: counts of words in 64 places, length 1."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(n_features=64, dtype=np.float32).transform(texts).toarray()


def subject(rows, reference, *, embed=hashed, **more):
    real = None if reference is None else Corpus.of("reference", reference)
    return Subject(Corpus.of("data", rows), real, embed=embed, **more)


def found(aspect, *given, **more) -> dict[str, Finding]:
    out = settle(aspect.examine(subject(*given, **more)))
    assert all(f.aspect == "fidelity" and f.claim.endswith((".", "?", ")")) for f in out)
    assert len({f.metric for f in out}) == len(out)
    json.dumps([f.model_dump() for f in out], allow_nan=False)
    return {f.metric: f for f in out}


def halves(rows, seed, size=None):
    order = np.random.default_rng(seed).permutation(len(rows))
    size = size or len(rows) // 2
    return [rows[i] for i in order[:size]], [rows[i] for i in order[size : 2 * size]]


def banking77():
    with data("banking77_nlupp", "banking_data", "train.csv").open(encoding="utf-8") as f:
        return [{"text": row["text"]} for row in csv.DictReader(f)]


def evals(kind: str, count: int):
    folder = data("model_written_evals", "advanced-ai-risk", f"{kind}_generated_evals")
    rows = [{"question": r["question"]} for p in sorted(folder.glob("*.jsonl")) for r in read_jsonl(p)]
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:count]]


def test_train_and_test_questions_of_gsm8k_are_alike():
    """Known: AUC about .49, the interval over .5; density 1, coverage .969."""
    train = [{"question": r["question"]} for r in gsm8k(2600)]
    test = [{"question": r["question"]} for r in read_jsonl(data("gsm8k", "test.jsonl"))]
    out = found(fidelity, test, train)
    assert set(out) == METRICS
    assert out["c2st_auc"].estimate.low < 0.5 < out["c2st_auc"].estimate.high
    assert abs(out["c2st_auc"].estimate.value - 0.5) < 0.03
    assert out["prdc_density"].estimate.value == pytest.approx(1, abs=0.08)
    assert out["prdc_coverage"].null.value == pytest.approx(0.969, abs=0.01)
    assert out["mauve"].estimate.value > 0.9
    assert not [f.name for f in out.values() if f.kind == "risk"]


def test_known_area_of_human_and_model_written_questions():
    """Known for 7,816 a side: AUC .973, by two folds; near duplicates kept together leave a little less."""
    given = subject(evals("lm", 7816), evals("human", 7816))
    a, b = given.lexical
    assert critique(a, b, folds=2).auc.value == pytest.approx(0.973, abs=0.003)


def test_human_and_model_written_questions_are_told_apart():
    """The model's text is the more diverse here."""
    rows, real = evals("lm", 2000), evals("human", 2000)
    out = found(fidelity, rows, real)
    assert 0.94 < out["c2st_auc"].estimate.value < 0.985
    for name in ("c2st_auc", "c2st_auc_embedding", "c2st_auc_length_matched", "prdc_coverage", "mauve"):
        assert out[name].kind == "risk", name
    assert out["c2st_auc"].null.low < 0.5 < out["c2st_auc"].null.high
    assert 1 <= len(out["c2st_auc"].evidence) <= 5 and out["c2st_auc"].figure is not None
    shown = {r["question"][:100] for r in rows}
    assert all(e.text[:100] in shown and len(e.text) <= 403 for e in out["c2st_auc"].evidence)
    lengths = found(profiles, rows, real)
    assert lengths["length_ks"].kind == "risk" and lengths["vocabulary_ratio"].kind == "benefit"
    assert lengths["vocabulary_ratio"].estimate.value > 1.2


def test_two_halves_of_one_set_are_no_risk():
    for seed, rows in enumerate((gsm8k(), banking77())):
        one, other = halves(rows, seed, 300)
        claims = [c for aspect in ASPECTS for c in aspect.examine(subject(one, other, seed=seed))]
        assert not [f.name for f in settle(claims) if f.kind == "risk"]


def test_same_input_same_findings():
    one, other = halves(gsm8k(200), 0)
    for aspect in ASPECTS:
        first, again = (aspect.examine(subject(one, other, seed=3)) for _ in range(2))
        assert [str(c) for c in first] == [str(c) for c in again]


def test_length_alone_is_told_from_wording():
    """Real rows, the long ones mostly called data: of rows of like length, nothing is left to tell."""
    rows = [{"text": r["answer"]} for r in gsm8k(3000)]
    length = np.array([len(tokens(r["text"])) for r in rows])
    chance = 1 / (1 + np.exp(-2 * (length - length.mean()) / length.std()))
    mine = np.random.default_rng(0).random(len(rows)) < chance
    long, short = ([r for r, m in zip(rows, mine) if m == side] for side in (True, False))
    out = found(fidelity, long, short)
    assert out["c2st_auc"].estimate.low > 0.6 and out["c2st_auc"].kind == "risk"
    assert out["c2st_auc_length_matched"].estimate.value < 0.55
    assert found(profiles, long, short)["length_ks"].kind == "risk"


ODD = {
    "empty": [],
    "one": [{"text": "a row"}],
    "two": [{"text": "a row"}, {"text": "another row"}],
    "no text": [{"text": ""}] * 50,
    "mixed": [{"text": None}, {"text": float("nan")}, {"text": 3}, {"other": "x"}, {"text": ["a", "b"]}] * 10,
    "the same": [{"text": "the very same words in every row"}] * 120,
    "signs": [{"text": "?!"}] * 120,
    "Chinese": [{"text": f"\u732b\u304c{chr(0x4E00 + i)}\u3044\u308b\u3002"} for i in range(120)],
    "Arabic": [{"text": f"\u0647\u0630\u0627 \u0646\u0635 {i}"} for i in range(120)],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("side", ["data", "reference", "both"])
def test_odd_rows_give_findings(name, side):
    plain = [{"text": f"plain row {i} of text that says {i * 7 % 13} things"} for i in range(120)]
    rows = ODD[name] if side != "reference" else plain
    real = ODD[name] if side != "data" else plain
    for aspect in ASPECTS:
        out = found(aspect, rows, real)
        assert out
        if name in ("empty", "one", "two", "no text"):
            assert all(f.kind in ("question", "fact") for f in out.values())
            assert all(f.needs for f in out.values() if f.kind == "question")


def test_a_row_of_two_megabytes():
    short = [{"text": f"a short row {i}"} for i in range(119)]
    for aspect in ASPECTS:
        out = found(aspect, [{"text": "word " * 400_000}, *short], short)
        assert all(len(e.text) <= 403 for f in out.values() for e in f.evidence)


def test_one_text_alone_has_latent_vectors_too():
    same = [{"text": "the very same words in every row"}] * 60
    out = found(fidelity, same, same, embed=None)
    assert out["c2st_auc_embedding"].estimate.value == 0.5 and not [f for f in out.values() if f.kind == "risk"]


def test_without_a_reference_nothing_passes():
    rows = [{"text": f"Once upon a time there was a number {i}."} for i in range(50)]
    for aspect in ASPECTS:
        out = found(aspect, rows, None)
        assert all(f.needs == "a reference of real rows" for f in out.values() if f.kind != "fact")
    fact = out["commonest_opening_share"]
    assert fact.kind == "fact" and fact.estimate.value == 1 and "once upon a time" in fact.claim
