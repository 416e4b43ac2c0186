"""Who wrote and who judged, also where a step holds other steps."""

from __future__ import annotations

from mintmark.core.recipe import Recipe
from mintmark.engines.plan import plan
from mintmark.models.families import circular, deciders

NESTED = """
source: {rows: {rows: [{topic: tides, kind: a}]}}
models: {writer: scripted/one-1, judge: scripted/one-2, other: scripted/two}
steps:
  - generate.route:
      by: kind
      routes:
        a:
          - generate.prompt:
              prompt: "{{ topic }}"
              draws: {n: 2, steps: [curate.judge: {rubric: Good?, model: %s}]}
"""


def test_steps_that_a_step_holds_are_looked_at() -> None:
    for judge, warned in (("judge", True), ("other", False)):
        text = NESTED.replace("Good?", "'Good?'") % judge
        found = plan(Recipe.from_yaml(text))
        assert found.deciders[0] == [("generate.prompt", "scripted/one-1")]
        assert [step for step, _ in found.deciders[1]] == ["curate.judge"]
        assert bool(found.warnings) == warned and all("curate.judge judges with" in w for w in found.warnings)


def test_a_step_that_writes_may_judge_too() -> None:
    fields = {"model": "w", "judge": "j", "text": "j"}
    content = {
        "recipe": {"steps": [{"generate.preference": fields}, {"curate.exact": None}, "curate.exact"]},
        "models": {"w": {"spec": "openai/gpt-5"}, "j": {"spec": "http://h/v1", "identity": {"id": "gpt-4o"}}},
    }
    makers, judges = deciders(content)
    assert makers == [("generate.preference", "openai/gpt-5")] and judges == [("generate.preference", "gpt-4o")]
    assert circular(makers, judges) == judges and circular([], judges) == []
