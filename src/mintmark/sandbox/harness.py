"""Inside the sandbox: gives up all rights, runs the code, then its tests, and says how each ended.

The verdict goes through a channel of its own, never through standard output, and carries a token that the parent gives out only
when it is told that the last test has run. A program that ends early, prints a verdict or takes the harness apart has no token.
Whoever reads the channel with this protocol in mind can still forge one: code and tests share an interpreter, as they
share it in every test run.
"""

from __future__ import annotations

import errno
import marshal
import os
import sys
from types import ModuleType

from .confine import CannotConfine, confine

TYPE_CHECKING = False  # importing `typing` takes longer than all of this module's work
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_TRACE_CHARS = 2000


def main(scratch: str, channel: int, parent: int, cpu_s: int, memory_bytes: int, file_bytes: int) -> None:
    """Serve one execution."""
    read, write, leave = os.read, os.write, os._exit
    readable = [*sys.path, "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", sys.base_prefix + "/lib"]
    readable += ["/usr/share/zoneinfo", "/etc/ld.so.cache"]
    size = int.from_bytes(_exactly(read, channel, 8), "little")
    code, tests = marshal.loads(_exactly(read, channel, size))
    try:
        confine(scratch, readable, parent, cpu_s=cpu_s, memory_bytes=memory_bytes, file_bytes=file_bytes)
    except CannotConfine as error:
        write(channel, b"!" + str(error).encode("utf-8", "replace"))
        leave(3)
    os.environ.clear()
    sys.path.insert(0, scratch)
    sys.argv = sys.orig_argv = ["code.py"]
    for name in [n for n in sys.modules if n.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    write(channel, b"+")
    results = _judge(code, tests, memory_bytes)
    _flush()
    # Nothing of the program's may look on from here.
    sys.settrace(None)
    sys.setprofile(None)
    write(channel, b"?")
    token = read(channel, 64)
    for line in (token, *(ascii(r).encode() for r in results)):
        rest = line + b"\n"
        while rest:
            rest = rest[write(channel, rest) :]
    leave(0)


def _judge(code: str, tests: list[str], memory_bytes: int) -> list[tuple[str, str]]:
    """Return (reason, trace) of the code and of every test; an empty reason where all was well."""
    # With tests the code is imported, as a test file would; alone it is the program itself.
    name = "solution" if tests else "__main__"
    module = ModuleType(name)
    sys.modules[name] = module
    space = module.__dict__
    texts = {"code.py": code}

    def whole() -> None:
        try:
            _run(code, "code.py", space)
        except SystemExit as end:
            if tests or end.code:  # a program may end like this; a module that its tests import may not
                raise

    found = [_attempt(whole, texts, memory_bytes)]
    if found[0][0]:
        return found
    for n, test in enumerate(tests, 1):
        file = "tests.py" if len(tests) == 1 else f"test_{n}.py"
        texts[file] = test
        before = dict(space)
        ended = _attempt(lambda test=test, file=file: _run(test, file, space), texts, memory_bytes)  # type: ignore[misc]
        found.append(ended)
        if not ended[0]:
            inner = [
                work for key, value in space.items() if before.get(key) is not value for work in _cases(key, value)
            ]
            found.extend(_attempt(work, texts, memory_bytes) for work in inner)
    return found


def _run(text: str, file: str, space: dict[str, Any]) -> None:
    exec(compile(text, file, "exec", dont_inherit=True), space)


def _cases(name: str, value: Any) -> list[Callable[[], object]]:
    """Return what pytest or unittest would run of a name that a test file defined."""
    if name.startswith("test") and callable(value) and not isinstance(value, type):
        return [value]
    unittest = sys.modules.get("unittest")
    if unittest is None or not isinstance(value, type) or not issubclass(value, unittest.TestCase):
        return []
    return [case.debug for case in unittest.defaultTestLoader.loadTestsFromTestCase(value)]


def _attempt(work: Callable[[], object], texts: dict[str, str], memory_bytes: int) -> tuple[str, str]:
    try:
        work()
    except BaseException as error:
        if isinstance(error, MemoryError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes + (32 << 20),) * 2)
        return _reason(error), _trace(error, texts)
    return "", ""


def _reason(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "exited"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError):
        # No process may be made (EAGAIN), no file may be larger (EFBIG).
        known = {errno.EAGAIN: "processes", errno.EFBIG: "disk"}
        return known.get(error.errno or 0, "crashed")
    return "failed_tests" if isinstance(error, AssertionError) else "crashed"


def _trace(error: BaseException, texts: dict[str, str]) -> str:
    """Return the traceback without the harness's own frames, its end where it is long."""
    try:
        import linecache
        import traceback

        for file, text in texts.items():
            linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        shown = traceback.TracebackException.from_exception(error, limit=-20)
        own = __file__
        shown.stack = traceback.StackSummary.from_list([f for f in shown.stack if f.filename != own])
        return "".join(shown.format())[-MAX_TRACE_CHARS:]
    except BaseException:  # a program can spoil what a trace is made of; the reason stands without it
        return type(error).__name__


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # closed or replaced by the program, or its reader gave up
            continue


def _exactly(read: Callable[[int, int], bytes], channel: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = read(channel, size - len(found))
        if not part:
            raise EOFError("the parent has ended")
        found += part
    return found
