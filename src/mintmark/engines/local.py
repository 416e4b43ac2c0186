"""The local engine: one process, one event loop; a recipe in, a sealed folder out."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..calls.cost import Spent
from ..calls.log import CallLog, Stored
from ..core.errors import Interrupted, Pending, RunExists, TooManyFailed
from ..core.lineage import Waterfall
from ..core.progress import Event, EventFile, Listener
from ..core.recipe import Recipe
from ..core.settings import Quota
from ..core.store import RunFolder, write_atomically
from ..models.client import Caller
from .context import Shared
from .options import Ended, Options
from .plan import Plan, plan
from .seal import content_of, process_of
from .work import Work
from .writer import RunWriter

TICK_S = 0.5
FAILED_EARLY = 200
T = TypeVar("T")


class LocalEngine:
    """Runs one recipe into one folder.

    Args:
        recipe: what is asked.
        folder: where it goes.
        options: how.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder, options: Options | None = None) -> None:
        self.recipe, self.folder, self.options = recipe, folder, options or Options()
        self.used, self.fresh = Spent(), Spent()
        self.seen = Waterfall(recipe.step_names())
        self._counted: set[int] | None = None
        self.stopping = False
        self._writer: RunWriter | None = None
        self._began = time.time()
        self._listeners: list[Listener] = []

    def run(self) -> Ended:
        """Run to the end and seal the folder; a finished run of the same recipe is left as it is.

        Raises:
            RunExists: the folder holds a finished run of another recipe.
            Interrupted, TooManyFailed, ModelUnavailable, RunError: the folder can be gone on with.
        """
        planned = plan(self.recipe, models=self.options.models)
        if self.folder.finished and not self.options.overwrite:
            manifest = self.folder.manifest()
            same = manifest["content"]["fingerprint"] == planned.fingerprint
            if same and _asked(manifest) == _asked_now(self.recipe):
                return Ended("already", manifest)
            raise RunExists(
                "holds a finished run of another recipe (or the source has changed)", where=str(self.folder.path),
                remedy="choose another folder, or give --overwrite (its call log is kept and used)",
            )  # fmt: skip
        for model in planned.models.values():
            model.check()
        with self.folder.locked():
            (self.folder / "manifest.json").unlink(missing_ok=True)
            write_atomically(self.folder / "recipe.yaml", self.recipe.to_yaml(resolved=True).encode())
            return run_sync(self._main(planned))

    async def _main(self, planned: Plan) -> Ended:
        options = self.options
        self._counted = set() if planned.in_rounds else None
        log_path = options.calls or self.folder.calls
        log = CallLog(log_path, read_only=options.offline)
        callers = {
            alias: Caller(alias, self.recipe.models[alias], model, log, offline=options.offline, on_call=self._count)
            for alias, model in planned.models.items()
        }
        shared = Shared(self.recipe.seed, callers, planned.sides)
        shared.loop = asyncio.get_running_loop()
        events = EventFile(self.folder / "events.jsonl")
        self._listeners = [events, *options.listeners]
        self._writer = writer = RunWriter(self.folder, planned.names, planned.columns)
        restore = self._on_interrupt(callers)
        ticker = asyncio.get_running_loop().create_task(self._tick())
        source = self.recipe.source.source_name
        self.tell("start", recipe=self.recipe.name, steps=planned.names, rows=_wanted(self.recipe), source=source)
        for text in planned.warnings:
            self.tell("warning", text=text)
        try:
            if options.retry_failed:
                self.tell("note", text=f"{log.forget_failed()} failed calls will be asked again")
            for caller in callers.values():
                await caller.collect()
            work = Work(self, options, planned, shared, log, callers)
            try:
                await work.prepare()
                cut = await (work.in_rounds(writer) if planned.in_rounds else work.streaming(writer))
            except (Interrupted, asyncio.CancelledError):
                if not self.stopping:
                    raise
                raise self._interrupted() from None
            except Pending:
                self.tell("waiting", rows=work.parked)
                return Ended("waiting", waiting=work.parked)
            if options.replay_of is not None:
                cut.stop = options.replay_of["stop"]
            if self.stopping:
                raise self._interrupted()
            if work.parked:
                self.tell("waiting", rows=work.parked)
                return Ended("waiting", waiting=work.parked)
            self.check_failed(writer, early=False)
            writer.finish()
            content = content_of(self.folder, planned, writer, cut, log, work.round_sizes)
            if options.before_seal is not None:
                options.before_seal(self.folder, content)
            process = process_of(self._began, self.fresh, log_path, self.folder.path, planned.warnings)
            manifest = self.folder.write_manifest(content, process)
            ended = Ended("short" if cut.short or cut.stop == "budget" else "done", manifest)
            self.tell("end", status=ended.status, **self._numbers())
            return ended
        finally:
            ticker.cancel()
            restore()
            writer.close()
            for caller in callers.values():
                await caller.close()
            log.close()
            events.close()

    def _interrupted(self) -> Interrupted:
        kept = self._falls().kept
        return Interrupted(
            f"stopped after {kept:,} rows; {self.used.calls:,} calls are written down", where=str(self.folder.path),
            remedy="give the same command again to go on",
        )  # fmt: skip

    def _count(self, stored: Stored, fresh: bool) -> None:
        if self._counted is not None:  # in rounds the same calls are used again by every evaluation
            mark = int(stored.key[:16], 16)
            if mark in self._counted:
                return
            self._counted.add(mark)
        self.used.add(stored.tokens_in, stored.tokens_out, stored.dollars)
        if fresh:
            self.fresh.add(stored.tokens_in, stored.tokens_out, stored.dollars)

    def check_failed(self, writer: RunWriter, *, early: bool) -> None:
        falls = writer.waterfall
        n, failed = falls.candidates, falls.total("failed")
        if (early and n < FAILED_EARLY) or failed <= max(1, self.recipe.max_failed * n):
            return
        reasons = [f"{s.step}: {r} ({c:,})" for s in falls.steps if s.failed for r, c in s.reasons.items()]
        raise TooManyFailed(
            f"{failed:,} of {n:,} rows failed, more than max_failed = {self.recipe.max_failed:g} allows",
            where=str(self.folder.path), allowed=f"mostly {', '.join(reasons[:3])}",
            remedy="mend the cause and give the command again with --retry-failed, or raise `max_failed`",
        )  # fmt: skip

    def _numbers(self) -> dict[str, Any]:
        falls = self._falls()
        return {
            "rows": falls.steps[0].born,
            "kept": falls.kept,
            "dropped": falls.total("dropped"),
            "failed": falls.total("failed"),
            "calls": self.used.calls,
            "fresh": self.fresh.calls,
            "tokens_in": self.used.tokens_in,
            "tokens_out": self.used.tokens_out,
            "dollars": round(self.fresh.dollars, 6),
            "unpriced": self.fresh.unpriced,
            "seconds": round(time.time() - self._began, 2),
            "by_step": falls.as_list(),
        }

    def _falls(self) -> Waterfall:
        """Return the counts so far: in rounds they are provisional until the last one is written."""
        written = self._writer.waterfall if self._writer is not None else self.seen
        return written if written.candidates else self.seen

    def tell(self, kind: str, **data: Any) -> None:
        event = Event(kind, data)
        for listener in self._listeners:
            listener(event)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tell("progress", **self._numbers())

    def _on_interrupt(self, callers: dict[str, Caller]) -> Callable[[], None]:
        """First Ctrl-C: finish what is in flight, write, end. Second: end at once."""
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            return lambda: None
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()

        def stop() -> None:
            if self.stopping and main is not None:
                main.cancel()
            self.stopping = True
            self.tell("note", text="stopping: calls in flight are being finished; Ctrl-C again ends at once")
            for caller in callers.values():
                caller.stop()

        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop)

        def restore() -> None:
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(name)

        return restore


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end from synchronous code; inside a running loop (a notebook), in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    found: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            found.append(asyncio.run(work))
        except BaseException as e:
            errors.append(e)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return found[0]


def _wanted(recipe: Recipe) -> Any:
    return recipe.rows.model_dump() if isinstance(recipe.rows, Quota) else recipe.rows


def _asked_now(recipe: Recipe) -> dict[str, Any]:
    data = recipe.to_data(resolved=True)
    return {k: data.get(k) for k in ("rows", "budget")}


def _asked(manifest: dict[str, Any]) -> dict[str, Any]:
    return {k: manifest["content"]["recipe"].get(k) for k in ("rows", "budget")}
