"""What a search has found, and what it rests on: as data and as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..core.finding import Estimate
from .halving import Rung
from .variants import Place, Variant

CAUTION = "It was tuned to these checks alone, and what they do not see may be worse: look at what it makes."
REFERENCES = (
    "Jamieson, Talwalkar 2016, Non-stochastic Best Arm Identification and Hyperparameter Optimization (successive halving)",
    "Zhou et al. 2022, Large Language Models Are Human-Level Prompt Engineers, arXiv 2211.01910",
    "Yang et al. 2023, Large Language Models as Optimizers, arXiv 2309.03409",
    "Agresti, Min 2005, Simple improved confidence intervals for comparing matched proportions",
)


@dataclass(frozen=True)
class Generation:
    """One search: the variants that ran against each other, and the turns."""

    tried: tuple[Variant, ...]
    turns: tuple[Rung, ...]
    best: Variant


@dataclass
class Tuned:
    """How a search ended.

    Attributes:
        place: the step and its field.
        metric: what a row was worth.
        seed: of everything that was drawn.
        budget, spent: calls allowed and used.
        slices: source rows whose losses the writer was shown, on which variants were chosen, and that were kept for the end.
        generations: the searches.
        refused: texts that the writer gave and that are no variant, each with why.
        best: the variant that was left; the original where none did better.
        before, after: means over the rows kept for the end; None where the original was left.
        gain: after - before on those rows; None likewise.
        text: the better recipe; None where the gain's interval does not lie above 0.
    """

    place: Place
    metric: str
    seed: int
    budget: int
    spent: int = 0
    slices: dict[str, int] = field(default_factory=dict)
    generations: list[Generation] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    best: Variant = field(default_factory=lambda: Variant("original"))
    before: Estimate | None = None
    after: Estimate | None = None
    gain: Estimate | None = None
    text: str | None = None

    @property
    def better(self) -> bool:
        """Whether the gain's whole interval lies above 0."""
        return self.gain is not None and self.gain.low > 0

    @property
    def verdict(self) -> str:
        """One sentence that says how it ended."""
        if self.gain is None:
            return "No variant did better than the original on the rows on which variants were chosen; nothing was changed."
        told = f"{self.gain} on {self.gain.n:,} source rows that nothing was chosen on ({self.before} before, {self.after} after)"
        if self.better:
            return f"Variant {self.best.number} ({self.best.how}) is better than the original: a gain of {told}."
        return f"The best variant is not shown to be better than the original: a gain of {told}; nothing was changed."

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "verdict": self.verdict, "better": self.better, "step": self.place.name, "field": self.place.field,
            "metric": self.metric, "seed": self.seed, "budget_calls": self.budget, "used_calls": self.spent,
            "source_rows": self.slices, "best": self.best.number,
            "before": _told(self.before), "after": _told(self.after), "gain": _told(self.gain),
            "generations": [
                {
                    "tried": [_variant(v) for v in g.tried],
                    "turns": [{"rows": r.rows, "means": {str(g.tried[i].number): m for i, m in r.means.items()},
                               "left": [g.tried[i].number for i in r.left]} for r in g.turns],
                    "best": g.best.number,
                }
                for g in self.generations
            ],
            "refused": [{"text": text, "why": why} for text, why in self.refused],
            "references": list(REFERENCES),
        }  # fmt: skip

    def as_markdown(self, title: str) -> str:
        """Return the evidence as a short page."""
        lines = [
            f"# {title}",
            "",
            f"{self.verdict} {CAUTION}" if self.better else self.verdict,
            "",
            f"Step `{self.place.name}`, field `{self.place.field}`, metric `{self.metric}`, seed {self.seed}; "
            f"{self.spent:,} of {self.budget:,} calls.",
        ]
        shown, chosen, end = (self.slices.get(k, 0) for k in ("shown", "chosen_on", "judged_on"))
        lines.append(
            f"Source rows: {shown:,} whose losses the writer of variants was shown, {chosen:,} on which variants were chosen, "
            f"{end:,} kept for the end; no row is in two of them."
        )
        for number, one in enumerate(self.generations, 1):
            rows = [str(turn.rows) for turn in one.turns]
            lines += ["", f"## Search {number}", "", f"| variant | how | {' | '.join(f'on {r} rows' for r in rows)} |",
                      f"|---|---|{'---|' * len(rows)}"]  # fmt: skip
            for i, variant in enumerate(one.tried):
                cells = [f"{turn.means[i]:.3f}" if i in turn.means else "" for turn in one.turns]
                mark = " (left)" if variant is one.best else ""
                lines.append(f"| {variant.number}{mark} | {_how(variant)} | {' | '.join(cells)} |")
        if self.best.how != "original":
            lines += ["", f"## Variant {self.best.number}", ""]
            for name, value in self.best.fields.items():
                text = str(value).replace("```", "'''")
                lines += [f"`{name}`:", "", "```text", text, "```", ""]
        if self.refused:
            lines += [
                "",
                f"{len(self.refused)} texts of the writer were refused: " + "; ".join(w for _, w in self.refused),
            ]
        lines += ["", "References: " + "; ".join(REFERENCES) + "."]
        return "\n".join(lines) + "\n"


def _variant(v: Variant) -> dict[str, Any]:
    inputs = {k: [dict(r) for r in rows] for k, rows in v.inputs.items()}
    return {"number": v.number, "how": v.how, "parent": v.parent, "fields": dict(v.fields), "inputs": inputs}


def _how(v: Variant) -> str:
    if v.how in ("temperature", "shots"):
        return f"{v.how} {v.fields[v.how]:g}"
    return v.how if v.how == "original" else f"{v.how}, of {v.parent}"


def _told(e: Estimate | None) -> dict[str, Any] | None:
    return None if e is None else e.model_dump()
