"""Code taken out of texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.code import parsed, python_of


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
