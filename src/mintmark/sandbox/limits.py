"""How much of the machine a sandboxed program gets."""

from __future__ import annotations

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
