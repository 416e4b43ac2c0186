"""What is said of a run at its end: the waterfall, tokens, cost, time, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .output import counted, draw, say, shell

if TYPE_CHECKING:
    from ..api import Run


def summarise(run: Run) -> None:
    """Print how a run ended."""
    if run.status == "waiting":
        say(f"{run.waiting:,} rows wait for replies that come later; give the same command again, or add --wait")
        return
    manifest = run.manifest
    content = manifest["content"]
    say(headline(run))
    say()
    show_counts(content)
    say()
    say(f"spent   {spent(manifest)}")
    say(f"time    {time_of(manifest)}")
    say(f"folder  {run.folder.path}")
    say()
    for command, why in next_commands(run):
        say(f"  {command:<58}  # {why}")


def headline(run: Run) -> str:
    """Return how many rows were kept and why the run ended there."""
    content, status = run.manifest["content"], run.status
    name = content["name"] or run.folder.path.resolve().name
    why = {
        "source": "source exhausted", "budget": "budget spent", "max_rounds": "max_rounds reached",
        "no_gain": "the last rounds gained nothing",
    }.get(content["stop"])  # fmt: skip
    kept = f"{content['kept']:,} rows kept"
    if content["short"] or content["stop"] == "budget":
        return f"{name}: short: {why or 'ended'}, {content['short'] or kept}"
    candidates = sum(step["born"] for step in content["waterfall"])
    done = {"already": "already done, ", "done": "done, "}.get(status, "")
    return f"{name}: {done}{kept} of {candidates:,} candidates"


def show_counts(content: dict[str, Any]) -> None:
    """Print the waterfall."""
    from ..terminal import waterfall

    draw(waterfall(content))


def spent(manifest: dict[str, Any]) -> str:
    """Return a run's recorded calls, tokens and cost, and how many calls the log answered when it was sealed."""
    from ..terminal import cost

    used, fresh = manifest["content"]["calls"], manifest["process"]["fresh"]["count"]
    if not used["count"]:
        return "no calls"
    price = cost(used["dollars"], used["unpriced"])
    logged = f" ({used['count'] - fresh:,} from the log)" if used["count"] > fresh else ""
    return f"{counted(used['count'], 'call')}{logged} · {used['tokens_in']:,} + {used['tokens_out']:,} tokens · {price}"


def time_of(manifest: dict[str, Any]) -> str:
    """Return how long the execution that sealed the run took."""
    from ..terminal import duration

    return duration(manifest["process"]["seconds"])


def next_commands(run: Run) -> list[tuple[str, str]]:
    """Return commands worth giving next, each with what it is for."""
    from ..core.dataset import roles_of
    from ..publish.formats import FAMILIES, PAIRS
    from ..publish.parts import first_rows, schema_of

    first = first_rows(run.folder, "data", 1)
    if not first:
        return [(shell("mintmark", "show", run.folder.path), "nothing was kept: look at what was dropped")]
    roles = roles_of(schema_of(run.folder).names)
    known = ((PAIRS, "dpo"), (FAMILIES, "messages"))
    shape = next((s for families, s in known if any(all(r in roles for r in f) for f in families)), "jsonl")
    return [
        (shell("mintmark", "trace", run.folder.path, first[0]["id"]), "how this row came to be"),
        (shell("mintmark", "export", run.folder.path, "--format", shape), "for training"),
    ]
