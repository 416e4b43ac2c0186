"""docs/cli.md says what `--help` says."""

from __future__ import annotations

from pathlib import Path

from mintmark.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def made_by(page: str) -> str:
    return next(line for line in page.splitlines() if line.startswith("<!-- typer"))


def test_the_page_is_current() -> None:
    page, now = PAGE.read_text(encoding="utf-8"), reference()
    if made_by(page) == made_by(now):
        assert page == now, "make it anew: python -m mintmark.cli.reference > docs/cli.md"
    headings = [line for line in now.splitlines() if line.startswith("## ")]
    assert [line for line in page.splitlines() if line.startswith("## ")] == headings


def test_every_command_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    commands = (
        "run", "show", "trace", "replay", "verify", "export", "recipes list", "recipes show", "recipes new",
        "recipes schema", "models list", "models pull", "models try",
    )  # fmt: skip
    for command in commands:
        assert f"\n## mintmark {command}\n" in page
