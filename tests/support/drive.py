"""Runs one recipe file into one folder in a process of its own, so that a test can kill it.

    python -m tests.support.drive recipe.yaml FOLDER '{"stages": "...", "retry_failed": true}'

Prints one line of JSON with how the run ended; a mistake prints its message and exits with its code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mintmark.core.errors import MintmarkError
from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.engines.local import LocalEngine
from mintmark.engines.options import Options


def main() -> int:
    """Run; return the exit code."""
    recipe_path, folder, given = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    for name in ("stages", "calls"):
        if given.get(name):
            given[name] = Path(given[name])
    try:
        ended = LocalEngine(Recipe.from_file(recipe_path), RunFolder(folder), Options(**given)).run()
    except MintmarkError as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return e.exit_code
    fresh = ended.manifest["process"]["fresh"]["count"] if ended.manifest else None
    print(json.dumps({"status": ended.status, "waiting": ended.waiting, "fresh": fresh}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
