"""The words with which `generate.oss_instruct` asks, and its worked examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Shot(NamedTuple):
    """A piece of code and the problem that it inspired."""

    seed: str
    problem: str
    solution: str


SHOTS = (
    Shot(
        "        if not self.buffer:\n            return b''\n        line, _, self.buffer = self.buffer.partition(b'\\n')",
        "Write a Python function `split_lines(text)` that returns the lines of a string as a list, without their line ends. "
        "Empty lines are left out.",
        "def split_lines(text):\n    return [line for line in text.split('\\n') if line]",
    ),
    Shot(
        "    for name, value in sorted(headers.items()):\n        yield name.title(), value",
        "Write a Python function `title_keys(d)` that returns a new dictionary with the same values, "
        "in which every key is a string in title case.",
        "def title_keys(d):\n    return {key.title(): value for key, value in d.items()}",
    ),
    Shot(
        "_cache_max = 500\n\ndef purge():\n    _cache.clear()",
        "Write a Python class `SmallCache` that holds at most `size` items. Its method `put(key, value)` forgets the oldest item when "
        "the cache is full, and `get(key)` returns the value, or None when the key is not there.",
        "class SmallCache:\n    def __init__(self, size):\n        self.size = size\n        self.items = {}\n\n"
        "    def put(self, key, value):\n        if key not in self.items and len(self.items) >= self.size:\n"
        "            del self.items[next(iter(self.items))]\n        self.items[key] = value\n\n"
        "    def get(self, key):\n        return self.items.get(key)",
    ),
    Shot(
        "    if seconds < 0:\n        raise ValueError('sleep length must be non-negative')",
        "Write a Python function `clamp(x, low, high)` that returns x, but never less than low and never more than high. "
        "It raises a ValueError when low is greater than high.",
        "def clamp(x, low, high):\n    if low > high:\n        raise ValueError('low is greater than high')\n"
        "    return max(low, min(x, high))",
    ),
)

_JOINT = """Here is a random piece of real code. Take it as an inspiration for a programming problem of high quality.

```
{seed}
```

Reply in two parts. Under `Problem:` describe the task so that it can be solved by somebody who has not seen the code above. Under \
`Solution:` give a complete and correct solution in {language}, in one block of code."""
_PROBLEM = (
    "You write programming exercises. Take the given code as an inspiration and write one short exercise in {language}, with the "
    "name of the function or class. Say what goes in and what comes out. Do not mention the given code and do not solve the exercise."
)
_SOLUTION = "Solve the exercise in {language}. Reply with one block of code and nothing else."


def ask_both(seed: str, language: str) -> list[dict[str, str]]:
    """Return the talk that asks for problem and solution in one reply."""
    return [{"role": "user", "content": _JOINT.format(seed=seed, language=language.title())}]


def ask_problem(seed: str, language: str, shots: Sequence[Shot]) -> list[dict[str, str]]:
    """Return the talk that asks for a problem alone."""
    shown = [(_fenced(shot.seed, ""), shot.problem) for shot in shots]
    return _talk(_PROBLEM.format(language=language.title()), shown, _fenced(seed, ""))


def ask_solution(problem: str, language: str, shots: Sequence[Shot]) -> list[dict[str, str]]:
    """Return the talk that asks for the solution of a problem."""
    shown = [(shot.problem, _fenced(shot.solution, "python")) for shot in shots]
    return _talk(_SOLUTION.format(language=language.title()), shown, problem)


def _fenced(code: str, language: str) -> str:
    return f"```{language}\n{code}\n```"


def _talk(system: str, shown: Sequence[tuple[str, str]], last: str) -> list[dict[str, str]]:
    found = [{"role": "system", "content": system}]
    for asked, answered in shown:
        found += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*found, {"role": "user", "content": last}]
