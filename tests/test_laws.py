"""The laws, over every registered operator and its own examples."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mintmark.calls.keys import call_key, model_digest
from mintmark.core import registry
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import MintmarkError
from mintmark.core.estimate import Estimate, proportion
from mintmark.core.lineage import Candidate
from mintmark.core.operator import Example
from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.engines.local import LocalEngine
from mintmark.engines.options import Options
from mintmark.models.scripted import ScriptedModel, scripted
from mintmark.sources.rows import Rows

NAMES = registry.operator_names()
CASES = [(name, i) for name in NAMES for i in range(len(registry.get_operator(name).examples()))]


def example_of(name: str, i: int) -> Example:
    return registry.get_operator(name).examples()[i]


def recipe_of(example: Example, **fields: Any) -> Recipe:
    models = dict.fromkeys(example.operator.requires(), "scripted/law")
    inputs = {name: Rows(rows=tuple(map(dict, rows))) for name, rows in example.side.items()}
    columns = dict.fromkeys(example.operator.reads())
    rows = tuple({**columns, **{k: v for k, v in row.items() if k != "id"}} for row in example.rows)
    return Recipe(
        source=Rows(rows=rows), models=models, inputs=inputs, steps=[example.operator], max_failed=1.0, **fields
    )


def run(example: Example, folder: Path, **options: Any) -> dict[str, Any]:
    with scripted("law", example.script or (lambda request: "")):
        ended = LocalEngine(recipe_of(example), RunFolder(folder), Options(**options)).run()
    assert ended.manifest is not None
    content: dict[str, Any] = ended.manifest["content"]
    return content


def sealed(folder: Path) -> dict[str, str]:
    return RunFolder(folder).hashes()


def lineage(folder: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / "lineage.parquet").to_pylist())


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    return [row for part in sorted((folder / name).glob("*.parquet")) for row in pq.read_table(part).to_pylist()]


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_shows_a_kept_and_a_non_kept_row(name: str) -> None:
    cls = registry.get_operator(name)
    fates = [fate for example in cls.examples() for fate in example.fates]
    assert "kept" in fates, f"{name} shows no kept row"
    assert {"dropped", "failed"} & set(fates), f"{name} shows no row that is not kept"
    assert cls.op_version >= 1 and cls.__doc__


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_1_every_candidate_has_an_id_parents_and_one_fate(name: str, i: int, tmp_path: Path) -> None:
    example = example_of(name, i)
    content = run(example, tmp_path / "run")
    rows = lineage(tmp_path / "run")
    assert [row["fate"] for row in rows] == list(example.fates)
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    for row in rows:
        assert set(row["parents"]) <= set(ids)
        assert bool(row["parents"]) == (row["born"] != "source")
    for step in content["waterfall"]:
        assert step["came"] + step["born"] == sum(step[f] for f in ("kept", "dropped", "failed", "used"))


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_1_ids_come_from_content_not_from_position(name: str, i: int, tmp_path: Path) -> None:
    example = example_of(name, i)
    run(example, tmp_path / "one")
    turned = Example(example.operator, list(reversed(example.rows)), [], example.script, example.side)
    run(turned, tmp_path / "two")
    source = [{r["id"] for r in lineage(tmp_path / way) if r["born"] == "source"} for way in ("one", "two")]
    assert source[0] == source[1]
    if example.operator.scope == "row":
        assert {r["id"]: r["fate"] for r in lineage(tmp_path / "one")} == {
            r["id"]: r["fate"] for r in lineage(tmp_path / "two")
        }


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_2_nothing_that_is_not_kept_is_lost(name: str, i: int, tmp_path: Path) -> None:
    run(example_of(name, i), tmp_path / "run")
    rows = {row["id"]: row for row in lineage(tmp_path / "run")}
    assert {r["id"] for r in table(tmp_path / "run", "data")} == {k for k, r in rows.items() if r["fate"] == "kept"}
    assert {r["id"] for r in table(tmp_path / "run", "used")} == {k for k, r in rows.items() if r["fate"] == "used"}
    out = table(tmp_path / "run", "dropped")
    assert {r["id"] for r in out} == {k for k, r in rows.items() if r["fate"] in ("dropped", "failed")}
    assert all(r["step"] and r["reason"] for r in out)


@pytest.mark.parametrize(
    "name", [n for n in NAMES if any(e.operator.requires() for e in registry.get_operator(n).examples())]
)
def test_law_2_what_cannot_be_decided_has_failed(name: str, tmp_path: Path) -> None:
    for i, example in enumerate(registry.get_operator(name).examples()):
        broken = Example(
            example.operator, example.rows, [], lambda request: Fault("http_400", "no", terminal=True), example.side
        )
        run(broken, tmp_path / str(i))
        rows = lineage(tmp_path / str(i))
        asked = [r for r in rows if r["calls"]]
        assert asked and not [r for r in rows if r["fate"] == "kept"]
        assert any(r["fate"] == "failed" and r["reason"] == "http_400" for r in rows) or any(
            r["fate"] == "failed" for r in rows
        )


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_3_a_recipe_is_its_yaml(name: str, i: int) -> None:
    recipe = recipe_of(example_of(name, i), seed=7, rows=3)
    for resolved in (False, True):
        again = Recipe.from_yaml(recipe.to_yaml(resolved=resolved))
        assert again == recipe
        assert again.fingerprint() == recipe.fingerprint()


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_4_reading_a_run_changes_none_of_its_bytes(name: str, i: int, tmp_path: Path) -> None:
    from mintmark.api import Run
    from mintmark.publish.verify import verify

    run(example_of(name, i), tmp_path / "run")
    before = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    found = Run(tmp_path / "run")
    assert found.rows.num_rows == len(found) and found.dropped() is not None and found.lineage.num_rows
    assert not verify(tmp_path / "run").problems
    after = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    assert {k: v for k, v in after.items() if "calls.sqlite-" not in k.name} == before


def test_law_5_an_estimate_has_an_interval_that_moves_with_its_evidence() -> None:
    for n in (10, 100, 1000):
        found = proportion(n * 7 // 10, n)
        assert isinstance(found, Estimate) and found.low <= found.value <= found.high and found.n == n
    assert proportion(7, 10).high - proportion(7, 10).low > proportion(700, 1000).high - proportion(700, 1000).low
    assert not proportion(0, 0).low > 0 and proportion(0, 0).high == 1


def test_law_8_a_finished_folder_is_left_as_it_is(tmp_path: Path) -> None:
    example = example_of("generate.prompt", 0)
    run(example, tmp_path / "run")
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    with scripted("law", lambda request: pytest.fail("a finished run asks nothing")):
        ended = LocalEngine(recipe_of(example), RunFolder(tmp_path / "run")).run()
    assert ended.status == "already"
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before
    other = recipe_of(example, seed=1)
    with pytest.raises(MintmarkError, match="another recipe"), scripted("law", example.script or str):
        LocalEngine(other, RunFolder(tmp_path / "run")).run()


class Slow(ScriptedModel):
    """Answers after a random while."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__("law")
        self.rng = rng

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        await asyncio.sleep(self.rng.random() * 0.02)
        async for found in super().submit(requests):
            yield found


class Later(ScriptedModel):
    """Answers half of its calls later, so that their rows are put aside and walk again from their start."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__("law")
        self.rng, self.asked = rng, {}  # type: ignore[var-annotated]

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        async for i, answer in super().submit(requests):
            if self.rng.random() < 0.5:
                key, _ = call_key(model_digest(self.identity), requests[i])
                self.asked[key] = answer
                yield i, Reply(job=f"job-{self.rng.random()}")
            else:
                yield i, answer

    async def collect(self, job: str, keys: Sequence[str]) -> Mapping[str, Reply | Fault]:
        return {key: self.asked[key] for key in keys}


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_9_order_of_arrival_and_restarts_change_nothing(name: str, i: int, tmp_path: Path) -> None:
    example = example_of(name, i)
    run(example, tmp_path / "plain", stages=tmp_path / "stages")
    want = sealed(tmp_path / "plain")
    assert any(f.startswith("lineage") for f in want)
    for n, cls in enumerate((Slow, Later, Later)):
        models: dict[str, Any] = dict.fromkeys(example.operator.requires(), cls(random.Random(n)))
        run(example, tmp_path / f"{n}", models=models)
        assert sealed(tmp_path / f"{n}") == want, cls.__name__
    run(example, tmp_path / "plain", overwrite=True, stages=tmp_path / "stages")
    assert sealed(tmp_path / "plain") == want


@pytest.mark.parametrize(("name", "i"), CASES)
def test_law_9_replay_needs_neither_model_nor_network(
    name: str, i: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mintmark.api import replay

    run(example_of(name, i), tmp_path / "run")

    def blocked(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a replay opened a socket")

    for method in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, method, blocked)
    again, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []
    assert sealed(tmp_path / "again") == sealed(tmp_path / "run")
    assert again.manifest["content_digest"] == RunFolder(tmp_path / "run").manifest()["content_digest"]


def test_a_candidate_survives_the_wire() -> None:
    child = Candidate(
        {"id": "b", "x": [1, {"y": None}]}, ("a",), 0, "dropped", 1, "why", {"n": 1}, [(0, "k")], {"path": "p"}
    )
    tree = Candidate({"id": "a"}, (), -1, "used", 0, children=[child])
    assert Candidate.from_wire(tree.to_wire()) == tree
