"""The documentation is true: every fence is executed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mintmark.core.call import Request
from mintmark.core.gate import Policy
from mintmark.core.recipe import Recipe
from mintmark.models.scripted import scripted

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)?([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GENERATED = {"cli.md"}


def fences(page: Path) -> list[tuple[str, str, str]]:
    return [(m[1] or "", m[2], m[3]) for m in FENCE.finditer(page.read_text(encoding="utf-8"))]


def script(request: Request) -> str:
    """Answer whatever the pages ask."""
    text = str(request.body["messages"])
    if "whole number" in text:
        return '{"reason": "correct", "score": 5}'
    if request.schema is not None:
        return (
            '{"question": "Why does ' + str(request.seed) + ' matter?", "answer": "Because it is so.", "kind": "fact"}'
        )
    return f"This is a plain answer number {request.seed}."


def needs_model(text: str) -> bool:
    return "local/smollm2" in text or "faq" in text


@pytest.mark.embedded
@pytest.mark.parametrize("page", [p for p in PAGES if p.name not in GENERATED], ids=lambda p: p.name)
def test_every_fence_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fences(page)
    if any(needs_model(body) for _, _, body in found):
        pytest.importorskip("xllamacpp", reason="the embedded model's runtime is not installed")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "topics.jsonl").write_text(
        '{"topic": "tides", "level": "beginner"}\n{"topic": "ice", "level": "expert"}\n'
    )
    if page.name == "run-folder.md":
        make_faq(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    with scripted("writer", script), scripted("judge", script):
        for n, (language, rest, body) in enumerate(found):
            if language == "python":
                exec(compile(body.replace("rows=20", "rows=3"), f"{page.name} fence {n + 1}", "exec"), names)
            elif language == "yaml":
                run_yaml(body, rest, tmp_path, n)
            elif language == "bash":
                run_bash(body, tmp_path)
            else:
                pytest.fail(f"{page.name}: a fence of language {language!r} is not executed; use an indented block")


def run_yaml(body: str, rest: str, folder: Path, n: int) -> None:
    if 'title="gate.yaml"' in rest:
        Policy.from_yaml(body)
        (folder / "gate.yaml").write_text(body)
        return
    recipe = Recipe.from_yaml(body)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    if title := re.search(r'title="([^"]+)"', rest):
        (folder / title[1]).write_text(body)
    if all(m.spec.startswith("scripted/") for m in recipe.models.values()):
        from mintmark import Recipe as Runnable

        run = Runnable.from_yaml(body).run(folder / f"runs/fence{n}", progress=False)
        assert len(run) > 0, "a recipe of the docs keeps no row"


def run_bash(body: str, folder: Path) -> None:
    for line in body.splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0] in ("make", "git", "cd"):
            continue
        assert words[0] == "mintmark", line
        env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def make_faq(folder: Path) -> None:
    """Make `runs/faq` with the scripted model, for pages that only read it."""
    from mintmark import Recipe as Runnable

    text = "models: {writer: scripted/writer}\nsource: {files: {path: topics.jsonl}}\nsteps: [generate.prompt: {prompt: '{{ topic }}'}]"
    with scripted("writer", script):
        Runnable.from_yaml(text).run(folder / "runs/faq", progress=False)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
