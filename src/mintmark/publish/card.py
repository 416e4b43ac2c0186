"""The dataset card: README.md of a run folder, made from the run alone, so that a replay writes the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ..core import yamlio
from ..core.dataset import Row, roles_of
from ..core.errors import MintmarkError
from ..core.recipe import Recipe
from ..core.store import RunFolder, write_atomically
from .card_facts import cited, file_license, licenses, limits, size_category, stopped, tasks
from .coverage import coverage, covered, told
from .parts import first_rows, schema_of

EXAMPLE_CHARS = 400
"""Characters of each text that the example row shows."""


def write_card(folder: RunFolder, content: dict[str, Any]) -> None:
    """Write README.md: what `content` and the run's files say, no times, no folder names, no guesses.

    Args:
        folder: the run's folder; its data files are written.
        content: the manifest's content.

    Raises:
        RunError: where the file cannot be written.
    """
    schema = schema_of(folder)
    columns = {field.name: str(field.type) for field in schema}
    example, quota = next(iter(first_rows(folder, "data", 1)), None), content["recipe"].get("rows")
    filled = coverage(folder, quota["by"]) if isinstance(quota, dict) else None
    if filled is not None and quota.get("values"):
        filled = {value: filled.get(value, 0) for value in quota["values"]}
    spread = {
        column: v for column, v in covered(folder, content["recipe"]).items() if filled is None or column != quota["by"]
    }
    write_atomically(folder / "README.md", card(content, columns, example, filled, spread).encode())


def card(
    content: Mapping[str, Any], columns: Mapping[str, str], example: Row | None = None,
    filled: Mapping[str, int] | None = None, spread: Mapping[str, Mapping[str, int]] | None = None,
) -> str:  # fmt: skip
    """Return the card's text.

    Args:
        content: the manifest's content.
        columns: column -> type of the kept rows.
        example: a row to show.
        filled: kept rows by the value that a quota counts.
        spread: the same by each column that source and steps spread their rows by.
    """
    title = " ".join((content["name"] or "Synthetic dataset").split())
    declared = licenses(content["recipe"])
    front: dict[str, Any] = {"pretty_name": title}
    if license := file_license([v for _, v in declared]):
        front |= license
    front["size_categories"] = [size_category(content["kept"])]
    if guessed := tasks(roles_of(columns)):
        front["task_categories"] = guessed
    front["tags"] = ["synthetic", "mintmark"]
    front["configs"] = [{"config_name": "default", "data_files": "data/*.parquet"}]
    source = next(iter(content["recipe"]["source"]))
    sections = [
        f"---\n{yamlio.write(front)}---",
        f"# {title}",
        f"{content['kept']:,} synthetic rows, made with Mintmark {_from(source)} by the recipe below. Every row, "
        "kept or not, can be followed back to the text, the prompts and the replies that made it.",
        f"## Columns\n\n{_columns(columns)}",
        _example(example),
        "## How to load\n\n" + _fence("python", (
            "from datasets import load_dataset\n\n"
            'rows = load_dataset("path/to/this/folder", split="train")'
        )),
        f"## How it was made\n\n{_fence('yaml', _recipe(content))}",
        _models(content),
        f"## What was kept\n\n{_waterfall(content['waterfall'])}\n\n{stopped(content)}",
        _coverage(content["recipe"].get("rows"), filled, spread or {}),
        "## How to check it\n\nThe folder holds the whole run: kept rows in `data/`, rows dropped or failed with their "
        "reasons in `dropped/`, parents in `used/`, `lineage.parquet`, and every prompt and reply in the call log. "
        f"The recipe's fingerprint is `{content['fingerprint']}`.\n\n" + _fence("sh", (
            "mintmark verify path/to/this/folder        # every hash of the manifest\n"
            "mintmark trace path/to/this/folder ID      # how a row came to be\n"
            "mintmark replay path/to/this/folder        # the same bytes again, offline"
        )),
        f"## Licence of the sources\n\n{_licenses(declared)}",
        _methods(content),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits(content)),
    ]  # fmt: skip
    return "\n\n".join(s for s in sections if s) + "\n"


def _from(source: str) -> str:
    return {"documents": "from documents", "files": "from rows in files"}.get(source, f"from a `{source}` source")


def _columns(columns: Mapping[str, str]) -> str:
    roles = {column: role for role, column in roles_of(columns).items()}
    rows = [[f"`{name}`", kind, roles.get(name, "")] for name, kind in columns.items()]
    return _table(["column", "type", "role"], rows)


def _example(row: Row | None) -> str:
    if row is None:
        return ""
    shown = {k: _short(v) for k, v in row.items()}
    return "The first row:\n\n" + _fence("json", orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())


def _recipe(content: Mapping[str, Any]) -> str:
    """Return the recipe, defaults left out where it can be read again."""
    try:
        return Recipe.from_data(content["recipe"]).to_yaml()
    except MintmarkError:
        return yamlio.write(content["recipe"])


def _models(content: Mapping[str, Any]) -> str:
    if not content["models"]:
        return ""
    rows = []
    for alias, model in content["models"].items():
        used = content["calls"]["by_model"][alias]
        identity = ", ".join(f"{k} {v}" for k, v in model["identity"].items())
        counts = [f"{used[k]:,}" for k in ("count", "tokens_in", "tokens_out")]
        rows.append([alias, f"`{model['spec']}`", identity, *counts, _dollars(used)])
    heads = ["model", "address", "what it is", "calls", "tokens in", "tokens out", "cost"]
    return f"### Models\n\n{_table(heads, rows, right=3)}"


def _dollars(used: Mapping[str, Any]) -> str:
    if not used["dollars"]:
        return "price unknown" if used["unpriced"] else "$0"
    more = f" and {used['unpriced']:,} calls of unknown price" if used["unpriced"] else ""
    return f"${used['dollars']:.4f}{more}"


def _waterfall(steps: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for step in steps:
        if step["step"] == "rows" and not step["dropped"]:
            continue
        counts = [f"{step[k]:,}" for k in ("came", "born", "used", "dropped", "failed", "kept")]
        rows.append([f"`{step['step']}`", *counts, ", ".join(f"{r} {n:,}" for r, n in step["reasons"].items())])
    heads = ["step", "in", "born", "used as parents", "dropped", "failed", "kept", "why not kept"]
    return _table(heads, rows, right=1, until=7)


def _coverage(quota: Any, filled: Mapping[str, int] | None, spread: Mapping[str, Mapping[str, int]]) -> str:
    lines = "\n".join(f"- {line}" for line in told(spread))
    parts = [f"{lines}\n\nA value without kept rows had candidates, or was asked for in the recipe."] if lines else []
    if filled is not None:
        full = sum(n >= quota["each"] for n in filled.values())
        rows = [[f"`{value}`", f"{n:,}"] for value, n in sorted(filled.items())]
        asked = f"{full:,} of {len(filled):,} values of `{quota['by']}` have the {quota['each']:,} rows that were asked for."
        parts = [asked, _table([quota["by"], "rows"], rows, right=1), *parts]
    return "\n\n".join(["### Coverage", *parts]) if parts else ""


def _licenses(declared: Sequence[tuple[str, str | None]]) -> str:
    lines = [f"- {where}: {license or 'not declared'}" for where, license in declared]
    closing = (
        "These are the words of whoever wrote the recipe; nothing here checks them. The licences of the models that "
        "wrote the rows apply as well."
    )
    if any(license is None for _, license in declared):
        closing = "Where no licence is declared, none is known: find it out before you pass the rows on. " + closing
    return "\n".join(lines) + f"\n\n{closing}"


def _methods(content: Mapping[str, Any]) -> str:
    found = cited(next(iter(step)) for step in content["recipe"]["steps"])
    return "## Methods\n\n" + "\n".join(f"- `{name}`: {text}" for name, text in found) if found else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: int = 99, until: int = 99) -> str:
    """Return a Markdown table; columns `right` up to `until` are aligned to the right."""
    rule = ["---:" if right <= i < until else "---" for i in range(len(heads))]
    lines = [heads, rule, *([_cell(v) for v in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _fence(language: str, text: str) -> str:
    """Return a code block whose fence no line of the text can close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= EXAMPLE_CHARS else value[:EXAMPLE_CHARS] + "…"
    if isinstance(value, list):
        return [_short(v) for v in value[:6]]
    return {k: _short(v) for k, v in value.items()} if isinstance(value, dict) else value
