"""A program's run in the sandbox: how much of the machine it gets, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Upper limits of one execution; reaching one ends it with the reason that each field names.

    Example:
        >>> Limits(cpu_s=2).memory_mb
        512
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout_s: float = Field(10.0, gt=0, le=3600)
    """Seconds by the clock, from the program's first line on: `timeout`."""
    cpu_s: int = Field(5, ge=1, le=3600)
    """Seconds of processor time, all threads together: `timeout`."""
    memory_mb: int = Field(512, ge=64, le=1 << 20)
    """Address space in MiB, the interpreter's own 30 or so included: `memory`."""
    disk_mb: int = Field(16, ge=1, le=1 << 20)
    """MiB of one file, and of the scratch folder as a whole: `disk`."""
    output_kb: int = Field(64, ge=1, le=1 << 16)
    """KiB written to standard output and standard error together: `output`."""
    threads: int = Field(32, ge=1, le=1024)
    """Threads at once; there is never a second process: `processes`."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How one program ended.

    Attributes:
        reason: "" where code and tests ran to their end without an error, else the first cause: `failed_tests` (an assertion),
            `crashed` (any other error), `exited` (ended before its tests did), `timeout`, `memory`, `processes`, `disk`, `output`.
        tests: tests that ran, and of these
        passed_tests: those that passed.
        trace: the first error's traceback, "" where there is none.
        stdout, stderr: what was written, up to the limit.
    """

    reason: str
    tests: int = 0
    passed_tests: int = 0
    trace: str = ""
    stdout: str = ""
    stderr: str = ""

    @property
    def passed(self) -> bool:
        """Say whether all ran and nothing failed."""
        return not self.reason
