"""The search for a better prompt: variants, successive halving, and a judgement on rows that nothing was chosen on."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ..core.errors import RecipeError, RunError
from ..core.finding import Estimate
from ..core.fingerprint import digest, seed_for
from ..core.recipe import Recipe
from ..core.settings import ModelSpec
from ..engines.feed import feed
from ..judging import RUBRIC
from ..measures.paired import paired_gain
from .bench import Bench, Metric, Tried
from .edit import edited
from .evidence import Generation, Tuned
from .halving import Measured, halve, rungs
from .proposals import proposals
from .variants import Place, Variant, place_of, rewritten, settings

MOST_ROWS = 5_000
"""Source rows that the slices are drawn from at most."""
SHOWN, LEAST_SHOWN, LEAST_CHOSEN, LEAST_JUDGED = 16, 4, 8, 10
PILOT, SEARCH = 0.1, 0.55
"""Parts of the budget for the first look and for the search; what is left judges the best."""
GENERATIONS = 2
LEAST_TRIALS, LEAST_FIRST_TURN = 24, 2


def tune(
    text: str, *, metric: Metric, budget: int, log: Path, file: str = "recipe.yaml", step: str | None = None,
    writer: str | None = None, judge: str | None = None, rubric: str = RUBRIC, variants: int = 8, seed: int = 0,
    tell: Callable[[str], None] = lambda text: None,
) -> Tuned:  # fmt: skip
    """Return what a search for a better template has found, with the evidence.

    The source's rows are cut into three slices. On the first the original is run, and a model is shown what did not pass. On
    the second variants of the template, of its examples and of its temperature run against the original by successive halving,
    twice: the second time they are made from the best of the first. On the third, which nothing was chosen on, the best and the
    original are compared row by row.

    Args:
        text: the recipe.
        metric: what a kept row is worth: 1, a judge's score, or the gain that `curate.grounding` measured.
        budget: calls in all, whether asked now or answered by the log.
        log: where calls are written; the same search with the same log asks nothing again.
        step: the step to tune; the first with a template where not given.
        writer: the model that writes variants; the step's own where not given.
        judge: the model that scores, for the metric `judge`.
        variants: how many run against the original each time, at most.

    Guarantees:
        No row on which the gain is measured was seen by anything that made or chose the variant, nor was one of equal content.

    Raises:
        RecipeError: no template, too few source rows, or a metric that the tuned step decides by itself.
        RunError: the budget is too small to tell anything.

    Reference: Jamieson, Talwalkar 2016 (successive halving); Zhou et al. 2022 (APE); Yang et al. 2023 (OPRO).
    """
    recipe = Recipe.from_yaml(text, file=file)
    place = place_of(recipe, step)
    _check_metric(recipe, place, metric, judge)
    author = _author(recipe, place, writer)
    rng = random.Random(seed_for(seed, "tune"))
    shown, chosen_on, judged_on = _slices(recipe, rng)
    bench = Bench(log, metric, max(1, int(PILOT * budget)), judge, rubric)
    found = Tuned(place, metric, seed, budget)

    log.parent.mkdir(parents=True, exist_ok=True)
    tell("a first look at the original")
    bench.run(recipe, 0, shown[:2])  # which tells how many rows the budget allows
    first = bench.run(recipe, 0, shown)
    trials = int(SEARCH * budget / bench.a_row)
    judged_on = judged_on[: int((1 - PILOT - SEARCH) * budget / (2 * bench.a_row))]
    if len(judged_on) < LEAST_JUDGED or trials < LEAST_TRIALS:
        needs = bench.a_row * max(2 * LEAST_JUDGED / (1 - PILOT - SEARCH), LEAST_TRIALS / SEARCH)
        raise RunError(
            f"the budget of {budget:,} calls is too small: a source row takes {bench.a_row:.1f} calls", where="tune",
            remedy=f"give {int(needs) + 1:,} or more",
        )  # fmt: skip

    best, history = Variant("original"), list[tuple[str, float]]()
    generations = GENERATIONS if trials >= GENERATIONS * LEAST_TRIALS else 1
    for number in range(generations):
        bench.budget = int((PILOT + SEARCH * (number + 1) / generations) * budget)
        own = trials // generations
        if best.number:  # what is improved on now is another variant, with losses of its own
            again = bench.run(best.recipe(recipe, place), best.number, shown[: len(first.values)])
            first = again if again.values else first
        made = _made(recipe, place, best, first, history, author, bench, found, _affordable(own, variants), rng)
        arms = [best, *made]
        tell(f"search {number + 1} of {generations}: {len(arms) - 1} variants against variant {best.number}")
        turns = rungs(len(arms), own, len(chosen_on))
        left, ran = halve(arms, turns, lambda arm, rows: _values(bench, recipe, place, arm, chosen_on[:rows]))
        found.generations.append(Generation(tuple(arms), tuple(ran), left))
        if ran:
            history += [(_text(recipe, place, arms[i]), value) for i, value in ran[0].means.items()]
        best = left
    turns_ran = [turn.rows for one in found.generations for turn in one.turns]
    found.slices = {"shown": len(first.values), "chosen_on": max(turns_ran, default=0), "judged_on": 0}
    found.best = best
    bench.budget = budget
    if best.how != "original":
        tell(f"variant {best.number} against the original on {len(judged_on):,} rows kept for the end")
        _judge(found, bench, recipe, place, best, judged_on)
    found.spent = bench.spent
    if found.better:
        found.text = edited(text, recipe, place, best)
    return found


def _judge(found: Tuned, bench: Bench, recipe: Recipe, place: Place, best: Variant, places: list[int]) -> None:
    before = bench.run(recipe, 0, places).values
    after = bench.run(best.recipe(recipe, place), best.number, places).values
    both = sorted(before.keys() & after.keys())
    if not both:
        return
    old, new = [before[row] for row in both], [after[row] for row in both]
    span = {"kept": 1.0, "judge": 4.0}.get(bench.metric) or max(1e-9, *map(abs, old), *map(abs, new))
    found.before, found.after = _mean(old, span), _mean(new, span)
    found.gain = paired_gain(old, new, span=span)
    found.slices["judged_on"] = len(both)


def _mean(values: list[float], span: float) -> Estimate:
    """Return the mean with an interval that does not shrink to nothing where all values are the same."""
    found = paired_gain([0.0] * len(values), values, span=span)
    return found if min(values) < 0 else found.model_copy(update={"low": max(0.0, found.low)})


def _values(bench: Bench, recipe: Recipe, place: Place, arm: Variant, places: list[int]) -> Measured:
    return bench.run(arm.recipe(recipe, place), arm.number, places).values


def _made(
    recipe: Recipe, place: Place, best: Variant, first: Tried, history: list[tuple[str, float]], author: ModelSpec,
    bench: Bench, found: Tuned, number: int, rng: random.Random,
) -> list[Variant]:  # fmt: skip
    """Return new variants of the best one: half written by a model, half by number and choice of examples and temperature."""
    known = {v.content for one in found.generations for v in one.tried}
    others = [v for v in settings(recipe, place, best, first.kept, rng) if v.content not in known][: number // 2]
    asked = number - len(others)
    share = sum(first.values.values()) / len(first.values)
    texts = proposals(author, bench.log, recipe, place, best, first.lost, share, history, asked)
    bench.spent += asked
    made: list[Variant] = []
    for text in texts:
        try:
            made.append(rewritten(recipe, place, best, text))
        except (RecipeError, ValueError) as e:
            found.refused.append((text, str(e).splitlines()[0] if text else "no reply that can be read"))
    unlike = {v.content: v for v in [*made, *others] if v.content not in known}
    taken = sum(len(g.tried) for g in found.generations) or 1
    return [replace(v, number=taken + i) for i, v in enumerate(unlike.values())]


def _affordable(trials: int, most: int) -> int:
    """Return how many variants can be tried, with the best beside them, on a few rows at least in the first turn."""
    number = most
    while number > 1 and rungs(number + 1, trials, trials)[0] < LEAST_FIRST_TURN:
        number -= 1
    return number


def _text(recipe: Recipe, place: Place, variant: Variant) -> str:
    return str(getattr(variant.recipe(recipe, place).steps[place.index], place.field))


def _slices(recipe: Recipe, rng: random.Random) -> tuple[list[int], list[int], list[int]]:
    """Return places of source rows: to show, to choose on, and to judge on; of rows with equal content only the first."""
    seen: dict[str, int] = {}
    for place, one in enumerate(islice(feed(recipe.source, 1, recipe.seed if recipe.shuffle else None), MOST_ROWS)):
        seen.setdefault(digest({k: v for k, v in one.row.items() if k not in ("id", "source_id")}), place)
    places = list(seen.values())
    rng.shuffle(places)
    needed = LEAST_SHOWN + LEAST_CHOSEN + LEAST_JUDGED
    if len(places) < needed:
        raise RecipeError(
            f"the source has {len(places):,} different rows, too few to choose on some and judge on others", where="tune",
            allowed=f"{needed} or more",
        )  # fmt: skip
    show = min(SHOWN, len(places) // 5)
    judged = max(LEAST_JUDGED, 2 * len(places) // 5)
    return places[:show], places[show : len(places) - judged], places[len(places) - judged :]


def _check_metric(recipe: Recipe, place: Place, metric: Metric, judge: str | None) -> None:
    step = recipe.steps[place.index]
    if metric != "judge" and not step.op_name.startswith("generate."):
        raise RecipeError(
            "a filter that is tuned to keep more ends by keeping everything", where=f"tune ({place.name})",
            remedy="take the metric `judge`, or name a step that writes with --step",
        )  # fmt: skip
    if metric == "judge" and judge is None:
        raise RecipeError("the metric `judge` needs a model that judges", where="tune", remedy="name one with --judge")


def _author(recipe: Recipe, place: Place, writer: str | None) -> ModelSpec:
    if writer is not None:
        return ModelSpec(spec=writer)
    alias = next((a for a, needs in recipe.steps[place.index].requires().items() if "chat" in needs), None)
    if alias is None:
        raise RecipeError("no model that can write variants", where="tune", remedy="name one with --writer")
    return recipe.models[alias]
