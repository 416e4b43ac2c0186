"""The public face in Python: recipes that run, runs that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core import recipe as core_recipe
from .core.errors import RunError
from .core.store import RunFolder

if TYPE_CHECKING:
    import pyarrow as pa

    from .core.progress import Event
    from .models.base import Model

WORKSPACE = Path(".mintmark")


class Recipe(core_recipe.Recipe):
    """A recipe: a source, models and steps. See `core.recipe.Recipe` for its fields.

    Example:
        >>> import mintmark as mm
        >>> recipe = mm.Recipe(
        ...     source=mm.Documents(path="docs/", chunk_tokens=400),
        ...     models={"writer": "local/smollm2"},
        ...     steps=[mm.GroundedQA(model="writer"), mm.MinHash(on="question")],
        ...     rows=100,
        ... )
        >>> run = recipe.run("runs/faq")  # doctest: +SKIP
    """

    def run(
        self, folder: str | Path, *, calls: str | Path | None = None, overwrite: bool = False, wait: bool = False,
        retry_failed: bool = False, progress: bool | Callable[[Event], None] = True,
        models: Mapping[str, Model] | None = None, workspace: str | Path | None = WORKSPACE,
    ) -> Run:  # fmt: skip
        """Run into a folder, from where an earlier try ended; a finished run of this recipe is returned as it is.

        Args:
            folder: the run's folder.
            calls: a call log shared with other runs; the folder's own by default.
            overwrite: replace a finished run; its call log is kept and used.
            wait: stay until batch jobs and reviews have answered.
            retry_failed: ask again the calls that failed for good.
            progress: draw progress in the terminal, or a function that is given every event.
            models: models by alias, in place of those that the specs name.
            workspace: folder of the stage cache; None for no cache.

        Raises:
            MintmarkError: with what, where and the remedy; the folder can be gone on with.
        """
        from .engines.local import LocalEngine
        from .engines.options import Options
        from .publish.card import write_card
        from .terminal import listener

        found = RunFolder(folder)
        listeners = [progress] if callable(progress) else [listener()] if progress else []
        options = Options(
            calls=Path(calls) if calls else None, overwrite=overwrite, wait=wait, retry_failed=retry_failed,
            stages=Path(workspace) / "stages" if workspace is not None else None, listeners=listeners,
            before_seal=write_card, models=dict(models or {}),
        )  # fmt: skip
        try:
            ended = LocalEngine(self, found, options).run()
        finally:
            for one in listeners:
                close = getattr(one, "close", None)
                if close is not None:
                    close()
        return Run(folder, status=ended.status, waiting=ended.waiting)


class Run:
    """A run folder, read. Everything not kept is here too, with its reason.

    Args:
        folder: the run's folder.

    Attributes:
        status: how the run ended: `done`, `short`, `waiting`, `already`; `read` for a folder that was only opened.
        waiting: rows that wait for a reply.
    """

    def __init__(self, folder: str | Path, *, status: str = "read", waiting: int = 0) -> None:
        self.folder = RunFolder(folder)
        self.status, self.waiting = status, waiting

    def __repr__(self) -> str:
        return f"Run({str(self.folder.path)!r}, status={self.status!r})"

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest. Raises `RunError` for an unfinished run."""
        return self.folder.manifest()

    @property
    def rows(self) -> pa.Table:
        """The kept rows."""
        return self._table("data")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from self.rows.to_pylist()

    def __len__(self) -> int:
        return int(self.manifest["content"]["kept"])

    def dropped(self, step: str | None = None) -> pa.Table:
        """Return the rows that were dropped or failed, with step, reason and detail.

        Args:
            step: only those of this step, as the recipe names it (`curate.grounding`).
        """
        import pyarrow.compute as pc

        found = self._table("dropped")
        return found if step is None or not found.num_rows else found.filter(pc.equal(found["step"], step))

    @property
    def used(self) -> pa.Table:
        """The rows that became parents."""
        return self._table("used")

    @property
    def lineage(self) -> pa.Table:
        """Every candidate row: its fate, parents, calls and place in the source."""
        import pyarrow.parquet as pq

        self.manifest  # noqa: B018 (an unfinished run has no lineage)
        return pq.read_table(self.folder / "lineage.parquet")

    def _table(self, name: str) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.manifest  # noqa: B018
        parts = sorted((self.folder / name).glob("part-*.parquet"))
        if not parts:
            return pa.table({"id": pa.array([], pa.string())})
        return pa.concat_tables([pq.read_table(p) for p in parts])


def replay(folder: str | Path, into: str | Path) -> tuple[Run, list[str]]:
    """Make a run again from its call log alone, in an empty folder, with no model and no network.

    Returns:
        The new run, and the relative paths whose bytes differ from the original's (none where replay holds).

    Raises:
        RunError: for an unfinished run, or a folder that is not empty.
        ReplayMiss: where the log lacks a call.
    """
    from .engines.local import LocalEngine
    from .engines.options import Options
    from .models.offline import OfflineModel
    from .publish.card import write_card

    old, new = RunFolder(folder), RunFolder(into)
    manifest = old.manifest()
    content = manifest["content"]
    if new.path.exists() and any(new.path.iterdir()):
        raise RunError("is not empty", where=str(new.path), remedy="a replay needs an empty folder")
    recipe = core_recipe.Recipe.from_file(old / "recipe.yaml")
    log = old.path / manifest["process"]["call_log"]
    if not log.is_file():
        raise RunError("the run's call log is not there", where=str(log))
    models = {a: OfflineModel(m["spec"], m["identity"], m["capabilities"]) for a, m in content["models"].items()}
    options = Options(calls=log, offline=True, replay_of=content, before_seal=write_card, models=dict(models))
    ended = LocalEngine(recipe, new, options).run()
    assert ended.manifest is not None
    before, after = content["files"], ended.manifest["content"]["files"]
    differ = sorted(f for f in before.keys() | after.keys() if before.get(f) != after.get(f))
    if not differ and ended.manifest["content_digest"] != manifest["content_digest"]:
        differ = ["manifest.json"]
    return Run(into, status=ended.status), differ
