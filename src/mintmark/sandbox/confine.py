"""Gives up every right that a program which only computes does not need; there is no way back.

It runs inside the new process, before the program: Landlock closes the file system, a seccomp filter closes the kernel, and resource
limits bound what is left. It imports nothing of mintmark, since nothing of it can be read here.

Reference: the kernel's documentation, userspace-api/landlock and userspace-api/seccomp_filter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource

from .syscalls import ARCHITECTURES, numbers

TYPE_CHECKING = False  # importing `typing` takes longer than all of this module's work
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    Op: TypeAlias = tuple[int, int, int, int]
    """An instruction: what it does, how many are skipped where its test holds and where not, its operand."""

READ_FILE, READ_DIR, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
SCRATCH = READ_FILE | READ_DIR | WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 12
"""In the scratch folder: also remove and make folders, files and links; no devices, pipes or sockets."""
REFER, TRUNCATE = 1 << 13, 1 << 14
EVERY_RIGHT = {1: 13, 2: 14, 3: 15, 4: 15}
"""Landlock's version -> how many rights on files it knows; 16 from version 5 on."""

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SIGKILL = 9
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
TERMINAL_AND_PIPES = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""The `ioctl`s that Python's files make: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
FLAGS_AND_LOCKS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
"""The `fcntl`s on the program's own descriptors; none that sends signals to others."""
CLONE_THREAD, AF_UNIX, SOCK_STREAM = 0x10000, 1, 1

_libc = ctypes.CDLL(None, use_errno=True)


class CannotConfine(Exception):
    """The kernel offers no isolation; the program must not run."""


def _call(number: int, *arguments: object) -> int:
    done = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


def _prctl(*arguments: int) -> None:
    if _libc.prctl(*(ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:5])) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def confine(scratch: str, readable: list[str], parent: int, *, cpu_s: int, memory_bytes: int, file_bytes: int) -> None:
    """Close everything but `scratch`, reading `readable`, and the given amounts of processor, memory and disk.

    Raises:
        CannotConfine: where any part cannot be had; the caller must end.
    """
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise CannotConfine(f"processors of the kind {machine} are not known to the sandbox, only x86_64 and aarch64")
    try:
        # The program ends with its parent, even where that is killed; the parent may be gone already.
        _prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != parent:
            raise CannotConfine("the parent has ended")
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        _limit(cpu_s, memory_bytes, file_bytes)
        named = numbers(machine)[3]
        _close_files(named, scratch, readable)
        _drop_capabilities(named["capset"])
        _close_kernel(machine)
    except (OSError, ValueError) as error:
        raise CannotConfine(f"the kernel refuses to isolate a process: {error}") from error


def _limit(cpu_s: int, memory_bytes: int, file_bytes: int) -> None:
    amounts = {
        # Past the soft limit SIGXCPU ends the program; one that ignores it is killed a second later.
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        # The reserve is there for the harness, to say that the memory ran out.
        resource.RLIMIT_AS: (memory_bytes, memory_bytes + (32 << 20)),
        resource.RLIMIT_FSIZE: (file_bytes, file_bytes),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    for kind, amount in amounts.items():
        resource.setrlimit(kind, amount)


def _close_files(named: dict[str, int], scratch: str, readable: list[str]) -> None:
    create = named["landlock_create_ruleset"]
    try:
        version = _call(create, None, 0, 1)
    except OSError as error:
        raise CannotConfine(f"the kernel has no Landlock ({error})") from error
    handled = (1 << EVERY_RIGHT.get(version, 16)) - 1
    attribute = ctypes.c_uint64(handled)
    rules = _call(create, ctypes.byref(attribute), ctypes.c_size_t(8), 0)
    try:
        allow(named, rules, scratch, (SCRATCH | REFER | TRUNCATE) & handled)
        for path in readable:
            allow(named, rules, path, READ_FILE | READ_DIR)
        allow(named, rules, "/dev/null", READ_FILE | WRITE_FILE)
        for device in ("/dev/zero", "/dev/urandom"):
            allow(named, rules, device, READ_FILE)
        _call(named["landlock_restrict_self"], rules, 0)
    finally:
        os.close(rules)


def allow(named: dict[str, int], rules: int, path: str, rights: int) -> None:
    """Add one path to the rules; a path that does not exist is passed by."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib would cost a start-up of this process its largest part
            rights &= READ_FILE | WRITE_FILE
        rule = rights.to_bytes(8, "little") + place.to_bytes(4, "little")
        _call(named["landlock_add_rule"], rules, 1, rule, 0)
    finally:
        os.close(place)


def _drop_capabilities(capset: int) -> None:
    header = (0x20080522).to_bytes(4, "little") + bytes(4)
    _call(capset, header, bytes(24))


def _close_kernel(machine: str) -> None:
    program = seccomp_program(machine, os.getpid())
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    filter_ = Program(len(program) // 8, ctypes.addressof(buffer))
    _prctl(PR_SET_SECCOMP, 2, ctypes.addressof(filter_))


def seccomp_program(machine: str, pid: int) -> bytes:
    """Return the filter's instructions, 8 bytes each; a call that no rule names gets `ENOSYS`."""
    allowed, pretended, unsupported, named = numbers(machine)
    refused, again = give(ERRNO | errno.EPERM), give(ERRNO | errno.EAGAIN)
    rules: dict[int, list[Op]] = {
        **{n: [give(ALLOW)] for n in allowed},
        **{n: [give(ERRNO)] for n in pretended},
        **{n: [give(ERRNO | errno.EOPNOTSUPP)] for n in unsupported},
        **{named[n]: [refused] for n in ("socket", "execve", "execveat")},
        **{named[n]: [again] for n in ("fork", "vfork") if n in named},
        named["clone"]: [(LOAD, 0, 0, low(0)), (ANY_BIT, 0, 1, CLONE_THREAD), give(ALLOW), again],
        **{named[n]: [*one_of(0, [pid]), refused] for n in ("kill", "tgkill", "tkill")},
        named["ioctl"]: [*one_of(1, TERMINAL_AND_PIPES), give(ERRNO | errno.ENOTTY)],
        named["fcntl"]: [*one_of(1, FLAGS_AND_LOCKS), refused],
        named["prlimit64"]: [*one_of(0, [0]), refused],
        # Two connected streams reach each other alone; datagrams could be sent to any address.
        named["socketpair"]: [
            (LOAD, 0, 0, low(0)), (EQUAL, 0, 4, AF_UNIX),
            (LOAD, 0, 0, low(1)), (AND, 0, 0, 0xF), (EQUAL, 0, 1, SOCK_STREAM),
            give(ALLOW), refused,
        ],
        named["sendto"]: [
            (LOAD, 0, 0, low(4)), (EQUAL, 0, 3, 0), (LOAD, 0, 0, low(4) + 4), (EQUAL, 0, 1, 0), give(ALLOW), refused,
        ],
    }  # fmt: skip
    ops: list[Op] = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, ARCHITECTURES[machine][1]), give(KILL), (LOAD, 0, 0, 0)]
    for number, block in rules.items():
        # A block always ends in an answer, so that what follows it still has the call's number at hand.
        ops += [(EQUAL, 0, len(block), number), *block]
    ops.append(give(ERRNO | errno.ENOSYS))
    return b"".join(
        code.to_bytes(2, "little") + bytes((yes, no)) + operand.to_bytes(4, "little") for code, yes, no, operand in ops
    )


def give(answer: int) -> Op:
    """Return the instruction that ends the filter with `answer`."""
    return (RETURN, 0, 0, answer)


def one_of(argument: int, values: Iterable[int]) -> list[Op]:
    """Return the instructions that allow the call where an argument (its lower 32 bits) is one of `values`."""
    found: list[Op] = [(LOAD, 0, 0, low(argument))]
    for value in values:
        found += [(EQUAL, 0, 1, value), give(ALLOW)]
    return found


def low(argument: int) -> int:
    """Return where the lower half of a call's argument stands in what the filter sees."""
    return 16 + 8 * argument
