"""The house: imports point downward only, rooms of one floor do not import each other, files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "mintmark"
FLOORS = [
    {"core"},
    {"calls", "sandbox"},
    {"models"},
    {"engines"},
    {"measures"},
    {"train", "privacy"},
    {"sources", "generate", "synthesizers", "curate", "evaluation", "publish", "monitor", "custom", "terminal"},
    {"recipes", "reading", "judging"},
    {"api", "appraisal", "comparison", "forecast", "tuning", "__init__"},
    {"cli", "studio"},
    {"__main__"},
]
LEVEL = {room: i for i, floor in enumerate(FLOORS) for room in floor}


def imports(text: str, place: Path) -> set[str]:
    """Return the rooms that a file's text imports, at any depth of its code."""
    found = set()
    package = ("mintmark", *place.relative_to(SRC).parts[:-1])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            full = [*base, *(node.module.split(".") if node.module else ())]
            names = [".".join([*full, alias.name]) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "mintmark" and len(parts) > 1 and parts[1] in LEVEL:
                found.add(parts[1])
    return found


def upward(text: str, place: Path) -> list[str]:
    """Return what a file imports from its own floor or from above."""
    room = room_of(place)
    return [r for r in sorted(imports(text, place) - {room}) if LEVEL[r] >= LEVEL[room] and room != "__init__"]


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def test_imports_point_downward() -> None:
    files = list(SRC.rglob("*.py"))
    assert not {room_of(p) for p in files} - set(LEVEL), "a room without a floor"
    wrong = {str(p.relative_to(SRC)): up for p in files if (up := upward(p.read_text(encoding="utf-8"), p))}
    assert not wrong


def test_a_forbidden_import_is_seen() -> None:
    place = SRC / "core" / "nothing.py"
    assert upward("def f():\n    from ..engines.local import LocalEngine\n", place) == ["engines"]
    assert upward("import mintmark.models.http\n", place) == ["models"]
    assert upward("from ..curate import length\n", SRC / "generate" / "x.py") == ["curate"]
    assert upward("from .errors import RunError\n", place) == []


def test_files_are_small() -> None:
    long = {str(p.relative_to(SRC)): n for p in SRC.rglob("*.py") if (n := len(p.read_text().splitlines())) > 500}
    assert not long
    sizes = [len(p.read_text().splitlines()) for p in SRC.rglob("*.py")]
    assert sum(n <= 250 for n in sizes) >= 0.8 * len(sizes)
