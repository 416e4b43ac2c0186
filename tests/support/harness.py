"""What the tests of faults share: a server to hurt, runs to kill, folders to compare, laws to check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq

from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.engines.feed import rows_of
from mintmark.engines.local import LocalEngine
from mintmark.engines.options import Ended, Options
from mintmark.models.offline import OfflineModel

ROOT = Path(__file__).resolve().parents[2]


class FaultServer:
    """A fault server in its own process; see `fault_server.py` for what it can be told.

    Args:
        args: its command line.
    """

    def __init__(self, *args: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fault_server", "--child", *args],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.port, self._control = ports["port"], ports["control"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    @property
    def spec(self) -> str:
        """How a recipe names the server's model."""
        return f"http://127.0.0.1:{self.port}/v1#mock"

    def tell(self, command: str, **data: Any) -> Any:
        """Do `set`, `away`, `finish_jobs`, `forget`, `calls` or `stats`."""
        asked = urllib.request.Request(f"http://127.0.0.1:{self._control}/{command}", json.dumps(data).encode())
        with urllib.request.urlopen(asked, timeout=20) as response:
            return json.loads(response.read())

    def set(self, *rules: dict[str, Any], **settings: Any) -> None:
        """Follow these rules from now on, and no others."""
        self.tell("set", rules=list(rules), **settings)

    def stats(self) -> dict[str, int]:
        """Return how much was asked."""
        return dict(self.tell("stats"))

    def fresh(self) -> Self:
        """Forget what was seen and behave well again."""
        self.tell("forget")
        self.set(latency_s=0.0, sigma=0.0, answers=0)
        return self

    def wait_for(self, requests: int, timeout_s: float = 30) -> None:
        """Wait until so many requests have come."""
        end = time.monotonic() + timeout_s
        while self.stats()["requests"] < requests:
            assert time.monotonic() < end, "the run asked too little"
            time.sleep(0.005)


def source_file(folder: Path, rows: int) -> Path:
    """Write a source of so many topics."""
    path = folder / "topics.jsonl"
    path.write_text("".join(f'{{"topic": "topic {i}"}}\n' for i in range(rows)))
    return path


TWO_CALLS = """
  - generate.prompt: {prompt: "Write about {{ topic }}."}
  - generate.prompt: {prompt: "Shorten: {{ response }}", into: short, inherit: [topic]}
"""


def recipe_text(source: Path, spec: str, steps: str = TWO_CALLS, *, model: str = "", top: str = "") -> str:
    """Return a recipe's YAML; `model` and `top` are further fields of the model and of the recipe."""
    return f"""
source: {{files: {{path: {source}}}}}
models: {{writer: {{spec: "{spec}", max_in_flight: 16{", " + model if model else ""}}}}}
{top}
steps:{steps}"""


def run(text: str, folder: Path, **options: Any) -> Ended:
    """Run a recipe in this process."""
    return LocalEngine(Recipe.from_yaml(text), RunFolder(folder), Options(**options)).run()


def replay(folder: Path, into: Path, calls: Path | None = None) -> dict[str, Any]:
    """Make a run again from its log alone; return the new manifest's content."""
    content = RunFolder(folder).manifest()["content"]
    models = {a: OfflineModel(m["spec"], m["identity"], m["capabilities"]) for a, m in content["models"].items()}
    options = Options(calls=calls or folder / "calls.sqlite", offline=True, replay_of=content, models=dict(models))
    ended = LocalEngine(Recipe.from_file(folder / "recipe.yaml"), RunFolder(into), options).run()
    assert ended.manifest is not None
    return dict(ended.manifest["content"])


def _found() -> dict[str, str]:
    """Return the variable by which a process elsewhere finds the tests, and mintmark where this one found it."""
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}


class Process:
    """A run in a process of its own, which reads relative paths from where this one does."""

    def __init__(self, text: str, folder: Path, env: dict[str, str] | None = None, **options: Any) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        recipe = folder.parent / f"{folder.name}.yaml"
        recipe.write_text(text)
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.drive", str(recipe), str(folder), json.dumps(options)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **_found(), **(env or {})},
        )  # fmt: skip

    def signal(self, number: int) -> float:
        """Send a signal; return the moment."""
        at = time.monotonic()
        self.process.send_signal(number)
        return at

    def end(self, timeout_s: float = 60) -> tuple[int, dict[str, Any], str]:
        """Wait; return exit code, the line it printed, and its errors."""
        out, err = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, json.loads(out) if out.strip() else {}, err


def sealed(folder: Path) -> dict[str, str]:
    """Return the hashes of everything in a run that must be the same each time."""
    found = RunFolder(folder)
    assert found.finished, f"{folder} is unfinished"
    hashes = found.hashes()
    assert hashes == found.manifest()["content"]["files"]
    return hashes


def seen_again(server: FaultServer) -> list[list[list[Any]]]:
    """Return the calls that the server saw more than once: for each its (asked, answered, status) times."""
    return [entries for entries in server.tell("calls").values() if len(entries) > 1]


def check_laws(folder: Path) -> None:
    """Check that every candidate has an id of its own and one fate, and that no row is lost between two steps."""
    content = RunFolder(folder).manifest()["content"]
    falls = content["waterfall"]
    for fall in falls:
        ways = fall["kept"] + fall["dropped"] + fall["failed"] + fall["used"]
        assert fall["came"] + fall["born"] == ways, fall
        assert sum(fall["reasons"].values()) == fall["dropped"] + fall["failed"], fall
    for before, after in pairwise(falls):
        assert before["kept"] == after["came"], (before, after)
    lineage = pq.read_table(folder / "lineage.parquet").to_pylist()
    ids = {r["id"] for r in lineage}
    assert len(ids) == len(lineage) == sum(f["born"] for f in falls)
    inputs = Recipe.from_file(folder / "recipe.yaml").inputs.values()
    known = ids.union(row["id"] for source in inputs for row in rows_of(source))
    assert all(p in known for r in lineage for p in r["parents"])
    fates = Counter(r["fate"] for r in lineage)
    files = {"data": ("kept",), "dropped": ("dropped", "failed"), "used": ("used",)}
    for name, which in files.items():
        parts = sorted((folder / name).glob("*.parquet"))
        there = [i for p in parts for i in pq.read_table(p, columns=["id"]).column("id").to_pylist()]
        assert sorted(there) == sorted(r["id"] for r in lineage if r["fate"] in which)
        assert len(there) == sum(fates[f] for f in which)
