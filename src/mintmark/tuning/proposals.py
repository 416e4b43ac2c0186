"""Prompts written by a model that is shown the present one, what did not pass, and how earlier ones fared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..core import yamlio
from ..core.dataset import Row
from ..core.errors import RowFailure
from ..core.recipe import Recipe
from ..core.settings import ModelSpec
from ..core.template import template
from ..models.bridge import Bridge
from .variants import Place, Variant

SHAPE = {
    "type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"], "additionalProperties": False,
}  # fmt: skip
ANGLES = (
    "Say plainly what the checks want.",
    "Name the mistakes that were made and say to avoid them.",
    "State length and form exactly.",
    "Make it as short as it can be.",
    "Describe the reader and the purpose.",
    "Say in which order to think before writing.",
)
"""What each proposal is asked to look at, so that they differ."""
LOST_SHOWN, CHARS, MAX_TOKENS = 6, 300, 400
_META = ("id", "fate", "step", "reason", "detail")


def proposals(
    spec: ModelSpec, log: Path, recipe: Recipe, place: Place, best: Variant, lost: Sequence[Row], share: float,
    history: Sequence[tuple[str, float]], number: int,
) -> list[str]:  # fmt: skip
    """Return so many texts, "" for a reply that cannot be read; one call each, written to the log.

    Args:
        spec: the model that writes.
        best: the variant to improve on.
        lost: rows that did not pass, with step and reason; none that anything is judged on.
        share: what the variant scored.
        history: earlier texts and what they scored.

    Reference: Zhou et al. 2022, Large Language Models Are Human-Level Prompt Engineers (APE), arXiv 2211.01910; Yang et al.
    2023, Large Language Models as Optimizers (OPRO), arXiv 2309.03409, for the history.
    """
    current = str(getattr(best.recipe(recipe, place).steps[place.index], place.field))
    checks = [{s.op_name: s.model_dump(mode="json", exclude_defaults=True, by_alias=True)} for s in recipe.steps]
    asks = [
        _ask(current, place, checks[place.index + 1 :], lost, share, history, ANGLES[n % len(ANGLES)])
        for n in range(number)
    ]
    bridge = Bridge(spec, log)

    async def one(n: int, ask: str) -> str:
        try:
            reply = await bridge.structured(
                "", [{"role": "user", "content": ask}], SHAPE, tries=1, sample=n, temperature=1.0, max_tokens=MAX_TOKENS
            )
        except RowFailure:
            return ""
        return str(reply["prompt"])

    try:
        return bridge.gather([partial(one, n, ask) for n, ask in enumerate(asks)])
    finally:
        bridge.close()


def _ask(
    current: str, place: Place, checks: Sequence[Any], lost: Sequence[Row], share: float,
    history: Sequence[tuple[str, float]], angle: str,
) -> str:  # fmt: skip
    names = [n for n in template(current).names if n != "row"]
    parts = [
        f"This template is filled in for each row of a dataset and given to a language model (its `{place.field}`):",
        f"---\n{current}\n---",
        f"Of what came of it, a share of {share:.2f} was of use.",
    ]
    if checks:
        parts.append(f"What is made must pass these checks:\n{yamlio.write(list(checks)).strip()}")
    if lost:
        parts.append("These did not pass:\n" + "\n".join(f"- {_told(row)}" for row in _unlike(lost)))
    if history:
        worst_first = sorted(history, key=lambda pair: pair[1])[-5:]
        told = "\n".join(f"- scored {value:.2f}: {_cut(text)}" for text, value in worst_first)
        parts.append(f"Earlier templates, the best last:\n{told}")
    keep = f" Keep {', '.join('{{ ' + n + ' }}' for n in names)} in it." if names else ""
    parts.append(f'Write one better template. {angle}{keep} Reply with JSON: {{"prompt": "..."}}')
    return "\n\n".join(parts)


def _unlike(lost: Sequence[Row]) -> list[Row]:
    """Return a few rows, of every reason before a second of any."""
    seen: dict[Any, int] = {}
    ranked = []
    for row in lost:
        kind = (row["step"], row["reason"])
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], row))
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])[:LOST_SHOWN]]


def _told(row: Row) -> str:
    detail = f" {row['detail']}" if row.get("detail") else ""
    values = "; ".join(f"{k}: {v}" for k, v in row.items() if k not in _META and isinstance(v, str))
    return f"{row['step']}: {row['reason']}{_cut(detail)} ({_cut(values)})"


def _cut(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= CHARS else f"{folded[:CHARS]}…"
