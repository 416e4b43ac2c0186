"""A server of the OpenAI protocol that fails on command, in a process of its own.

It answers as a function of the request's bytes alone, so that every run that asks the same gets the same, and keeps a
record of what it was asked, so that a test can find a call that was paid for twice.

    python -m tests.support.fault_server --port 8000        # prints {"port": 8000, "control": ...}
    curl -d '{"latency_s": 0.05, "rules": [{"kind": "status", "status": 500, "p": 0.02}]}' 127.0.0.1:CONTROL/set

A rule is `{"kind": ..., "p": 1, "by": "arrival", "when": "", "times": null}`: it applies to requests that hold the
text `when`, to a share `p` of them (drawn anew at each arrival, or `by` the body, then always to the same ones), at
most `times` times. Kinds: `status` (with `status`, `retry_after`, `code`, `echo`: say the key in the message), `cut`,
`reset`, `garbage` (no JSON), `hang`, `content_filter`, `bad_json` and `mismatch` (of a message that has a schema).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import os
import random
import re
import signal
import socket
import sys
import time
from typing import Any

import orjson
from tests.support.batch_jobs import batch_door, finish_jobs
from tests.support.replies import answer

FAULTS = ("status", "cut", "reset", "garbage", "hang", "content_filter", "bad_json", "mismatch")
CHANGES_CONTENT = frozenset({"bad_json", "mismatch"})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class Rule:
    """One fault, and to which requests it applies."""

    def __init__(self, number: int, spec: dict[str, Any]) -> None:
        unknown = spec.keys() - {"kind", "p", "by", "when", "times", "status", "retry_after", "code", "echo"}
        if unknown or spec["kind"] not in FAULTS:
            raise ValueError(f"no such rule: {spec}")
        self.spec, self.kind = spec, spec["kind"]
        self.p, self.when = spec.get("p", 1.0), spec.get("when", "").encode()
        self.by_body = spec.get("by", "body" if self.kind in CHANGES_CONTENT else "arrival") == "body"
        self.left = spec.get("times")
        self.salt = b"rule%d" % number

    def applies(self, body: bytes) -> bool:
        """Say whether this request is one of them."""
        if self.left == 0 or self.when not in body:
            return False
        if self.p < 1:
            draw = random.random()
            if self.by_body:
                draw = int.from_bytes(hashlib.blake2b(body, digest_size=4, salt=self.salt).digest()) / 2**32
            if draw >= self.p:
                return False
        if self.left is not None:
            self.left -= 1
        return True


class State:
    """What the server has seen and how it behaves."""

    def __init__(self, record: bool) -> None:
        self.record = record
        self.latency_s = self.sigma = 0.0
        self.answers = 0
        self.rules: list[Rule] = []
        self.calls: dict[str, list[list[Any]]] = {}
        self.counts: dict[bytes, int] = {}
        self.requests = self.open = self.max_open = 0
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.connections: set[Connection] = set()
        self.server: asyncio.Server | None = None
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def set(
        self, latency_s: float | None = None, sigma: float | None = None, answers: int | None = None, rules: Any = None
    ) -> None:
        """Behave otherwise from now on: `answers` is how many different texts there are (0: no end of them)."""
        self.latency_s = self.latency_s if latency_s is None else latency_s
        self.sigma = self.sigma if sigma is None else sigma
        self.answers = self.answers if answers is None else answers
        if rules is not None:
            self.rules = [Rule(i, r) for i, r in enumerate(rules)]

    def delay(self) -> float:
        """Seconds until this reply: fixed, or log-normal around `latency_s` as the median."""
        return self.latency_s * math.exp(random.gauss(0, self.sigma)) if self.sigma else self.latency_s

    def note(self, digest: bytes) -> list[Any]:
        """Write down that a call was asked for; the entry takes the time and status of its reply."""
        self.counts[digest] = self.counts.get(digest, 0) + 1
        entry: list[Any] = []
        if self.record:
            entry = [time.monotonic(), None, None]
            self.calls.setdefault(digest.hex(), []).append(entry)
        return entry


class Connection(asyncio.Protocol):
    """One connection of a client: HTTP/1.1 with keep-alive, one request at a time."""

    def __init__(self, state: State) -> None:
        self.state, self.buffer = state, b""
        self.loop = asyncio.get_running_loop()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Remember the way back."""
        self.transport = transport
        self.state.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self.state.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take every whole request out of what has come."""
        self.buffer = data = self.buffer + data if self.buffer else data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end]
            at = head.lower().find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
            if len(data) < end + 4 + size:
                break
            body, data = data[end + 4 : end + 4 + size], data[end + 4 + size :]
            self.buffer = data
            method, path, _ = head.split(b" ", 2)
            self.handle(method, path, head, body)

    def handle(self, method: bytes, path: bytes, head: bytes, body: bytes) -> None:
        """Answer one request, now or later."""
        state = self.state
        if b"/files" in path or b"/batches" in path:
            self.send(*batch_door(state, method, path, head, body))
            return
        digest = hashlib.blake2b(body, digest_size=16).digest()
        state.requests += 1
        state.open += 1
        state.max_open = max(state.max_open, state.open)
        entry = state.note(digest)
        rule = next((r for r in state.rules if r.applies(body)), None)
        if rule is not None and rule.kind == "hang":
            state.open -= 1
            return
        if delay := state.delay():
            self.loop.call_later(delay, self.reply, path, head, body, digest, entry, rule)
        else:
            self.reply(path, head, body, digest, entry, rule)

    def reply(self, path: bytes, head: bytes, body: bytes, digest: bytes, entry: list[Any], rule: Rule | None) -> None:
        """Send what the rule, or none, says."""
        self.state.open -= 1
        if self.transport.is_closing():
            return
        status, headers = 200, b""
        if rule is None:
            data = answer(path, body, digest, self.state.answers)
            self.transport.write(b"%s%d\r\n\r\n%s" % (HEAD, len(data), data))
        elif rule.kind == "reset":
            status = 0
            self.transport.abort()
        else:
            data = answer(path, body, digest, self.state.answers, rule.kind)
            if rule.kind == "status":
                spec = rule.spec
                status = spec["status"]
                if "retry_after" in spec:
                    headers = b"Retry-After: %s\r\n" % str(spec["retry_after"]).encode()
                said = re.search(rb"(?i)authorization: ([^\r]*)", head) if spec.get("echo") else None
                text = f"told to answer {status}" + (f", you sent {said[1].decode()}" if said else "")
                data = orjson.dumps({"error": {"message": text, "code": spec.get("code")}})
            elif rule.kind == "garbage":
                data = b"<html>no JSON here</html>"
            size = len(data)
            if rule.kind == "cut":
                status, data = 0, data[: size // 2]
            self.send(status or 200, data, headers, size)
            if rule.kind == "cut":
                self.transport.close()
        if entry:
            entry[1], entry[2] = time.monotonic(), status

    def send(self, status: int, data: bytes, headers: bytes = b"", size: int | None = None) -> None:
        """Write one response."""
        line = f"HTTP/1.1 {status} {REASONS.get(status, 'OK')}\r\nContent-Type: application/json\r\n".encode()
        self.transport.write(
            line + headers + b"Content-Length: %d\r\n\r\n%s" % (len(data) if size is None else size, data)
        )


async def listen(state: State) -> None:
    """Open the door on the port that was once chosen."""
    loop = asyncio.get_running_loop()
    state.server = await loop.create_server(
        lambda: Connection(state), "127.0.0.1", state.port, backlog=1024, reuse_address=True
    )
    state.port = state.server.sockets[0].getsockname()[1]


async def go_away(state: State, seconds: float) -> None:
    """Drop every connection and refuse new ones for a while."""
    assert state.server is not None
    state.server.close()
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(seconds)
    await listen(state)


async def control(state: State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Do what a test asks: one JSON request a connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = re.search(rb"(?i)content-length: (\d+)", head)
    asked = orjson.loads(await reader.readexactly(int(size[1]))) if size and int(size[1]) else {}
    path = head.split(b" ", 2)[1]
    found: Any = {}
    if path == b"/set":
        state.set(**asked)
    elif path == b"/away":
        state.tasks.add(asyncio.ensure_future(go_away(state, asked["seconds"])))
    elif path == b"/finish_jobs":
        found = {"finished": finish_jobs(state)}
    elif path == b"/forget":
        state.calls, state.counts, state.requests, state.max_open = {}, {}, 0, 0
    elif path == b"/calls":
        found = state.calls
    elif path == b"/stats":
        again = sum(n - 1 for n in state.counts.values())
        found = {
            "requests": state.requests,
            "distinct": len(state.counts),
            "again": again,
            "max_open": state.max_open,
            "jobs": len(state.jobs),
        }
    data = orjson.dumps(found)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data))
    await writer.drain()
    writer.close()


async def serve(args: argparse.Namespace) -> None:
    """Serve until the process is ended."""
    state = State(not args.no_record)
    state.set(args.latency_s, args.sigma)
    random.seed(args.seed)
    if args.slow_start_s:
        with socket.socket() as probe:  # the port is known at once; nobody listens yet
            probe.bind(("127.0.0.1", args.port))
            state.port = probe.getsockname()[1]
    else:
        state.port = args.port
        await listen(state)
    door = await asyncio.start_server(lambda r, w: control(state, r, w), "127.0.0.1", 0)
    print(json.dumps({"port": state.port, "control": door.sockets[0].getsockname()[1]}), flush=True)
    if args.slow_start_s:
        await asyncio.sleep(args.slow_start_s)
        await listen(state)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    if args.child:
        loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


def main() -> None:
    """Run from the command line; ends with SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 for any")
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--sigma", type=float, default=0.0, help="spread of a log-normal latency")
    parser.add_argument("--slow-start-s", type=float, default=0.0, help="refuse connections for so long")
    parser.add_argument("--no-record", action="store_true", help="count calls, keep no times")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--child", action="store_true", help="end when standard input is closed, as it is when the parent dies"
    )
    parser.add_argument("--core", type=int, default=None, help="run on this core alone")
    args = parser.parse_args()
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    asyncio.run(serve(args))


if __name__ == "__main__":
    main()
