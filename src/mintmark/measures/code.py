"""Code in texts: taken out of a reply, and read without being run."""

from __future__ import annotations

import ast
import builtins
import re
import warnings

_FENCE = re.compile(r"```[ \t]*([\w+#.-]*)[ \t]*\n(.*?)(?:\n```|\Z)", re.S)


def code_blocks(text: str) -> list[tuple[str, str]]:
    """Return (language, code) of every fenced block; the language is "" where none is named. A cut block counts.

    Example:
        >>> code_blocks("So:\\n```python\\nx = 1\\n```")
        [('python', 'x = 1')]
    """
    return [(m[1].lower(), m[2]) for m in _FENCE.finditer(text)]


def python_of(text: str) -> str:
    """Return the Python in a reply: its fenced blocks in Python or in no named language, one after the other; else all of it.

    Example:
        >>> python_of("First:\\n```python\\nx = 1\\n```\\nthen\\n```\\ny = 2\\n```\\nand run it:\\n```bash\\npython f.py\\n```")
        'x = 1\\n\\ny = 2'
    """
    blocks = code_blocks(text)
    if not blocks:
        return text.strip("\n")
    return "\n\n".join(code.strip("\n") for language, code in blocks if language in ("", "python", "python3", "py"))


def parsed(code: str) -> ast.Module | None:
    """Return the syntax tree of Python code, None where it is none.

    Example:
        >>> parsed("x = 1") is not None, parsed("x = ")
        (True, None)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in somebody's text is no news
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def undefined_names(tree: ast.Module) -> set[str]:
    """Return the names that code reads and that nothing in it defines, in any scope; code with `import *` has none.

    Example:
        >>> undefined_names(ast.parse("def f(x):\\n    return math.sqrt(x) + len(y)"))  == {"math", "y"}
        True
    """
    known = {*dir(builtins), "__name__", "__file__", "__doc__"}
    read = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Load()):
                read.add(node.id)
            case ast.Name():
                known.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                known.add(node.name)
            case ast.arg():
                known.add(node.arg)
            case ast.alias():
                if node.name == "*":
                    return set()
                known.add((node.asname or node.name).partition(".")[0])
            case ast.ExceptHandler(name=str()) | ast.MatchAs(name=str()) | ast.MatchStar(name=str()):
                known.add(str(node.name))
            case ast.MatchMapping(rest=str()):
                known.add(str(node.rest))
    return read - known
