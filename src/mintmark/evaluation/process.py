"""Cost and process: what came in, what was kept, what it cost, and whether every row can be traced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.intervals import wilson
from . import figures
from .claim import Claim, needs
from .subject import RunFacts, Subject, text_of

ASPECT = "process"
_CALL_FAILURES = (
    "http_", "batch_", "bad_reply", "certificate", "connection", "content_filter", "context_overflow", "cut_reply", "offline",
    "score_mismatch", "timeout",
)  # fmt: skip
_USUAL_LIMIT = 0.05


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return the waterfall, cost, failures, models and traceability that the run folder records."""
    content = subject.run.manifest.get("content") if subject.run is not None else None
    if subject.run is None or not isinstance(content, Mapping):
        return [
            needs(ASPECT, "waterfall", "the run folder that the rows came from", "How the rows were made is not known.")
        ]
    found: list[Claim | Finding] = [_waterfall(content), *_failed(content, subject.run.dropped)]
    return [*found, _cost(content), _models(subject.run), *_provenance(subject, content)]


def _waterfall(content: Mapping[str, Any]) -> Finding:
    steps: Sequence[Mapping[str, Any]] = content.get("waterfall") or []
    fates = {fate: sum(int(s.get(fate) or 0) for s in steps) for fate in ("dropped", "failed", "used")}
    kept = int(content.get("kept") or 0)
    candidates = kept + sum(fates.values())
    bars = [
        {"label": str(s.get("step")), "series": fate, "value": int(s.get(fate) or 0)}
        for s in steps for fate in ("kept", "dropped", "failed", "used") if s.get(fate)
    ]  # fmt: skip
    reasons: Counter[str] = Counter()
    for s in steps:
        for reason, count in (s.get("reasons") or {}).items():
            reasons[f"{s.get('step')}: {reason}"] += int(count)
    most = "; the commonest reason was " + _reason(reasons) if reasons else ""
    return Finding(
        aspect=ASPECT, metric="waterfall", kind="fact",
        claim=f"Of {candidates:,} candidate rows {kept:,} were kept, {fates['dropped']:,} dropped, {fates['failed']:,} failed and "
        f"{fates['used']:,} used to make others{most}.",
        estimate=wilson(kept, max(kept, candidates - fates["used"]), of="rows that were not used to make others"),
        figure=figures.bars("Rows at each step", bars, x="rows") if bars else None,
        method="Counted from the run's manifest; the estimate is the share kept of the rows that were not used to make others.",
        details={"steps": [dict(s) for s in steps], "reasons": dict(reasons.most_common(20))},
    )  # fmt: skip


def _reason(reasons: Counter[str]) -> str:
    (name, count), *_ = reasons.most_common(1)
    return f"`{name}` ({count:,})"


def _failed(content: Mapping[str, Any], dropped: Sequence[Mapping[str, Any]]) -> list[Claim | Finding]:
    """Return the share of rows that failed, against what the recipe allows, and the share that failed at a call."""
    from scipy.stats import binom

    n = sum(int(s.get("born") or 0) for s in content.get("waterfall") or [])
    count = int(content.get("failed") or 0)
    if not n:
        return [needs(ASPECT, "failed_share", "a run with at least one row", "Whether rows failed cannot be told.")]
    limit = float((content.get("recipe") or {}).get("max_failed", _USUAL_LIMIT))
    null = Estimate(value=limit, low=limit, high=limit, n=0, method="the recipe's max_failed")
    share = f"{count:,} of {n:,} candidate rows failed ({count / n:.1%}); the recipe allows {limit:.0%}."
    failed = [row for row in dropped if row.get("fate") == "failed"]
    at_calls = sum(
        int(k) for s in content.get("waterfall") or [] for r, k in (s.get("reasons") or {}).items() if str(r).startswith(_CALL_FAILURES)
    )  # fmt: skip
    calls = int((content.get("calls") or {}).get("count") or 0)
    found: list[Claim | Finding] = [
        Claim(
            ASPECT, "failed_share", "above", wilson(count, n), null, "what the recipe allows", risk=share, unclear=share, benefit=share,
            p=float(binom.sf(count - 1, n, limit)) if count else 1.0,
            evidence=[
                Exhibit(text=_first_text(row)[:400], id=str(row.get("id", "")), of="dropped",
                        note=f"{row.get('step')}: {row.get('reason')} {text_of(row.get('detail'))[:120]}".strip())
                for row in failed[:5]
            ],
            method="Failed rows of all rows read or born, from the manifest.",
        )
    ]  # fmt: skip
    if calls:
        found.append(
            Finding(
                aspect=ASPECT, metric="failed_calls_share", kind="fact", estimate=wilson(min(at_calls, calls), calls, of="calls"),
                claim=f"{at_calls:,} rows failed because a call did, in {calls:,} calls.",
                method="Failed rows whose reason is a call's, over the calls that were recorded; a call that was tried again and "
                "succeeded is no failure.",
            )
        )  # fmt: skip
    return found


def _cost(content: Mapping[str, Any]) -> Finding:
    spent: Mapping[str, Any] = content.get("calls") or {}
    kept = int(content.get("kept") or 0)
    tokens = {k: int(spent.get(k) or 0) for k in ("tokens_in", "tokens_out")}
    dollars, unpriced, calls = (
        float(spent.get("dollars") or 0),
        int(spent.get("unpriced") or 0),
        int(spent.get("count") or 0),
    )
    each = {"dollars": dollars / kept, "tokens": sum(tokens.values()) / kept, "calls": calls / kept} if kept else {}
    text = f"{calls:,} calls took {tokens['tokens_in']:,} tokens in and {tokens['tokens_out']:,} out and cost {_money(dollars)}"
    if unpriced:
        text += f", {unpriced:,} of them without a known price"
    if each:
        text += f": {number(each['calls'])} calls, {number(each['tokens'])} tokens and {_money(each['dollars'])} for each row kept"
    else:
        text += "; no row was kept"
    return Finding(
        aspect=ASPECT, metric="cost_per_row", kind="fact", claim=text + ".", method="Sums over the call log, from the manifest.",
        details={**tokens, "dollars": dollars, "unpriced": unpriced, "calls": calls, "per_row_kept": each,
                 "by_model": dict(spent.get("by_model") or {})},
    )  # fmt: skip


def _money(dollars: float) -> str:
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.6f}" if dollars else "$0"


def _models(run: RunFacts) -> Finding:
    content: Mapping[str, Any] = run.manifest["content"]
    models: Mapping[str, Any] = content.get("models") or {}
    versions: Mapping[str, Any] = (run.manifest.get("process") or {}).get("versions") or {}
    named = [f"{alias} is {model.get('spec')}" for alias, model in models.items()]
    pinned = {alias: sorted(set(model.get("identity") or {}) - {"id"}) for alias, model in models.items()}
    loose = [alias for alias, keys in pinned.items() if not keys]
    text = f"Models: {', '.join(named)}" if named else "No model was called"
    if loose:
        text += f"; {', '.join(loose)} {'is' if len(loose) == 1 else 'are'} known by name only, so the provider may have changed them"
    if versions:
        text += f". Made with {', '.join(f'{k} {v}' for k, v in versions.items())}"
    return Finding(
        aspect=ASPECT, metric="models", kind="fact", claim=text + ".", method="Read from the manifest.",
        details={"models": {a: dict(m) for a, m in models.items()}, "versions": dict(versions),
                 "recipe_fingerprint": content.get("fingerprint"), "known_by_name_only": loose},
    )  # fmt: skip


def _provenance(subject: Subject, content: Mapping[str, Any]) -> list[Claim | Finding]:
    """Return the share of kept rows whose lineage leads to a source and, where rows were generated, to calls."""
    assert subject.run is not None
    by_id = {str(row.get("id")): row for row in subject.run.lineage}
    if not by_id:
        return [
            needs(
                ASPECT, "provenance_share", "lineage.parquet of the run", "Whether each row can be traced is not known."
            )
        ]
    wants_calls = bool((content.get("calls") or {}).get("count"))
    lacking = {i: what for i in subject.data.ids if (what := _lacks(i, by_id, wants_calls))}
    n = len(subject.data)
    whole = n - len(lacking)
    reasons = Counter(lacking.values())
    tail = "".join(f"; {count:,} have {what}" for what, count in sorted(reasons.items()))
    texts = dict(zip(subject.data.ids, subject.data.texts))
    return [
        Finding(
            aspect=ASPECT, metric="provenance_share", kind="fact", estimate=wilson(whole, n),
            claim=f"{whole:,} of {n:,} rows can be traced to a source{' and the calls that made them' if wants_calls else ''}{tail}.",
            evidence=tuple(Exhibit(text=texts[i][:400], id=i, note=f"has {what}") for i, what in list(lacking.items())[:5]),
            method="A row is traced where its ancestors in lineage.parquet end at rows with a place in a source, and one of them "
            "or the row itself names a call.", details=dict(reasons),
        )
    ]  # fmt: skip


def _lacks(row: str, by_id: Mapping[str, Mapping[str, Any]], wants_calls: bool) -> str:
    """Return what is missing on the way from a row to its sources, "" where nothing is."""
    seen: set[str] = set()
    stack, spans, calls = [row], 0, 0
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        if one not in by_id:
            return "no lineage" if one == row else "a parent without lineage"
        record = by_id[one]
        calls += len(record.get("calls") or ())
        parents = [str(p) for p in record.get("parents") or ()]
        if not parents and not (record.get("source") or {}).get("path"):
            return "no place in a source"
        spans += not parents
        stack.extend(parents)
    if not spans:
        return "parents in a circle"
    return "no recorded call" if wants_calls and not calls else ""


def _first_text(row: Mapping[str, Any]) -> str:
    skip = ("id", "fate", "step", "reason", "detail")
    return next((text for k, v in row.items() if k not in skip and (text := text_of(v))), "")
