"""The dataset card: what it says is what the run says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.support.made import make_run

import mintmark as mm
from mintmark.core import yamlio
from mintmark.core.store import RunFolder
from mintmark.publish.card import card, write_card
from mintmark.publish.card_facts import cited, file_license, licenses, limits, reference_of, size_category, tasks


def front_matter(text: str) -> dict[str, Any]:
    head = text.split("---\n")[1]
    return dict(yamlio.read(head)[0])


def content_of(run: Path) -> dict[str, Any]:
    return dict(orjson.loads((run / "manifest.json").read_bytes())["content"])


def test_the_front_matter_is_what_a_hub_reads(made: Path) -> None:
    assert front_matter((made / "README.md").read_text()) == {
        "pretty_name": "otters",
        "license": "cc-by-4.0",
        "size_categories": ["n<1K"],
        "task_categories": ["question-answering"],
        "tags": ["synthetic", "mintmark"],
        "configs": [{"config_name": "default", "data_files": "data/*.parquet"}],
    }


def test_the_recipe_in_the_card_is_the_recipe(made: Path) -> None:
    text = (made / "README.md").read_text()
    recipe = text.split("```yaml\n")[1].split("\n```")[0]
    assert mm.Recipe.from_yaml(recipe) == mm.Recipe.from_file(made / "recipe.yaml")


def test_the_card_says_counts_models_licence_methods_and_limits(made: Path) -> None:
    text = (made / "README.md").read_text()
    assert "| `curate.length` | 6 | 0 | 0 | 2 | 0 | 4 | too_short 2 |" in text
    assert "| writer | `scripted/made` | id scripted/made | 8 |" in text
    assert "- source (`documents`): CC-BY-4.0" in text
    assert "Rae et al. 2021" in text and "Brown et al. 2020" in text
    assert "`curate.exact`, `curate.minhash` ran: duplicates" in text
    assert "`curate.length`, `curate.expression` ran" not in text  # one of them did


def test_a_replay_writes_the_same_card(made: Path, tmp_path: Path) -> None:
    mm.replay(made, tmp_path / "again")
    assert (tmp_path / "again" / "README.md").read_bytes() == (made / "README.md").read_bytes()


def test_the_same_run_elsewhere_has_the_same_card(made: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path)
    docs = str(tmp_path / "docs").encode()
    first = (made / "README.md").read_bytes().replace(str(made.parent / "docs").encode(), docs)
    assert (other / "README.md").read_bytes() == first


def test_an_undeclared_licence_is_said_plainly(made: Path) -> None:
    content = content_of(made)
    content["recipe"]["source"]["documents"]["license"] = None
    text = card(content, {"id": "string"})
    assert "license" not in front_matter(text)
    assert "- source (`documents`): not declared" in text and "find it out" in text


def test_no_text_of_a_row_or_recipe_breaks_the_card(made: Path) -> None:
    content = content_of(made)
    content["name"] = "a | b\n---\n# c"
    content["waterfall"][0]["reasons"] = {"pipe|d": 1}
    content["recipe"]["steps"][0]["generate.prompt"]["prompt"] = "```\nno end\n````"
    text = card(content, {"id": "string"}, {"id": "1", "text": "```" + "x" * 1000})
    assert front_matter(text)["pretty_name"] == "a | b --- # c"
    assert "pipe\\|d 1" in text
    assert "`````yaml\n" in text and "x" * 401 not in text


def test_a_card_needs_no_rows(made: Path, tmp_path: Path) -> None:
    run = RunFolder(shutil.copytree(made, tmp_path / "run"))
    shutil.rmtree(run / "data")
    content = content_of(made) | {"kept": 0, "name": None}
    write_card(run, content)
    text = (run / "README.md").read_text()
    assert "# Synthetic dataset" in text and "The first row" not in text


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**12, "n>1T"), (10**12 - 1, "100B<n<1T")],
)
def test_size_categories(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_tasks_follow_roles() -> None:
    assert tasks(["question", "answer", "context"]) == ["question-answering"]
    assert tasks(["messages"]) == tasks(["instruction", "response"]) == ["text-generation"]
    assert tasks(["text"]) == []


def test_licences_of_every_source() -> None:
    recipe = {"source": {"files": {"license": "MIT"}}, "inputs": {"few": {"files": {}}}}
    assert licenses(recipe) == [("source (`files`)", "MIT"), ("input `few` (`files`)", None)]
    assert file_license(["MIT", None]) is file_license(["MIT", "CC0-1.0"]) is file_license([]) is None


def test_references_are_read_from_docstrings() -> None:
    assert (
        reference_of("One.\n\n    Reference: A et al.,\n      section 2.\n\n    Example: no") == "A et al., section 2."
    )
    assert reference_of("One.") == ""
    assert [name for name, _ in cited(["curate.length", "curate.length", "no.such"])] == ["curate.length"]


def test_limits_name_what_is_short_or_unpriced(made: Path) -> None:
    content = content_of(made)
    content["short"], content["calls"]["unpriced"] = "4 of 9 rows", 3
    said = " ".join(limits(content))
    assert "4 of 9 rows" in said and "price of 3 calls" in said


def test_a_quota_is_shown_value_by_value_with_those_that_got_nothing(tmp_path: Path) -> None:
    rows = "[{leaf: a, text: one two}, {leaf: a, text: three four}, {leaf: b, text: short}, {leaf: c, text: five six}]"
    recipe = mm.Recipe.from_yaml(
        f"rows: {{by: leaf, each: 2}}\nsource: {{rows: {{rows: {rows}}}}}\n"
        "steps: [curate.length: {on: text, min_words: 2}]"
    )
    recipe.run(tmp_path / "run", progress=False, workspace=None)
    text = (tmp_path / "run" / "README.md").read_text()
    assert "1 of 3 values of `leaf` have the 2 rows that were asked for." in text
    assert "| `a` | 2 |\n| `b` | 0 |\n| `c` | 1 |" in text
    mm.replay(tmp_path / "run", tmp_path / "again")
    assert (tmp_path / "again" / "README.md").read_text() == text
