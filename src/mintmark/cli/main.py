"""The console script: its commands, and how every error leaves it."""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..core.errors import MintmarkError
from . import (
    check_metrics,
    diff,
    estimate,
    evaluate,
    export,
    gate,
    models,
    monitor,
    recipes,
    replay,
    run,
    show,
    trace,
    tune,
    verify,
)
from .output import fail


class Commands(TyperGroup):
    """Runs a command: a mistake of the user becomes one line on stderr and its exit code, Ctrl-C 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except MintmarkError as e:
            fail(str(e))
            raise typer.Exit(e.exit_code) from e
        except BaseException as e:
            # A second Ctrl-C cancels the engine's loop, and the cancellation comes out here.
            if isinstance(e, KeyboardInterrupt) or type(e).__name__ == "CancelledError":
                raise typer.Exit(130) from e
            raise


app = typer.Typer(
    name="mintmark", cls=Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A first dataset:\n\n\b\n  mintmark recipes new grounded-qa faq.yaml\n  mintmark run faq.yaml --preview 3\n"
    "  mintmark run faq.yaml -o runs/faq",
)  # fmt: skip


def _version(asked: bool) -> None:
    if asked:
        import importlib.metadata

        typer.echo(f"mintmark {importlib.metadata.version('mintmark')}")
        raise typer.Exit()


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Make synthetic training data that you can trace.

    A recipe (YAML) says where rows come from, which models write, and which steps filter. `run` carries it out into one
    folder that holds the dataset and its whole history; `trace` follows any row back to its prompts and its place in
    the source; `replay` makes the same bytes again without a model.
    """


app.command("run", epilog=run.EPILOG, cls=estimate.WithEstimate)(run.run)
app.command("show", epilog=show.EPILOG)(show.show)
app.command("trace", epilog=trace.EPILOG)(trace.trace)
app.command("replay", epilog=replay.EPILOG)(replay.replay)
app.command("verify", epilog=verify.EPILOG)(verify.verify)
app.command("export", epilog=export.EPILOG)(export.export)
app.command("tune", epilog=tune.EPILOG)(tune.tune)
app.command("evaluate", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command("check-metrics")(check_metrics.check_metrics)
app.command("diff", epilog=diff.EPILOG)(diff.diff)
app.command("monitor", epilog=monitor.EPILOG)(monitor.monitor)
app.add_typer(gate.app, name="gate")
app.add_typer(recipes.app, name="recipes")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line. An error that Mintmark did not foresee shows its traceback and asks for a report."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character must not end a run
    try:
        app()
    except Exception:
        import traceback

        traceback.print_exc()
        fail("this is a bug in mintmark: please report it with the lines above and the command you gave")
        sys.exit(70)
