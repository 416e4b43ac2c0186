"""Starts one sandboxed process, watches it, and tells how it ended."""

from __future__ import annotations

import ast
import contextlib
import marshal
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import SandboxUnavailable
from ..core.execution import Execution, Limits
from .scratch import delete, disk_bytes

ROOT = Path(__file__).parents[1]
"""The folder in which the new process finds this package under its short name, without the rest of mintmark."""
TICK_S = 0.02
SETUP_S = 30.0
MAX_VERDICT_BYTES = 1 << 20
STUB = (
    "import sys; sys.path.insert(0, sys.argv[1]); from sandbox.harness import main; del sys.path[0]; "
    "main(sys.argv[2], *map(int, sys.argv[3:]))"
)


def execute(code: str, tests: Sequence[str] = (), *, stdin: str = "", limits: Limits | None = None) -> Execution:
    """Run `code`, then `tests`, with no network, no files but its own, and within `limits`.

    Args:
        code: a Python module; with tests it is imported as `solution`, without it is `__main__`.
        tests: Python sources run one after the other in the module's own names; in each, assertions count, and so do functions
            called `test...` and classes of `unittest` that it defines.
        stdin: what standard input holds.

    Raises:
        SandboxUnavailable: where this machine offers no isolation; nothing was run.

    Example:
        >>> execute("def double(x): return 2 * x", ["assert double(4) == 8"]).passed
        True
        >>> execute("open('/etc/passwd')").trace.splitlines()[-1]
        "PermissionError: [Errno 13] Permission denied: '/etc/passwd'"
    """
    limits = limits or Limits()
    if sys.platform != "linux":
        raise SandboxUnavailable(
            "code can only be isolated on Linux", where="sandbox", got=sys.platform,
            remedy="run this recipe in a Linux machine or container (Docker's default settings will do)",
        )  # fmt: skip
    scratch = tempfile.mkdtemp(prefix="mintmark-")
    try:
        return _Watched(code, tests, stdin, limits, scratch).run()
    finally:
        with contextlib.suppress(OSError):  # a folder that stays behind is no reason to lose the result
            delete(scratch)


@dataclass
class _Watched:
    code: str
    tests: Sequence[str]
    stdin: str
    limits: Limits
    scratch: str
    token: bytes = field(default_factory=lambda: secrets.token_hex(16).encode())
    said: bytearray = field(default_factory=bytearray)
    out: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    asked: bool = False
    cpu_s: float = 0.0

    def run(self) -> Execution:
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as stdin:
            stdin.write(self.stdin.encode("utf-8", "surrogatepass"))
            stdin.seek(0)
            with theirs:
                process = self._start(theirs.fileno(), stdin)
            try:
                reason = self._watch(process, ours)
            finally:
                os.kill(process.pid, signal.SIGKILL)  # not reaped yet, so the id is still its own
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_s = used.ru_utime + used.ru_stime
                for pipe in (process.stdout, process.stderr):
                    assert pipe is not None
                    pipe.close()
        return self._execution(reason, process.returncode)

    def _start(self, channel: int, stdin: Any) -> subprocess.Popen[bytes]:
        numbers = (channel, os.getpid(), self.limits.cpu_s, self.limits.memory_mb << 20, self.limits.disk_mb << 20)
        # No site packages, nothing of the environment, the same order of sets every time.
        return subprocess.Popen(
            [sys.executable, "-s", "-S", "-P", "-c", STUB, str(ROOT), self.scratch, *map(str, numbers)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(channel,), cwd=self.scratch,
            env={"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}, start_new_session=True,
        )  # fmt: skip

    def _watch(self, process: subprocess.Popen[bytes], channel: socket.socket) -> str:
        """Return the limit that was reached, or "" where the process ended by itself."""
        assert process.stdout is not None and process.stderr is not None
        payload = marshal.dumps((self.code, list(self.tests)))
        channel.settimeout(SETUP_S)
        with contextlib.suppress(OSError):  # it ended before it had read everything; its end says why
            channel.sendall(len(payload).to_bytes(8, "little") + payload)
        channel.setblocking(False)
        ended = os.pidfd_open(process.pid)
        deadline = time.monotonic() + SETUP_S
        running = False
        try:
            with selectors.DefaultSelector() as ready:
                for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr")):
                    os.set_blocking(stream.fileno(), False)
                    ready.register(stream, selectors.EVENT_READ, name)
                ready.register(channel, selectors.EVENT_READ, "channel")
                ready.register(ended, selectors.EVENT_READ, "ended")
                while True:
                    events = ready.select(max(0.0, min(TICK_S, deadline - time.monotonic())))
                    over = False
                    for key, _ in events:
                        if key.data == "ended":
                            over = True
                        elif not self._take(key.fd, key.data, channel):
                            ready.unregister(key.fileobj)
                    if over:
                        self._drain(process, channel)
                    if not running and self.said[:1] == b"+":
                        running, deadline = True, time.monotonic() + self.limits.timeout_s
                    if reached := self._reached(process.pid if running and not over else None):
                        return reached
                    if over:
                        return ""
                    if time.monotonic() >= deadline:
                        return "timeout"
        finally:
            os.close(ended)

    def _take(self, fd: int, name: str, channel: socket.socket) -> bool:
        """Read what is there; return False at the end of the stream."""
        try:
            part = os.read(fd, 1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if name != "channel":
            self.out[name] += part
            return bool(part)
        self.said += part
        if not self.asked and self.said[:2] == b"+?":
            self.asked = True
            with contextlib.suppress(OSError):
                channel.send(self.token)
        return bool(part)

    def _drain(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        """Read what a process that has ended left behind, up to the limits."""
        assert process.stdout is not None and process.stderr is not None
        for fd, name in (
            (process.stdout.fileno(), "stdout"),
            (process.stderr.fileno(), "stderr"),
            (channel.fileno(), "channel"),
        ):
            size = -1
            while size != self._size() and not self._reached(None):
                size = self._size()
                self._take(fd, name, channel)

    def _size(self) -> int:
        return len(self.said) + sum(map(len, self.out.values()))

    def _reached(self, pid: int | None) -> str:
        if sum(map(len, self.out.values())) > self.limits.output_kb << 10 or len(self.said) > MAX_VERDICT_BYTES:
            return "output"
        if disk_bytes(self.scratch) > self.limits.disk_mb << 20:
            return "disk"
        if pid is not None and _threads(pid) > self.limits.threads:
            return "processes"
        return ""

    def _execution(self, reason: str, status: int) -> Execution:
        limit = self.limits.output_kb << 10
        stdout, stderr = (bytes(self.out[k][:limit]).decode("utf-8", "replace") for k in ("stdout", "stderr"))
        if self.said[:1] != b"+":
            said = (
                bytes(self.said[1:]).decode("utf-8", "replace")
                or stderr.strip()[-500:]
                or f"it ended with status {status}"
            )
            raise SandboxUnavailable(
                "this machine offers no isolation, so nothing was run", where="sandbox", got=said,
                remedy="it takes Linux 5.13 or newer with Landlock and seccomp switched on (`cat /sys/kernel/security/lsm`)",
            )  # fmt: skip
        verdict = self._verdict()
        if reason or verdict is None:
            # The kernel sends the one; where a program does not hear it, the other a second later.
            spent = status == -signal.SIGXCPU or (status == -signal.SIGKILL and self.cpu_s >= self.limits.cpu_s)
            reason = reason or ("timeout" if spent else "crashed" if status else "exited")
            return Execution(reason, stdout=stdout, stderr=stderr)
        (code, trace), *tests = verdict
        failures = [(why, text) for why, text in tests if why]
        if not code and failures:
            named = [(why, text) for why, text in failures if why in ("memory", "processes", "disk", "exited")]
            code, trace = named[0] if named else ("failed_tests", failures[0][1])
        elif code == "failed_tests":
            code = "crashed"  # an assertion of the code's own, before any test
        legible = trace.encode("utf-8", "replace").decode()
        return Execution(code, len(tests), len(tests) - len(failures), legible, stdout, stderr)

    def _verdict(self) -> list[tuple[str, str]] | None:
        """Return the harness's results, or None where nothing stands behind the token."""
        head, _, body = bytes(self.said[2:]).partition(b"\n")
        if not self.asked or not secrets.compare_digest(head, self.token) or not body.endswith(b"\n"):
            return None
        try:
            found = [ast.literal_eval(line.decode("ascii")) for line in body.splitlines()]
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
        whole = all(isinstance(r, tuple) and len(r) == 2 and all(isinstance(t, str) for t in r) for r in found)
        return found if whole and len(found) >= (1 if found and found[0][0] else 1 + len(self.tests)) else None


def _threads(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[17])
