"""A recipe is data: what it cannot reach, and what never leaves the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.api import Recipe
from mintmark.core.errors import MintmarkError, RowFailure
from mintmark.core.template import Template
from mintmark.models.scripted import scripted
from mintmark.sources.documents import Documents
from mintmark.sources.files import Files

ESCAPES = (
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ row['__class__'] }}",
    "{{ row.__init__.__globals__ }}",
    "{% set x = row.__class__ %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
)
RUNTIME_ESCAPES = (
    "{{ a[b] }}",
    "{{ a.format(1) }}",
    "{{ a * 99999999 }}",
    "{{ 9 ** 9999 }}",
    "{% for i in range(9) %}x{% endfor %}",
    "{{ row.pop('a') }}",
    "{{ cycler }}",
    "{{ self }}{{ lipsum }}",
)


@pytest.mark.parametrize("text", ESCAPES)
def test_an_escape_is_refused_when_the_template_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"template line \d+|template"):
        Template(text)


@pytest.mark.parametrize("text", RUNTIME_ESCAPES)
def test_an_escape_by_a_value_fails_the_row(text: str) -> None:
    with pytest.raises(RowFailure) as found:
        Template(text).render({"a": "x", "b": "__class__", "row": {"a": 1}})
    assert found.value.reason == "template_error"


def test_a_template_cannot_fill_the_memory() -> None:
    row = {"many": ["x" * 1000] * 1000}
    with pytest.raises(RowFailure, match="template_error"):
        Template("{% for a in many %}{% for b in many %}{{ b }}{% endfor %}{% endfor %}").render(row)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("# Secret\n\nNobody outside this file may read this sentence at all.\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Open\n\nEverybody may read this sentence and the next one too.\n")
    (tmp_path / "docs" / "link.md").symlink_to(outside)
    (tmp_path / "docs" / "up").symlink_to(tmp_path)
    texts = [row.values.get("text", "") for row in Documents(path=str(tmp_path / "docs")).read()]
    assert len(texts) == 1 and "Secret" not in texts[0]


@pytest.mark.parametrize("kind", [Files, Documents])
def test_a_nul_in_a_path_is_a_clear_error(kind: type[Files] | type[Documents]) -> None:
    with pytest.raises((MintmarkError, ValueError), match="NUL"):
        list(kind(path="a\x00b.jsonl").read())


def test_a_nul_in_the_run_folder_is_a_clear_error() -> None:
    recipe = Recipe.from_yaml("source: {rows: {rows: [{a: b}]}}")
    with pytest.raises(MintmarkError, match="NUL"):
        recipe.run("runs/\x00", progress=False)


def test_the_environment_never_reaches_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")
    monkeypatch.setenv("OTHER_SECRET", "swordfish-swordfish")
    monkeypatch.chdir(tmp_path)
    text = """
source: {rows: {rows: [{topic: tides}]}}
models: {writer: scripted/w}
steps: [generate.prompt: {prompt: "{{ topic }} $OTHER_SECRET {{ '${OPENAI_API_KEY}' }}"}]
"""
    with scripted("w", lambda request: str(request.body)):
        Recipe.from_yaml(text).run("run", progress=False)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"sk-very-secret" not in data and b"swordfish" not in data, path
