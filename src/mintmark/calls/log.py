"""The call log: every call and its result, on disk before the result is used.

One SQLite file in WAL mode. Writes are committed in groups, so that a thousand calls a second cost a few commits;
a call's writer goes on when its group is committed. A commit survives `kill -9`; with `synchronous=FULL` it also
survives a power cut (the default costs one `fsync` less a group, and a power cut can then lose the last groups,
never corrupt the file).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import orjson

from ..core.call import Fault, Reply
from ..core.errors import RunError
from ..core.fingerprint import canonical
from .keys import model_digest, reply_json

GROUP_S = 0.004
"""Seconds between the first write of a group and its commit."""
GROUP_MAX = 512
CHECKPOINT_EVERY = 20_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS models (digest TEXT PRIMARY KEY, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    key TEXT PRIMARY KEY,          -- hash of model, kind, request, schema, sampling and seed
    kind TEXT NOT NULL,
    model TEXT NOT NULL,           -- models.digest
    status TEXT NOT NULL,          -- done | failed | pending
    request TEXT NOT NULL,         -- canonical JSON: the bytes that the key hashes
    result TEXT,                   -- canonical JSON of the reply, or of the fault
    tokens_in INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    dollars REAL,                  -- NULL where the price is unknown
    job TEXT,                      -- set while pending: the provider's job that will answer
    at REAL NOT NULL,              -- Unix time of the write
    seconds REAL                   -- from the request to its reply
);
CREATE INDEX IF NOT EXISTS calls_pending ON calls (job) WHERE status = 'pending';
PRAGMA user_version = 1;
"""
_INSERT = (
    "INSERT OR IGNORE INTO calls (key, kind, model, status, request, result, tokens_in, tokens_out, dollars,"
    " job, at, seconds) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)
_RESULT = "key, result, tokens_in, tokens_out, dollars, model"
FEW = 1_000
"""Keys that are looked up in one statement; more go through a temporary table, so that memory stays flat."""
Status = Literal["done", "failed", "pending"]


@dataclass(slots=True)
class Stored:
    """A call's result as the log holds it."""

    key: str
    status: Status
    reply: Reply | None
    fault: Fault | None
    tokens_in: int
    tokens_out: int
    dollars: float | None
    job: str = ""


class CallLog:
    """Reads and writes one log file. Use from one event loop; other processes may use the same file.

    Args:
        path: the SQLite file; made where it is missing, unless `read_only`.
        read_only: for replay, trace and verify.

    Raises:
        RunError: where the file is not a call log or cannot be opened.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.read_only = read_only
        try:
            self._db = self._connect()
            if not read_only:
                self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)
                self._db.execute("PRAGMA wal_autocheckpoint=0")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as e:
            raise RunError(f"cannot be opened as a call log: {e}", where=str(path)) from e
        if version != 1:
            raise RunError("is a call log of another version of mintmark", where=str(path), got=version, allowed="1")
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[bool]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._since_checkpoint = 0
        self._checkpoint: threading.Thread | None = None
        self._known_models: set[str] = set()

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            uri = f"{self.path.resolve().as_uri()}?mode=ro"
            try:
                found = sqlite3.connect(uri, uri=True, timeout=60, isolation_level=None, check_same_thread=False)
                found.execute("SELECT 1 FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:  # a folder that cannot be written has no place for SQLite's shared memory
                uri += "&immutable=1"
                found = sqlite3.connect(uri, uri=True, timeout=60, isolation_level=None, check_same_thread=False)
            return found
        return sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)

    def get(self, key: str) -> Stored | None:
        """Return what is stored under `key`, or None."""
        found = self._db.execute(
            "SELECT status, result, tokens_in, tokens_out, dollars, job FROM calls WHERE key = ?", (key,)
        ).fetchone()
        return None if found is None else _stored(key, *found)

    async def put(
        self, key: str, payload: bytes, kind: str, model: str, answer: Reply | Fault, *,
        dollars: float | None, seconds: float,
    ) -> Stored:  # fmt: skip
        """Write a result down; return what is stored (the first result wins) once it is on disk.

        Raises:
            RunError: where the disk is full or the file is gone; nothing that was committed is lost.
        """
        stored, record = _record(key, payload, kind, model, answer, dollars, seconds)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((record, done))
        if len(self._waiting) >= GROUP_MAX:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(GROUP_S, self._flush)
        if await done:
            return stored
        return self.get(key) or stored

    def _flush(self) -> None:
        """Commit the group: on the loop's own thread, since a commit without fsync is shorter than a thread switch."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        if not group:
            return
        try:
            ours = self._commit([record for record, _ in group])
        except sqlite3.Error as e:
            error = self._unwritten(e)
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in group:
            if not done.done():
                done.set_result(ours)
        self._since_checkpoint += len(group)
        if self._since_checkpoint >= CHECKPOINT_EVERY and (self._checkpoint is None or not self._checkpoint.is_alive()):
            self._since_checkpoint = 0
            self._checkpoint = threading.Thread(target=self._run_checkpoint, daemon=True)
            self._checkpoint.start()

    def _commit(self, records: list[tuple[Any, ...]]) -> bool:
        """Write a group; False where the log held one of its calls before (another process shares it)."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            written = self._db.executemany(_INSERT, records).rowcount
            self._db.execute("COMMIT")
            return written == len(records)
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _unwritten(self, e: sqlite3.Error) -> RunError:
        return RunError(
            f"a call could not be written down: {e}", where=str(self.path),
            remedy="free space or mend the disk, then give the same command again; every call that was written is kept",
        )  # fmt: skip

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what the block writes, or nothing of it.

        Raises:
            RunError: where the disk is full or the file is gone.
        """
        self._flush()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as e:
            raise self._unwritten(e) from e
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _run_checkpoint(self) -> None:
        """Move the WAL into the file from a thread of its own: one long C call that lets go of the interpreter."""
        try:
            db = sqlite3.connect(self.path, timeout=60)
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            db.close()
        except sqlite3.Error:
            return  # the log is whole without it; the next one tries again

    def add_model(self, identity: Mapping[str, Any]) -> str:
        """Record a model's identity; return its digest."""
        name = model_digest(identity)
        if name not in self._known_models and not self.read_only:
            with self._transaction():
                values = (name, canonical(dict(identity)).decode())
                self._db.execute("INSERT OR IGNORE INTO models VALUES (?, ?)", values)
        self._known_models.add(name)
        return name

    def model_identity(self, name: str) -> dict[str, Any]:
        """Return the identity recorded under a digest, or {}."""
        found = self._db.execute("SELECT identity FROM models WHERE digest = ?", (name,)).fetchone()
        return dict(orjson.loads(found[0])) if found else {}

    def pending(self) -> dict[str, list[tuple[str, str]]]:
        """Return job -> [(key, model digest)] of every call still waiting for its answer."""
        jobs: dict[str, list[tuple[str, str]]] = {}
        for key, model, job in self._db.execute(
            "SELECT key, model, job FROM calls WHERE status = 'pending' ORDER BY job, key"
        ):
            jobs.setdefault(job, []).append((key, model))
        return jobs

    def resolve(self, answers: Mapping[str, Reply | Fault], dollars: Mapping[str, float | None]) -> None:
        """Give pending calls their answers, in one commit."""
        with self._transaction():
            for key, answer in answers.items():
                row = self._db.execute(
                    "SELECT request, kind, model FROM calls WHERE key = ? AND status = 'pending'", (key,)
                ).fetchone()
                if row is None:
                    continue
                _, record = _record(key, row[0].encode(), row[1], row[2], answer, dollars.get(key), 0.0)
                self._db.execute("DELETE FROM calls WHERE key = ?", (key,))
                self._db.execute(_INSERT, record)

    def forget_failed(self) -> int:
        """Take out the calls that failed for good, so that they are asked again; return how many."""
        with self._transaction():
            return self._db.execute("DELETE FROM calls WHERE status = 'failed'").rowcount

    def full(self, key: str) -> dict[str, Any] | None:
        """Return everything the log holds about a call, for `trace`."""
        cursor = self._db.execute("SELECT * FROM calls WHERE key = ?", (key,))
        found = cursor.fetchone()
        if found is None:
            return None
        call = dict(zip([c[0] for c in cursor.description], found))
        call["request"] = orjson.loads(call["request"])
        call["result"] = orjson.loads(call["result"]) if call["result"] else None
        call["identity"] = self.model_identity(call["model"])
        return call

    def results(self, keys: Iterable[str]) -> Iterator[tuple[str, str, int, int, float | None, str]]:
        """Yield (key, result hash, tokens in, tokens out, dollars, model digest) of distinct keys, sorted."""
        wanted = iter(keys)
        few = list(islice(wanted, FEW + 1))
        if len(few) <= FEW:
            few = sorted(set(few))
            marks = ",".join("?" * len(few))
            rows = self._db.execute(f"SELECT {_RESULT} FROM calls WHERE key IN ({marks}) ORDER BY key", few)
        else:
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (key TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.execute("DELETE FROM wanted")
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((k,) for k in chain(few, wanted)))
            self._db.execute("COMMIT")
            rows = self._db.execute(f"SELECT {_RESULT} FROM wanted JOIN calls USING (key) ORDER BY key")
        for key, result, t_in, t_out, dollars, model in rows:
            yield key, hashlib.blake2b((result or "").encode(), digest_size=8).hexdigest(), t_in, t_out, dollars, model

    def costs(self, keys: Iterable[str]) -> Iterator[tuple[str, str, int, int, float | None, float]]:
        """Yield (key, model digest, tokens in, tokens out, dollars, seconds) of each of `keys` that the log holds."""
        wanted = iter(keys)
        while some := list(islice(wanted, FEW)):
            yield from self._db.execute(
                "SELECT key, model, tokens_in, tokens_out, dollars, coalesce(seconds, 0) FROM calls"
                f" WHERE key IN ({','.join('?' * len(some))})", some
            )  # fmt: skip

    def count(self) -> int:
        """Return how many calls the log holds."""
        return int(self._db.execute("SELECT count(*) FROM calls").fetchone()[0])

    def close(self) -> None:
        """Commit what waits and close; the WAL is folded into the one file."""
        if not self.read_only:
            self._flush()
            if self._checkpoint is not None:
                self._checkpoint.join()
            with contextlib.suppress(sqlite3.Error):  # another process still reads; the WAL beside the file is whole
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()


def _record(
    key: str, payload: bytes, kind: str, model: str, answer: Reply | Fault, dollars: float | None, seconds: float
) -> tuple[Stored, tuple[Any, ...]]:
    status: Status
    if isinstance(answer, Reply):
        status = "pending" if answer.job else "done"
        result = None if answer.job else reply_json(answer).decode()
        stored = Stored(key, status, answer, None, answer.tokens_in, answer.tokens_out, dollars, answer.job)
    else:
        status = "failed"
        result = orjson.dumps({"reason": answer.reason, "detail": answer.detail}).decode()
        stored = Stored(key, status, None, answer, 0, 0, 0.0)
    record = (
        key, kind, model, status, payload.decode(), result, stored.tokens_in, stored.tokens_out,
        stored.dollars, stored.job or None, time.time(), round(seconds, 4),
    )  # fmt: skip
    return stored, record


def _stored(
    key: str, status: Status, result: str | None, tokens_in: int, tokens_out: int, dollars: float | None,
    job: str | None,
) -> Stored:  # fmt: skip
    reply, fault = None, None
    if status == "failed":
        fields = orjson.loads(result or "{}")
        fault = Fault(fields.get("reason", "failed"), fields.get("detail", ""), terminal=True)
    else:
        fields = orjson.loads(result) if result else {}
        reply = Reply(**fields, job=job or "")
    return Stored(key, status, reply, fault, tokens_in, tokens_out, dollars, job or "")
