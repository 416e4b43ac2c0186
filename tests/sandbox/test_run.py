"""What the sandbox says of ordinary programs."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from mintmark.core.errors import SandboxUnavailable
from mintmark.core.execution import Limits
from mintmark.sandbox import run as running
from mintmark.sandbox.confine import seccomp_program
from mintmark.sandbox.run import execute
from mintmark.sandbox.syscalls import ARCHITECTURES, numbers

DOUBLE = "def double(x):\n    return 2 * x\n"


def test_code_passes_its_tests() -> None:
    ended = execute(DOUBLE, ["assert double(2) == 4", "assert double('a') == 'aa'"])
    assert ended.passed and (ended.tests, ended.passed_tests, ended.trace) == (2, 2, "")


def test_a_test_that_fails_is_shown_with_its_line() -> None:
    ended = execute(DOUBLE, ["assert double(2) == 4", "assert double(2) == 5, 'five'", "assert double(1) == 2"])
    assert (ended.reason, ended.tests, ended.passed_tests) == ("failed_tests", 3, 2)
    assert ended.trace.splitlines()[-2:] == ["    assert double(2) == 5, 'five'", "AssertionError: five"] or (
        "assert double(2) == 5" in ended.trace and ended.trace.rstrip().endswith("AssertionError: five")
    )
    assert "harness" not in ended.trace


def test_an_error_in_a_test_is_a_failed_test_and_one_in_the_code_a_crash() -> None:
    assert execute("def f(x):\n    return x[0]", ["assert f([]) == 1"]).reason == "failed_tests"
    ended = execute("def f(:\n", ["assert f(1)"])
    assert ended.reason == "crashed" and "SyntaxError" in ended.trace and ended.tests == 0
    assert execute("assert 1 == 2", ["pass"]).reason == "crashed"


def test_functions_and_classes_of_tests_are_run() -> None:
    plain = "def test_a():\n    assert double(1) == 2\ndef test_b():\n    assert double(1) == 3\n"
    ended = execute(DOUBLE, [plain])
    assert (ended.reason, ended.tests, ended.passed_tests) == ("failed_tests", 3, 2)
    cases = (
        "import unittest\nfrom solution import double\nclass T(unittest.TestCase):\n"
        "    def test_a(self): self.assertEqual(double(1), 2)\n"
        "    def test_b(self): self.assertEqual(double(1), {})\n"
        "if __name__ == '__main__': unittest.main()\n"
    )
    assert execute(DOUBLE, [cases.format(2)]).passed
    assert execute(DOUBLE, [cases.format(3)]).passed_tests == 2


def test_a_program_alone_is_main_and_may_exit() -> None:
    ended = execute("if __name__ == '__main__':\n    print(input(), input())\n    raise SystemExit(0)", stdin="a\nb\n")
    assert ended.passed and ended.stdout == "a b\n"
    assert execute("raise SystemExit(2)").reason == "exited"
    assert execute("if __name__ == '__main__':\n    raise ValueError", ["assert True"]).passed


def test_the_usual_library_works() -> None:
    code = """
import asyncio, collections, dataclasses, datetime, decimal, json, math, random, re, sqlite3, statistics, tempfile, threading, typing
import concurrent.futures, hashlib, heapq, itertools, zoneinfo, shutil, csv, ssl, lzma
@dataclasses.dataclass
class P:
    x: int
    y: "typing.List[int]" = dataclasses.field(default_factory=list)
async def f():
    await asyncio.sleep(0.001)
    return await asyncio.to_thread(lambda: 41)
assert asyncio.run(f()) == 41
with concurrent.futures.ThreadPoolExecutor(4) as pool: assert list(pool.map(abs, [-1])) == [1]
with tempfile.TemporaryDirectory() as d:
    open(d + "/a", "w").write("x"); shutil.copy2(d + "/a", d + "/b"); assert open(d + "/b").read() == "x"
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
print(P(1), zoneinfo.ZoneInfo("UTC"))
"""
    ended = execute(code)
    assert ended.passed, ended
    assert ended.stdout == "P(x=1, y=[]) UTC\n"


def test_sets_are_ordered_alike_every_time() -> None:
    code = "print({'a', 'b', 'c', 'd', 'e', 'f'})"
    assert len({execute(code).stdout for _ in range(4)}) == 1


def test_large_inputs_and_odd_texts_pass_through() -> None:
    ended = execute(f"x = {'a' * 300_000!r}\nprint(len(x), len(input()))", stdin="é" * 200_000)
    assert ended.passed and ended.stdout == "300000 200000\n"
    odd = execute("import sys\nsys.stdout.buffer.write(b'\\xff\\x00')\nraise ValueError('\\ud800')")
    assert odd.stdout == "\ufffd\0" and odd.trace.encode()


def test_where_the_kernel_offers_nothing_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    mark = tmp_path / "ran"
    monkeypatch.setattr(
        running, "STUB", "import sys, os; os.uname = lambda: type('U', (), {'machine': 'vax'}); " + running.STUB
    )
    with pytest.raises(SandboxUnavailable, match=r"vax.*Linux 5\.13") as raised:
        execute(f"open({str(mark)!r}, 'w')")
    assert not mark.exists() and raised.value.remedy
    monkeypatch.setattr(running.sys, "platform", "darwin")
    with pytest.raises(SandboxUnavailable, match="darwin"):
        execute("pass")


def test_a_harness_that_cannot_start_is_not_a_failing_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STUB", "raise SystemExit(1)")
    with pytest.raises(SandboxUnavailable):
        execute("pass")


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_answers_each_call(machine: str) -> None:
    """The program is interpreted here, so that the filter of the other architecture is tested too."""
    allowed, pretended, unsupported, named = numbers(machine)
    program = list(struct.iter_unpack("<HBBI", seccomp_program(machine, 77)))
    arch = ARCHITECTURES[machine][1]

    def answer(number: int, *arguments: int, arch: int = arch) -> int:
        seen = struct.pack("<II Q 6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
        at = value = 0
        while True:
            code, yes, no, operand = program[at]
            at += 1
            if code == 0x20:
                (value,) = struct.unpack_from("<I", seen, operand)
            elif code == 0x54:
                value &= operand
            elif code == 0x06:
                return int(operand)
            else:
                at += yes if (value == operand if code == 0x15 else value & operand) else no

    allow, none, refused, again = 0x7FFF0000, 0x50026, 0x50001, 0x5000B
    assert {answer(n) for n in allowed} == {allow} and {answer(n) for n in pretended} == {0x50000}
    assert {answer(n) for n in unsupported} == {0x5005F}
    assert {answer(n) for n in range(600) if n not in {*allowed, *pretended, *unsupported, *named.values()}} == {none}
    assert answer(allowed[0], arch=arch ^ 1) == 0x80000000
    assert [answer(named[n]) for n in ("socket", "execve", "execveat")] == [refused] * 3
    assert [answer(named["clone"], flags) for flags in (0x11, 0x10F00)] == [again, allow]
    assert [answer(named["kill"], pid, 9) for pid in (77, 78, 0, 2**32 - 1)] == [allow, refused, refused, refused]
    assert [answer(named["ioctl"], 1, c) for c in (0x5401, 0x5412)] == [allow, 0x50019]
    assert [answer(named["fcntl"], 1, c) for c in (2, 8, 1024)] == [allow, refused, refused]
    assert [answer(named["prlimit64"], pid) for pid in (0, 1)] == [allow, refused]
    pairs = [(1, 1), (1, 1 | 0x80000), (1, 2), (2, 1)]
    assert [answer(named["socketpair"], *p) for p in pairs] == [allow, allow, refused, refused]
    assert [answer(named["sendto"], 3, 0, 0, 0, a) for a in (0, 8, 8 << 32)] == [allow, refused, refused]


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="memory_mb"):
        Limits(memory_mb=1)
