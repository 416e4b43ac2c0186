"""Runs model-written Python in a process of its own that can reach nothing but a scratch folder and its processor time.

The parts: `run` starts and watches the process, `confine` gives up its rights inside it, `syscalls` lists what it may still ask
of the kernel, `harness` runs code and tests there, `scratch` keeps its one folder.

What was weighed, and why Landlock and seccomp stand here:

- bubblewrap and `unshare(1)` make namespaces. They are strong, but a program must be installed or the kernel must let users make
  namespaces; Docker's default profile and Ubuntu's since 24.04 do not, and both are where such code is usually run. A user namespace
  also opens kernel code that is closed without one.
- Landlock and seccomp need no right, no program and no package: every Linux since 5.13 has both, Docker's default profile lets them
  through, and a process that has given up its rights cannot take them back. A program that may not make a second
  process leaves nothing behind, so a whole class of escapes is gone with one rule.
- sandlock (0.9, Apache-2.0) does the same with a 13 MB library and a supervisor that answers each call; it wants Linux 6.7.
- pydantic-monty (MIT) is an interpreter of its own for a part of Python: code that defines what it lacks would fail for that alone.
- wasmtime is a wall between languages; CPython for WASI is not in a package index, starts in tenths of a second and has no threads.
"""
