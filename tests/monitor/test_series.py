"""A series of versions: drift, collapse, staleness, and calm where nothing happens."""

from __future__ import annotations

import random

import pytest
from tests.evaluation.data import gsm8k

from mintmark.core.finding import Finding
from mintmark.measures.intervals import wilson
from mintmark.monitor.series import Report, Version, examine

from .worlds import accumulated, replaced


def questions(count: int) -> list[str]:
    rows = gsm8k(7473)
    random.Random(7).shuffle(rows)
    return [r["question"] for r in rows[:count]]


def risks(report: Report, aspect: str = "") -> set[str]:
    return {f.name for f in report.now if f.kind == "risk" and f.aspect.startswith(aspect)}


def series(*texts: list[str], **more: object) -> Report:
    return examine([Version(f"v{i}", t) for i, t in enumerate(texts, 1)], **more)  # type: ignore[arg-type]


def generations(sets: list[list[str]]) -> Report:
    return examine([Version(f"g{i}", t, generation=i) for i, t in enumerate(sets)])


def test_draws_from_one_set_are_calm() -> None:
    texts = questions(1500)
    report = series(texts[:500], texts[500:1000], texts[1000:])
    assert not [f.name for f in (*report.now, *report.past) if f.kind == "risk"]
    assert {f.aspect for f in report.now} == {"drift", "drift_since_first", "collapse"}
    assert len(report.past) == 4
    assert Report.model_validate_json(report.to_json()) == report


def test_the_same_version_twice_has_not_drifted() -> None:
    texts = questions(300)
    report = series(texts, texts)
    assert not risks(report)
    (jsd,) = [f for f in report.now if f.name == "drift.token_jsd"]
    assert jsd.estimate is not None and jsd.estimate.value == 0 and jsd.p == 1
    (auc,) = [f for f in report.now if f.name == "drift.c2st_auc"]
    assert auc.estimate is not None and auc.estimate.value <= 0.55


def test_the_same_look_gives_the_same_bytes() -> None:
    texts = questions(200)
    assert series(texts[:100], texts[100:]).to_json() == series(texts[:100], texts[100:]).to_json()


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda t, i: "Sure! Here is a question about school. " + t if i % 2 else t, {"drift.token_jsd", "drift.c2st_auc"}),
        (lambda t, i: " ".join(t.split()[: len(t.split()) // 2]), {"drift.length_ratio"}),
        (lambda t, i: t + " blockchain kubernetes" if i % 3 == 0 else t, {"drift.new_word_share"}),
    ],
)  # fmt: skip
def test_planted_changes_are_found_by_their_names(spoil, found: set[str]) -> None:  # type: ignore[no-untyped-def]
    texts = questions(1000)
    report = series(texts[:500], [spoil(t, i) for i, t in enumerate(texts[500:])])
    assert found <= risks(report, "drift")


def test_the_words_that_came_are_shown() -> None:
    texts = questions(400)
    report = series(texts[:200], [t + " blockchain" for t in texts[200:]])
    (new,) = [f for f in report.now if f.name == "drift.new_word_share"]
    assert new.evidence[0].text == "blockchain"


def test_generations_that_replace_collapse_and_those_that_accumulate_fresh_real_data_do_not() -> None:
    texts = questions(1600)
    gone = generations(replaced(texts[:400], 3, seed=1, cut=0.02))
    assert {"collapse.types_kept", "collapse.distinct_2_trend", "collapse.tail_mass_kept"} <= risks(gone, "collapse")
    fresh = [texts[400 + i * 400 : 800 + i * 400] for i in range(3)]
    kept = generations(accumulated(texts[:400], fresh, seed=1, cut=0.02))
    assert not risks(kept, "collapse")
    assert not risks(generations([texts[i * 400 : (i + 1) * 400] for i in range(4)]), "collapse")


def test_generations_come_in_their_order_and_versions_without_them_in_the_order_given() -> None:
    sets = replaced(questions(300), 2, seed=3, cut=0.05)
    shuffled = examine(
        [Version("b", sets[2], generation=2), Version("a", sets[0], generation=0), Version("c", sets[1], generation=1)]
    )
    (f,) = [f for f in shuffled.now if f.name == "collapse.types_kept"]
    assert f.details["versions"] == ["a", "c", "b"]
    assert f.estimate is not None and f.estimate.high < 1
    (f,) = [f for f in series(*sets).now if f.name == "collapse.types_trend"]
    assert "version" in f.claim


def test_one_version_alone_says_that_nothing_can_be_judged() -> None:
    for report in (series(questions(100)), series()):
        assert report.now and all(f.needs and f.kind == "question" for f in report.now)
        assert any("there is one version" in f.claim or "there is no version" in f.claim for f in report.now)


def test_an_empty_version_is_said_and_those_around_it_are_judged() -> None:
    texts = questions(300)
    report = series(texts[:150], [""] * 40, texts[150:])
    assert report.left_out == ("v2: 0 rows with text, fewer than 20",)
    assert all(f.estimate is not None for f in report.now if f.aspect == "drift")
    last = series(texts[:150], [])
    assert all(f.needs for f in last.now)
    assert "v2 has 0" in last.now[0].claim


def test_odd_texts_do_no_harm() -> None:
    series(["猫が好きです。" * 3] * 30, ["犬が好きです。"] * 30)
    series(["x"] * 30, ["x"] * 30)
    series([f"word{i}" for i in range(30)], ["big " * 100_000, *["small one"] * 30])
    series(["?!"] * 25, ["\ud800 \x00"] * 25)


def test_two_versions_of_one_name_are_told_apart() -> None:
    texts = questions(100)
    report = examine([Version("faq", texts[:50]), Version("faq", texts[50:]), Version("faq\udcff", texts)])
    assert [v.name for v in report.versions] == ["faq", "faq (2)", "faq?"]
    report.to_json()


def test_staleness_is_measured_against_the_older_real_data() -> None:
    texts = questions(1200)
    # The dataset is not like real data: that alone must not call it stale.
    made = Version("made", ["Question: " + t.lower() for t in texts[:400]])
    old, fresh = Version("old", texts[400:800]), texts[800:]
    calm = examine([made], live=Version("fresh", fresh), reference=old)
    assert not risks(calm, "staleness")
    moved = examine([made], live=Version("fresh", [t + " on her quokka telemetry" for t in fresh]), reference=old)
    assert {"staleness.token_jsd", "staleness.c2st_auc"} <= risks(moved, "staleness")
    (oov,) = [f for f in moved.now if f.name == "staleness.oov_share"]
    assert oov.kind == "risk" and oov.evidence[0].text in ("quokka", "telemetry")
    alone = examine([made], live=Version("fresh", fresh))
    (jsd,) = [f for f in alone.now if f.name == "staleness.token_jsd"]
    assert jsd.kind == "risk" and "older real data" in jsd.claim
    few = examine([made], live=Version("fresh", fresh[:3]), reference=old)
    assert all(f.needs for f in few.now if f.aspect == "staleness")


def test_metrics_of_the_versions_evaluations_are_followed() -> None:
    def own(hits: int) -> list[Finding]:
        return [Finding(aspect="copying", metric="share", claim="c", kind="risk", estimate=wilson(hits, 100))]

    texts = questions(80)
    report = examine([Version("a", texts[:40], own(1)), Version("b", texts[40:], own(50))])
    assert "copying.share" in {t.name for t in report.tracks}
    assert any(f.name == "copying.share" for f in report.now)
