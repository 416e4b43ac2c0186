"""The one folder that a sandboxed program may write to: how much it holds, and its end."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

MAX_FILES = 2000
ENDLESS = 1 << 62


def disk_bytes(folder: str) -> int:
    """Return what a folder holds; one with too many entries, or one that cannot be measured, counts as endless."""
    total, seen, waiting = 0, 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MAX_FILES:
                        return ENDLESS
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            continue
        except OSError:
            return ENDLESS
    return total


def delete(folder: str) -> None:
    """Delete a folder that a program made as deep and as closed as it could; links are not followed."""
    mark, n = secrets.token_hex(8), 0
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            # What lies deeper is lifted to the top, so that no path grows long and nothing recurses.
            Path(entry.path).chmod(0o700)
            for inner in list(os.scandir(entry.path)):
                n += 1
                Path(inner.path).rename(Path(folder, f".{mark}-{n}"))
            Path(entry.path).rmdir()
    Path(folder).rmdir()
