"""Where rows come from: their generations over the lineage of a run, and the runs that its source was made by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def descent(lineage: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, bool]]:
    """Return each row's generations from the source, and whether all its roots have a place in one.

    A row's parents are walked without recursion; a circle, or a parent that is not there, has no root.
    """
    found: dict[str, tuple[int, bool]] = {}
    for start in lineage:
        stack, open_rows = [start], set[str]()
        while stack:
            one = stack[-1]
            if one in found:
                stack.pop()
                continue
            row = lineage.get(one)
            parents = [str(p) for p in row.get("parents") or ()] if row is not None else []
            waiting = [p for p in parents if p not in found]
            if waiting and one not in open_rows:
                open_rows.add(one)
                stack.extend(p for p in waiting if p not in open_rows)
                continue
            stack.pop()
            if row is None:
                found[one] = (0, False)
            elif parents:
                above = [found.get(p, (0, False)) for p in parents]
                found[one] = (1 + max(d for d, _ in above), all(r for _, r in above))
            else:
                found[one] = (0, bool((row.get("source") or {}).get("path")))
    return found


def runs_before(manifest: Mapping[str, Any], *, most: int = 50) -> list[str]:
    """Return the folders of the runs whose data a run was made from, the nearest first; each adds a generation.

    A source is a run's data where a manifest stands in its folder, or in one of the two above. What has been moved away
    cannot be seen.
    """
    found: list[str] = []
    while len(found) < most:
        recipe = (manifest.get("content") or {}).get("recipe") or {}
        folder = next(
            (f for path in _paths(recipe.get("source")) if (f := _run_of(path)) and str(f) not in found), None
        )
        if folder is None:
            break
        found.append(str(folder))
        manifest = _read(folder)
    return found


def _run_of(path: str) -> Path | None:
    return next((f for f in (Path(path), *list(Path(path).parents)[:2]) if "content_digest" in _read(f)), None)


def _read(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _paths(node: Any) -> list[str]:
    if not isinstance(node, Mapping):
        return []
    return [v for k, v in node.items() if k == "path" and isinstance(v, str)] + [
        p for v in node.values() for p in _paths(v)
    ]
