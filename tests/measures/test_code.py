"""Code taken out of texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.code import parsed, python_of, undefined_names


def test_python_blocks_are_the_code_and_others_are_not() -> None:
    assert python_of("x = 1\n") == "x = 1"
    assert python_of("So:\n```python\nx = 1\n```\nRun:\n```sh\nls\n```\n```\ny = 2\n```") == "x = 1\n\ny = 2"
    assert python_of("```go\nfunc f() {}\n```") == ""
    assert python_of("```python\nx = 1") == "x = 1", "a cut block counts"


@given(st.text(max_size=200))
def test_any_text_is_code_or_none(text: str) -> None:
    assert parsed(text) is None or compile(parsed(text) or "", "f", "exec")


def test_what_cannot_be_parsed_is_none() -> None:
    assert parsed("(" * 5000) is None and parsed("x = '\0'") is None and parsed("def f(") is None


def test_names_that_nothing_defines() -> None:
    known = """
import os.path, numpy as np
from typing import List as L
class C(dict):
    z = 1
    def m(self, *a, k=0, **kw): return self, a, k, kw, z, L, os, np
def f(x):
    global g
    g = [i for i in x if (n := i)]
    try: pass
    except ValueError as e: print(e)
    match x:
        case [first, *rest]: return first, rest
        case {"k": v, **more}: return v, more
        case int() as whole: return whole
    with open(x) as h: return h, n, __name__, lambda q: q
"""
    tree = parsed(known)
    assert tree is not None and undefined_names(tree) == set()
    for code, names in (
        ("x = y", {"y"}),
        ("from os import *\nx = y", set()),
        ("def f(): return later\nlater = 1", set()),
    ):
        tree = parsed(code)
        assert tree is not None and undefined_names(tree) == names
