"""A trace in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..terminal.words import cost, printable
from .output import counted, draw, one_line, say, shell
from .rows import shown

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from ..publish.search import Hit
    from ..publish.trace import Found
    from ..publish.traced import Traced, TracedCall

SHORT = 200
"""Characters of a text that are shown without `--full`, on one line."""
CHILDREN_SHOWN = 20
COLORS = {"kept": "green", "dropped": "yellow", "failed": "red", "used": "cyan", "outside": "dim"}


def print_hits(run: Path, found: Found) -> None:
    """Print the rows that a question may mean."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "fate", "why"):
        table.add_column(name, no_wrap=True)
    table.add_column("found in", overflow="fold")
    for hit in found.hits:
        where = f"{hit.column}: {hit.excerpt}" if hit.column else ""
        table.add_row(
            hit.id, Text(hit.fate, style=COLORS[hit.fate]), Text(_why(hit)), Text(printable(where), style="dim")
        )
    draw(table)
    more = f", {len(found.hits):,} shown" if found.total > len(found.hits) else ""
    say()
    say(f"{found.total:,} rows fit{more}; name one: {shell('mintmark', 'trace', run, found.hits[0].id)}")


def print_trace(found: Found, full: bool) -> None:
    """Print a row with its calls, parents and source as a tree."""
    from rich.text import Text
    from rich.tree import Tree

    row = found.row
    assert row is not None
    tree = Tree(_head(row), guide_style="dim")
    _add_row(tree, row, full, None)
    if row.children:
        branch = tree.add(Text(f"bore {counted(len(row.children), 'row')}", style="bold"))
        for child in row.children[: None if full else CHILDREN_SHOWN]:
            branch.add(Text.assemble(child.id, " ", (child.fate, COLORS[child.fate]), f" {_why(child)}"))
        if len(row.children) > CHILDREN_SHOWN and not full:
            branch.add(Text("…", style="dim"))
    draw(tree)
    if not found.has_log:
        say("the call log is not here: prompts and replies are not shown")


def _head(row: Traced, child: Traced | None = None) -> Text:
    """Return a row's id, fate and why; of a parent only what its place in the tree does not say."""
    from rich.text import Text

    why = {
        "kept": "passed every step", "used": f"became a parent at {row.ended}", "outside": "a row of a side input",
    }.get(row.fate, f"at {row.ended}: {row.reason}")  # fmt: skip
    if child is not None and row.fate != "outside":
        why = "" if row.born else "shown above"
    head = Text.assemble((row.id, "bold"), " ", (row.fate, f"bold {COLORS[row.fate]}"))
    return head.append(f" · {printable(why)}") if why else head


def _add_row(branch: Tree, row: Traced, full: bool, child: Traced | None) -> None:
    """Add a row's columns, source, calls and parents below its head; of a parent, the calls that led to `child`."""
    from rich.text import Text

    if row.detail is not None:
        branch.add(Text.assemble(("detail: ", "bold"), _cut(row.detail, full)))
    for name, value in row.values.items():
        same = [] if child is None or full else [k for k, v in child.values.items() if v == value]
        if (
            value not in ("", [], {}) and name not in same
        ):  # what the child shows under the same name stands above already
            text = f"as `{same[0]}` above" if same and isinstance(value, str) else _cut(value, full)
            branch.add(Text.assemble((f"{printable(name)}: ", "bold"), text))
    if row.source:
        branch.add(Text.assemble(("source: ", "bold"), (place(row.source), "magenta")))
    calls = row.calls
    if child is not None and not full and any(c.holds for c in calls):
        calls = [c for c in calls if c.holds]
    for call in calls:
        _add_call(branch, call, full)
    if len(calls) < len(row.calls):
        others = counted(len(row.calls) - len(calls), "call")
        branch.add(Text(f"and {others} whose replies went elsewhere (--full)", style="dim"))
    for parent in row.parents:
        born = f"born at {row.born} from " if parent is row.parents[0] else "and from "
        below = branch.add(Text.assemble((born, "bold"), _head(parent, row)))
        _add_row(below, parent, full, row)


def _add_call(branch: Tree, call: TracedCall, full: bool) -> None:
    from rich.text import Text

    facts = [call.kind or "call", f"{call.model} ({call.spec})" if call.spec else ""]
    if full or not call.status:
        facts.append(call.key)
    if call.tokens_in or call.tokens_out:
        facts.append(f"{call.tokens_in:,} + {call.tokens_out:,} tokens")
    if call.dollars or (call.status == "done" and call.dollars is None):
        facts.append(cost(call.dollars or 0.0, int(call.dollars is None)))
    if call.status:
        facts.append(f"{call.seconds:.2f} s")
        facts.append(f"seed {call.request['seed']}")
    wrote = f"→ {', '.join(call.holds)} " if call.holds else ""
    said = " · ".join(f for f in facts if f)
    below = branch.add(Text.assemble((f"{call.step} ", "bold blue"), (wrote, "green"), (said, "dim")))
    for name, value in _said(call, full):
        style = "red" if name == "fault" else "bold"
        below.add(Text.assemble((f"{printable(name)}: ", style), _cut(value, full)))


def _cut(value: Any, full: bool) -> str:
    """Return a value whole, or its beginning on one line."""
    return shown(value) if full else one_line(shown(value, 10 * SHORT), SHORT)


def _said(call: TracedCall, full: bool) -> list[tuple[str, Any]]:
    """Return what was sent and what came back, each with its name; without `full`, of a conversation both ends."""
    body = call.request.get("body") or {}
    said: list[tuple[str, Any]] = []
    for name, value in body.items():
        if name != "messages" or not isinstance(value, list):
            said.append((name, value))
            continue
        told = [
            (str(m.get("role", "?")), m.get("content") or {k: v for k, v in m.items() if k != "role"}) for m in value
        ]
        first = told[:1] if told and told[0][0] == "system" else []
        between = len(told) - len(first) - 1
        if full or between <= 0:
            said += told
        else:
            said += [*first, ("before it", f"{counted(between, 'message')} (--full)"), told[-1]]
    if call.request.get("sampling"):
        said.append(("sampling", call.request["sampling"]))
    if call.status == "failed":
        said.append(("fault", f"{call.result.get('reason')}: {call.result.get('detail')}"))
    elif call.status == "pending":
        said.append(("reply", "still to come"))
    elif call.result:
        said.append(("reply", _reply(call.result)))
    return said


def _reply(result: dict[str, Any]) -> Any:
    value = result.get("value")
    if isinstance(value, list) and value and all(isinstance(v, int | float) for v in value):
        return f"{len(value):,} numbers, mean {sum(value) / len(value):.3f}"
    return result.get("text") or value or result


def place(source: dict[str, Any]) -> str:
    """Return a span as `path:line (characters start to end)`.

    Example:
        >>> place({"path": "a.md", "start": 5, "end": 9, "line": 2})
        'a.md:2 (characters 5 to 9)'
    """
    line = f":{source['line']}" if "line" in source else ""
    span = f" (characters {source['start']:,} to {source['end']:,})" if "start" in source and "end" in source else ""
    return printable(f"{source.get('path', '')}{line}{span}")


def _why(hit: Hit) -> str:
    return one_line(f"{hit.step}: {hit.reason}" if hit.step else "", 60)
