"""What a manifest says: the content, which replay must make again, and the process, which it cannot."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

from ..calls.cost import Spent
from ..calls.keys import ResultsDigest
from ..calls.log import CallLog
from ..core.store import RunFolder
from .cut import Cut
from .plan import Plan
from .writer import RunWriter


def content_of(
    folder: RunFolder, planned: Plan, writer: RunWriter, cut: Cut, log: CallLog, round_sizes: list[int]
) -> dict[str, Any]:
    """Return the reproducible part of the manifest; the run's files are written, so their hashes are taken here."""
    spent, by_model, sealed = Spent(), {a: Spent() for a in planned.models}, ResultsDigest()
    digests = {log.add_model(m.identity): a for a, m in planned.models.items()}
    for key, result, tokens_in, tokens_out, dollars, model in log.results(writer.call_keys()):
        spent.add(tokens_in, tokens_out, dollars)
        if model in digests:
            by_model[digests[model]].add(tokens_in, tokens_out, dollars)
        sealed.add(key, result)
    return {
        "name": planned.recipe.name,
        "fingerprint": planned.fingerprint,
        "recipe": planned.recipe.to_data(resolved=True),
        "sources": planned.sources,
        "models": {
            alias: {"spec": model.spec, "identity": dict(model.identity), "capabilities": sorted(model.capabilities)}
            for alias, model in sorted(planned.models.items())
        },
        "stop": "rows" if cut.full else cut.stop,
        "short": cut.short,
        "taken": writer.trees_written,
        "rounds": round_sizes,
        "kept": writer.waterfall.kept,
        "dropped": writer.waterfall.total("dropped"),
        "failed": writer.waterfall.total("failed"),
        "used": writer.waterfall.total("used"),
        "waterfall": writer.waterfall.as_list(),
        "calls": {**_spent(spent), "by_model": {a: _spent(s) for a, s in by_model.items()}, "digest": sealed.hex()},
        "files": folder.hashes(),
    }


def process_of(began: float, fresh: Spent, log: Path, folder: Path, warnings: list[str]) -> dict[str, Any]:
    """Return what describes this execution and no other."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began, 3),
        "fresh": _spent(fresh),
        "call_log": os.path.relpath(log, folder),
        "warnings": warnings,
        "versions": {
            "mintmark": importlib.metadata.version("mintmark"),
            "python": platform.python_version(),
            "pyarrow": importlib.metadata.version("pyarrow"),
        },
    }


def _spent(spent: Spent) -> dict[str, Any]:
    return {
        "count": spent.calls, "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out,
        "dollars": round(spent.dollars, 9), "unpriced": spent.unpriced,
    }  # fmt: skip
