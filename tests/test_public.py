"""The public face: what `__all__` says is there, nothing heavy is loaded by `import mintmark`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mintmark


def test_every_public_name_is_there_and_sorted() -> None:
    assert list(mintmark.__all__) == sorted(mintmark.__all__)
    assert set(mintmark._NAMES) == set(mintmark.__all__)
    for name in mintmark.__all__:
        assert getattr(mintmark, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nope"):
        _ = mintmark.Nope


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, mintmark; print(sorted({'pydantic','pyarrow','numpy','aiohttp','duckdb','jinja2'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
