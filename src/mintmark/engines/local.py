"""The local engine: one process, one event loop; a recipe in, a sealed folder out."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ..calls.cost import Spent
from ..calls.log import CallLog, Stored
from ..core.errors import Interrupted, RunExists, TooManyFailed
from ..core.lineage import Candidate
from ..core.operator import Operator
from ..core.progress import Event, EventFile, Listener
from ..core.recipe import Quota, Recipe
from ..core.store import RunFolder, write_atomically
from ..models.base import Model
from ..models.client import Caller
from .context import ManyRows, Shared
from .cut import Cut
from .feed import feed
from .plan import Plan, Segment, plan
from .rounds import Rounds
from .seal import content_of, process_of
from .stages import StageCache
from .stream import Admission, Stream
from .walk import Walker
from .writer import RunWriter

TICK_S = 0.5
FAILED_EARLY = 200
T = TypeVar("T")


@dataclass
class Options:
    """How a recipe is run; none of it changes what a row is.

    Attributes:
        calls: the call log, where it is not the folder's own (`--calls` shares one between runs).
        offline: answer from the log alone.
        replay_of: replay only: the manifest content to obey (stop ordinal, rounds, model identities).
        overwrite: replace a finished run of the folder (its call log stays).
        wait: stay until pending calls are answered, asking every `poll_s`.
        retry_failed: ask again the calls that failed for good.
        stages: the workspace's stage cache, or None.
        listeners: told of every event.
        before_seal: called with the manifest's content before it is written (the dataset card).
        models: models by alias, in place of those that the specs name.
    """

    calls: Path | None = None
    offline: bool = False
    replay_of: dict[str, Any] | None = None
    overwrite: bool = False
    wait: bool = False
    poll_s: float = 30.0
    retry_failed: bool = False
    stages: Path | None = None
    listeners: list[Listener] = field(default_factory=list)
    before_seal: Callable[[RunFolder, dict[str, Any]], None] | None = None
    models: dict[str, Model] = field(default_factory=dict)


@dataclass(slots=True)
class Ended:
    """How a run ended.

    Attributes:
        status: `done`; `short` (the source ended, or the budget, before enough rows); `waiting` (calls are pending); `already`.
        manifest: the manifest, where the run is sealed.
        waiting: rows that wait for a reply.
    """

    status: str
    manifest: dict[str, Any] | None = None
    waiting: int = 0


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
        self._stopping = False
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
            if manifest["content"]["fingerprint"] == planned.fingerprint and _asked(manifest) == _asked_now(self.recipe):
                return Ended("already", manifest)
            raise RunExists(
                "holds a finished run of another recipe (or the source has changed)", where=str(self.folder.path),
                remedy="choose another folder, or give --overwrite (its call log is kept and used)",
            )  # fmt: skip
        with self.folder.locked():
            (self.folder / "manifest.json").unlink(missing_ok=True)
            write_atomically(self.folder / "recipe.yaml", self.recipe.to_yaml(resolved=True).encode())
            return run_sync(self._main(planned))

    async def _main(self, planned: Plan) -> Ended:
        options = self.options
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
        self._tell("start", recipe=self.recipe.name, steps=planned.names, rows=_wanted(self.recipe), source=self.recipe.source.source_name)
        try:
            if options.retry_failed:
                self._tell("note", text=f"{log.forget_failed()} failed calls will be asked again")
            for caller in callers.values():
                await caller.collect()
            await self._prepare(planned, shared)
            work = _Work(self, planned, shared, log, callers)
            cut = await (work.in_rounds(writer) if planned.in_rounds else work.streaming(writer))
            if options.replay_of is not None:
                cut.stop = options.replay_of["stop"]
            if self._stopping:
                raise Interrupted(
                    f"stopped after {writer.waterfall.kept:,} rows; {self.used.calls:,} calls are written down",
                    where=str(self.folder.path), remedy="give the same command again to go on",
                )  # fmt: skip
            if work.parked:
                self._tell("waiting", rows=work.parked)
                return Ended("waiting", waiting=work.parked)
            self._check_failed(writer, early=False)
            writer.finish()
            content = content_of(self.folder, planned, writer, cut, log, work.round_sizes)
            if options.before_seal is not None:
                options.before_seal(self.folder, content)
            process = process_of(self._began, self.fresh, log_path, self.folder.path)
            manifest = self.folder.write_manifest(content, process)
            ended = Ended("short" if cut.short or cut.stop == "budget" else "done", manifest)
            self._tell("end", status=ended.status, **self._numbers())
            return ended
        finally:
            ticker.cancel()
            restore()
            writer.close()
            for caller in callers.values():
                await caller.close()
            log.close()
            events.close()

    async def _prepare(self, planned: Plan, shared: Shared) -> None:
        for segment in planned.segments:
            for step in segment.steps:
                if type(step.operator).prepare is not Operator.prepare:
                    ctx = ManyRows(shared, step.name, step.index)
                    shared.artifacts[step.name] = await asyncio.to_thread(step.operator.prepare, ctx)

    def _count(self, stored: Stored, fresh: bool) -> None:
        self.used.add(stored.tokens_in, stored.tokens_out, stored.dollars)
        if fresh:
            self.fresh.add(stored.tokens_in, stored.tokens_out, stored.dollars)

    def _check_failed(self, writer: RunWriter, *, early: bool) -> None:
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
        falls = self._writer.waterfall if self._writer else None
        return {
            "rows": falls.steps[0].born if falls else 0,
            "kept": falls.kept if falls else 0,
            "dropped": falls.total("dropped") if falls else 0,
            "failed": falls.total("failed") if falls else 0,
            "calls": self.used.calls,
            "fresh": self.fresh.calls,
            "tokens_in": self.used.tokens_in,
            "tokens_out": self.used.tokens_out,
            "dollars": round(self.fresh.dollars, 6),
            "unpriced": self.fresh.unpriced,
            "seconds": round(time.time() - self._began, 2),
            "by_step": falls.as_list() if falls else [],
        }

    def _tell(self, kind: str, **data: Any) -> None:
        event = Event(kind, data)
        for listener in self._listeners:
            listener(event)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._tell("progress", **self._numbers())

    def _on_interrupt(self, callers: dict[str, Caller]) -> Callable[[], None]:
        """First Ctrl-C: finish what is in flight, write, end. Second: end at once."""
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            return lambda: None
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()

        def stop() -> None:
            if self._stopping and main is not None:
                main.cancel()
            self._stopping = True
            self._tell("note", text="stopping: calls in flight are being finished; Ctrl-C again ends at once")
            for caller in callers.values():
                caller.stop()

        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop)

        def restore() -> None:
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(name)

        return restore


class _Work:
    """One run's rows on their way: streaming, or in rounds."""

    def __init__(self, engine: LocalEngine, planned: Plan, shared: Shared, log: CallLog, callers: dict[str, Caller]) -> None:
        self._engine, self._plan, self._shared, self._log, self._callers = engine, planned, shared, log, callers
        self._replay = engine.options.replay_of
        self._cut: Cut | None = None
        self.parked = 0
        self.round_sizes: list[int] = []
        source = feed(planned.recipe.source, planned.recipe.passes)
        self._feed: Iterator[Candidate] = source if self._replay is None else islice(source, self._replay["taken"])

    def _new_cut(self) -> Cut:
        self._cut = Cut(self._plan.recipe, self._spent_by, self._replay["taken"] if self._replay else None, whole=self._plan.in_rounds)
        return self._cut

    def _spent_by(self, tree: Candidate) -> Spent:
        spent = Spent()
        for *_, tokens_in, tokens_out, dollars, _ in self._log.results({k for one in tree.walk() for _, k in one.calls}):
            spent.add(tokens_in, tokens_out, dollars)
        return spent

    def _closed(self) -> bool:
        return self._engine._stopping or (
            self._replay is None and self._cut is not None and self._cut.used_up(self._engine.used)
        )

    async def _answered(self) -> bool:
        options = self._engine.options
        while True:
            if sum([await c.collect() for c in self._callers.values()]):
                return True
            if not options.wait or self._closed():
                return False
            self._engine._tell("waiting", rows=self.parked)
            await asyncio.sleep(options.poll_s)

    async def _stream(self, rows: Iterator[Candidate], segment: Segment, number: int) -> AsyncGenerator[Candidate]:
        walker = Walker(self._shared, segment.steps, segment.end)
        pooled = any(s.operator.uses_pool for s in segment.steps)
        root = None if pooled or not segment.steps else self._engine.options.stages
        cache = StageCache(root, self._plan.segment_key(segment), self._log)
        admission = Admission(self._callers, self._closed)
        stream = Stream(rows, lambda c: walker.walk(c, number), admission, self._answered, cache)
        async with aclosing(stream.results()) as results:
            async for tree in results:
                yield tree
        self.parked = len(admission.parked)

    async def streaming(self, writer: RunWriter) -> Cut:
        """Rows stream until enough have passed, in source order."""
        cut = self._new_cut()
        async with aclosing(self._stream(self._feed, self._plan.segments[0], 0)) as results:
            async for tree in results:
                if not cut.take(tree):
                    break
                writer.add(tree)
                if cut.stop is not None:
                    break
                self._engine._check_failed(writer, early=True)
        if cut.stop is None:
            cut.stop = "budget" if self._closed() else "source"
        return cut

    async def in_rounds(self, writer: RunWriter) -> Cut:
        """Rounds until enough have passed the table steps too."""
        self._new_cut()
        note = lambda data: self._engine._tell("round", **data)  # noqa: E731
        rounds = Rounds(self._plan, self._shared, self._feed, self._stream, self._new_cut, note)
        trees, cut = await rounds.run(self._closed, self._replay["rounds"] if self._replay else None)
        self.round_sizes = rounds.sizes
        for tree in trees:
            writer.add(tree)
        return cut


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
