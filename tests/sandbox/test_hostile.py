"""Real programs that try to get out, run in the real sandbox: each ends in a clean failure and leaves nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import mintmark.sandbox.harness
from mintmark.core.execution import Limits
from mintmark.sandbox.run import Execution, execute

QUICK = Limits(timeout_s=1.5, cpu_s=1)
FINE = ["assert True"]


def last_line(ended: Execution) -> str:
    return ended.trace.splitlines()[-1]


def processes_with(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in command:
                found.append(int(entry.name))
    return found


def test_a_fork_bomb() -> None:
    assert execute("import os\nwhile True: os.fork()", FINE).reason == "processes"
    stubborn = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert execute(stubborn, FINE, limits=QUICK).reason == "timeout"


def test_a_bomb_of_threads() -> None:
    code = """
import threading, time
threading.stack_size(32768)
while True: threading.Thread(target=time.sleep, args=(60,)).start()
"""
    assert execute(code, FINE, limits=Limits(threads=8)).reason == "processes"


@pytest.mark.parametrize("make", ["subprocess.run(['/bin/true'])", "multiprocessing.Process(target=print).start()"])
def test_another_process(make: str) -> None:
    assert execute(f"import subprocess, multiprocessing\n{make}", FINE).reason == "processes"


def test_another_program_in_its_place() -> None:
    ended = execute("import os\nos.execv('/bin/sh', ['sh', '-c', 'true'])", FINE)
    assert ended.reason == "crashed" and "PermissionError" in last_line(ended)


@pytest.mark.parametrize(
    "code", ["while True: pass", "import time\ntime.sleep(60)", "input = None\nimport signal\nsignal.pause()"]
)
def test_an_endless_loop(code: str) -> None:
    began = time.monotonic()
    assert execute(code, FINE, limits=QUICK).reason == "timeout"
    assert time.monotonic() - began < 20


def test_processor_time_that_is_shared_out_among_threads_or_defended() -> None:
    threads = "import threading\nfor _ in range(4): threading.Thread(target=exec, args=('while True: pass',)).start()\nwhile True: pass"
    assert execute(threads, FINE, limits=Limits(cpu_s=1, timeout_s=20)).reason == "timeout"
    deaf = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert execute(deaf, FINE, limits=Limits(cpu_s=1, timeout_s=20)).reason == "timeout"


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('127.0.0.1', 80))",
        "socket.socket().bind(('127.0.0.1', 0))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "socket.socketpair()[0].sendto(b'x', '\\0name')",
    ],
)
def test_a_socket(call: str) -> None:
    ended = execute(f"import socket\n{call}", FINE)
    assert ended.reason == "crashed" and "PermissionError" in last_line(ended)


def test_a_write_outside_the_scratch_folder(tmp_path: Path) -> None:
    victim = tmp_path / "file"
    victim.write_text("whole")
    victim.chmod(0o644)
    for call in (
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"open({str(victim)!r}, 'a')",
        f"os.remove({str(victim)!r})",
        f"os.rename({str(victim)!r}, 'mine')",
        f"os.link({str(victim)!r}, 'mine')",
        f"os.truncate({str(victim)!r}, 0)",
        f"os.symlink({str(victim)!r}, 'mine'); open('mine', 'w')",
        f"os.mkdir({str(tmp_path / 'folder')!r})",
        "open('../beside', 'w')",
    ):
        ended = execute(f"import os\n{call}", FINE)
        assert ended.reason == "crashed", call
        assert last_line(ended).startswith(("PermissionError", "OSError")), call
    assert execute(f"import os\nos.chmod({str(victim)!r}, 0)\nos.utime({str(victim)!r}, (0, 0))", FINE).passed
    assert victim.stat().st_mode & 0o777 == 0o644 and victim.stat().st_mtime > 1
    assert victim.read_text() == "whole" and [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_scratch_folder_is_there_and_gone_afterwards() -> None:
    ended = execute(
        "import os\nopen('a', 'w').write('x')\nos.mkdir('b')\nos.rename('a', 'b/c')\nprint(os.getcwd(), open('b/c').read())"
    )
    folder, text = ended.stdout.split()
    assert ended.passed and text == "x" and not Path(folder).exists()


@pytest.mark.parametrize(
    "code",
    ["b = bytearray(10 << 30)", "b = []\nwhile True: b.append(bytearray(1 << 20))", "b = 'x'\nwhile True: b += b"],
)
def test_ten_gigabytes_of_memory(code: str) -> None:
    assert execute(code, FINE).reason == "memory"
    assert execute("", [code]).reason == "memory"


def test_small_objects_without_end() -> None:
    ended = execute("b = []\nwhile True: b.append([b])", FINE, limits=Limits(memory_mb=64))
    assert ended.reason == "memory"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/proc/self/mem", "/root", "/dev/mem"]
)
def test_reading_what_is_not_its_own(path: str) -> None:
    ended = execute(f"import os\nopen({path!r}).read() if not os.path.isdir({path!r}) else os.listdir({path!r})", FINE)
    assert ended.reason == "crashed" and last_line(ended).startswith(("PermissionError", "FileNotFoundError"))


def test_its_own_harness_cannot_be_read_or_deleted() -> None:
    file = mintmark.sandbox.harness.__file__
    for call in (
        f"open({file!r})",
        f"os.remove({file!r})",
        "os.listdir(sys.argv[0] and os.path.dirname(os.path.dirname(os.getcwd())))",
    ):
        assert execute(f"import os, sys\n{call}", FINE).reason == "crashed"
    assert Path(file).exists()
    torn = "import sys, gc\nfor name in list(sys.modules): del sys.modules[name]\ngc.collect()"
    assert execute(torn, ["assert False"]).reason == "failed_tests"


def test_the_environment_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINTMARK_SECRET", "hunter2")
    ended = execute(
        "import os\nprint(dict(os.environ), os.environb)\nimport ctypes\nprint(ctypes.CDLL(None).getenv(b'MINTMARK_SECRET'))"
    )
    assert ended.stdout.split() == ["{}", "environ({})", "0"]
    parent = execute(f"open('/proc/{os.getpid()}/environ', 'rb').read()", FINE)
    assert parent.reason == "crashed" and "PermissionError" in last_line(parent)


def test_the_parent_and_its_neighbours_cannot_be_signalled() -> None:
    for call in (f"os.kill({os.getpid()}, 9)", "os.kill(-1, 9)", "os.kill(0, 9)", "os.killpg(os.getpgid(0), 9)"):
        ended = execute(f"import os\n{call}", FINE)
        assert ended.reason == "crashed" and "PermissionError" in last_line(ended), call


def test_limits_of_another_process_stay_as_they_are() -> None:
    ended = execute(f"import resource\nresource.prlimit({os.getpid()}, resource.RLIMIT_NOFILE, (8, 8))", FINE)
    assert ended.reason == "crashed" and "PermissionError" in last_line(ended)
    ended = execute("import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40))", FINE)
    assert ended.reason == "crashed"


def test_a_process_that_would_outlive_its_parent() -> None:
    code = """
import os, time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
except OSError:
    print("alone")
    raise
"""
    ended = execute(code, FINE)
    assert ended.reason == "processes" and ended.stdout == "alone\n"
    assert not processes_with("from sandbox.harness import main")


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """A program whose parent is killed is killed by the kernel."""
    import signal
    import subprocess
    import sys

    parent = subprocess.Popen(
        [sys.executable, "-c", "from mintmark.sandbox.run import execute; execute('import time; time.sleep(9)')"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        deadline = time.monotonic() + 30
        while not (found := processes_with(f" {parent.pid} ".replace(" ", "\0"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert found
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while processes_with(f"\0{parent.pid}\0") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not processes_with(f"\0{parent.pid}\0")


def test_a_gigabyte_of_output() -> None:
    for stream in ("stdout", "stderr"):
        ended = execute(f"import sys\nfor _ in range(1 << 10): sys.{stream}.write('x' * (1 << 20))", FINE)
        assert ended.reason == "output" and len(ended.stdout + ended.stderr) == 64 << 10
    assert execute("print('x' * 70_000)").reason == "output", "too much, though it had ended"


def test_a_gigabyte_on_disk() -> None:
    assert (
        execute("with open('a', 'wb') as f:\n    for _ in range(1 << 10): f.write(bytes(1 << 20))", FINE).reason
        == "disk"
    )
    many = "for n in range(1 << 10):\n    with open(f'{n}', 'wb') as f: f.write(bytes(1 << 20))"
    assert execute(many, FINE).reason == "disk"
    nested = "import os\nfor n in range(1 << 20):\n    os.mkdir('d'); os.chdir('d')"
    assert execute(nested, FINE, limits=QUICK).reason in ("disk", "crashed", "timeout")


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nsys.exit(0)", "import os\nos._exit(0)", "exit_ = __import__('sys').exit\nexit_()", "raise SystemExit",
        "import atexit, os\natexit.register(os._exit, 0)\nimport sys\nsys.exit()",
        "def f():\n    import os\n    os._exit(0)",
    ],
)  # fmt: skip
def test_ending_before_the_tests_ran_is_no_pass(code: str) -> None:
    assert execute(code, ["f()", "assert False"] if "def f" in code else ["assert False"]).reason == "exited"


def test_a_verdict_that_is_only_printed() -> None:
    forged = """
import os, sys
line = "('', '')\\n"
for fd in (1, 2, *range(3, 64)):
    try: os.write(fd, b"+?" + b"0" * 32 + b"\\n" + line.encode() * 9)
    except OSError: pass
os._exit(0)
"""
    ended = execute(forged, ["assert False"])
    assert not ended.passed and ended.tests == 0
    printed = execute("print('+?\\n1 passed')\nprint('OK')", ["assert False"])
    assert printed.reason == "failed_tests" and printed.passed_tests == 0


def test_a_channel_that_is_closed_or_flooded() -> None:
    close = "import os\nfor fd in range(3, 64):\n    try: os.close(fd)\n    except OSError: pass"
    assert not execute(close, FINE).passed
    flood = "import os\nfor fd in range(3, 64):\n    try:\n        while True: os.write(fd, b'x' * 65536)\n    except OSError: pass"
    assert not execute(flood, FINE, limits=QUICK).passed


def test_the_kernel_is_closed() -> None:
    """Calls by number, past Python's own functions: mount, unshare, ptrace, bpf, io_uring_setup, keyctl, userfaultfd."""
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in (165, 272, 101, 321, 425, 250, 323, 56 | 0x40000000):
    assert libc.syscall(number, 0, 0, 0, 0, 0) == -1
    print(ctypes.get_errno())
"""
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    assert set(execute(code).stdout.split()) == {"38"}
