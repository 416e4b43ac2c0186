"""What a step prepared is kept in the workspace, believed only where the log agrees, and changes no result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import replay
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import RunError
from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.engines.local import LocalEngine
from mintmark.engines.options import Ended, Options
from mintmark.generate.retrieve import Retrieve
from mintmark.models.scripted import ScriptedModel, scripted
from mintmark.sources.rows import Rows

PASSAGES = ("Honey keeps for years.", "Lava cools slowly.", "Tides rise twice a day.")


def recipe(passages: Sequence[str] = PASSAGES, **fields: Any) -> Recipe:
    return Recipe(
        source=Rows(rows=({"query": "honey"}, {"query": "tides"})),
        inputs={"kb": Rows(rows=tuple({"text": text} for text in passages))},
        models={"vectors": "scripted/vectors"},
        steps=[Retrieve(method="embed", embedder="vectors", top_k=1)],
        **fields,
    )


def vector(request: Request) -> list[float]:
    text = str(request.body["text"]).lower()
    return [float(word in text) for word in ("honey", "lava", "tide")] + [0.1]


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    times: list[str] = []
    real = Retrieve.prepare

    def counted(self: Retrieve, ctx: Any) -> Any:
        times.append(ctx.step)
        return real(self, ctx)

    monkeypatch.setattr(Retrieve, "prepare", counted)
    return times


def run(what: Recipe, folder: Path, tmp_path: Path, **options: Any) -> Ended:
    with scripted("vectors", options.pop("script", vector)):
        return LocalEngine(what, RunFolder(folder), Options(stages=tmp_path / "stages", **options)).run()


def test_an_artifact_is_made_once_where_the_log_is_shared(tmp_path: Path, prepared: list[str]) -> None:
    log = tmp_path / "calls.sqlite"
    first = run(recipe(), tmp_path / "a", tmp_path, calls=log)
    again = run(recipe(), tmp_path / "b", tmp_path, calls=log)
    assert len(prepared) == 1
    assert first.manifest is not None and again.manifest is not None
    assert again.manifest["content_digest"] == first.manifest["content_digest"]
    assert replay(tmp_path / "b", tmp_path / "c")[1] == []
    run(recipe(PASSAGES[:2]), tmp_path / "d", tmp_path, calls=log)
    assert len(prepared) == 3, "a replay has no workspace, and another knowledge base is another artifact"


def test_a_log_without_its_calls_makes_it_anew(tmp_path: Path, prepared: list[str]) -> None:
    run(recipe(), tmp_path / "a", tmp_path)
    run(recipe(), tmp_path / "b", tmp_path)
    assert len(prepared) == 2
    assert replay(tmp_path / "b", tmp_path / "c")[1] == []


def test_a_torn_file_is_made_anew(tmp_path: Path, prepared: list[str]) -> None:
    log = tmp_path / "calls.sqlite"
    run(recipe(), tmp_path / "a", tmp_path, calls=log)
    (kept,) = (tmp_path / "stages" / "artifacts").rglob("*.artifact")
    whole = kept.read_bytes()
    for n, torn in enumerate((whole[:-7], b"", b"[]\n", whole.replace(b"PK", b"KP", 1))):
        kept.write_bytes(torn)
        run(recipe(), tmp_path / f"b{n}", tmp_path, calls=log)
        assert len(prepared) == n + 2
        assert kept.read_bytes() == whole, "the same artifact, byte for byte"


def test_a_budget_is_of_rows_whether_the_artifact_was_made_or_found(tmp_path: Path) -> None:
    budget, log = {"calls": 1}, tmp_path / "calls.sqlite"
    for name in ("a", "b"):
        ended = run(recipe(budget=budget), tmp_path / name, tmp_path, calls=log)
        assert ended.manifest is not None
        content = ended.manifest["content"]
        assert (content["stop"], content["taken"], content["kept"]) == ("budget", 1, 1), (
            "the passages are no row's cost"
        )


def test_a_call_that_fails_for_good_ends_the_run_with_a_remedy(tmp_path: Path) -> None:
    def refuse(request: Request) -> Any:
        return Fault("http_400", "too long", terminal=True) if "Lava" in request.body["text"] else vector(request)

    with pytest.raises(RunError, match=r"step 1 \(generate.retrieve\).*http_400.*--retry-failed"):
        run(recipe(), tmp_path / "a", tmp_path, script=refuse)
    assert run_again(tmp_path).status == "done"


def run_again(tmp_path: Path) -> Ended:
    return run(recipe(), tmp_path / "a", tmp_path, retry_failed=True)


class Jobs(ScriptedModel):
    """Answers every call later, once it has been told to."""

    ready = False

    async def submit(self, requests: Sequence[Request]) -> Any:
        for i, request in enumerate(requests):
            text = str(request.body["text"])
            self.asked = {**getattr(self, "asked", {}), text: vector(request)}
            yield i, Reply(job=text)

    async def collect(self, job: str, keys: Sequence[str]) -> Mapping[str, Reply | Fault] | None:
        return {key: Reply(value=self.asked[job]) for key in keys} if self.ready else None


def test_an_artifact_may_wait_for_a_batch_job(tmp_path: Path) -> None:
    model = Jobs("vectors")
    assert run(recipe(), tmp_path / "a", tmp_path, models={"vectors": model}).status == "waiting"
    model.ready = True
    ended = run(recipe(), tmp_path / "a", tmp_path, models={"vectors": model})
    assert ended.status == "done" and ended.manifest is not None and ended.manifest["content"]["kept"] == 2
