"""The scripted model: answers by a function, for testing operators and recipes without a server.

def script(request):
    return "Paris" if "France" in str(request.body) else Fault("http_400", terminal=True)

with scripted("writer", script):
    recipe.run("runs/test")          # where the recipe's model is `scripted/writer`
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from ..core.call import Fault, Reply, Request
from ..core.errors import ModelError, nearest
from .base import CAPABILITIES, Model

Script = Callable[[Request], Any]
_scripts: dict[str, Script] = {}


@contextlib.contextmanager
def scripted(name: str, script: Script) -> Iterator[None]:
    """Let `scripted/NAME` answer by `script` inside the block.

    Args:
        name: the model's name after `scripted/`.
        script: given a `Request`, returns text, a `Reply`, a `Fault`, (for score and embed) a list of floats, or (for execute) the
            fields of an `Execution`.
    """
    before = _scripts.get(name)
    _scripts[name] = script
    try:
        yield
    finally:
        if before is None:
            del _scripts[name]
        else:
            _scripts[name] = before


class ScriptedModel(Model):
    """Answers at once, by a function registered with `scripted`; it can do everything.

    Raises:
        ModelError: on opening, where no script of that name is registered.
    """

    capabilities = frozenset(CAPABILITIES)
    max_in_flight = 64

    def __init__(self, name: str) -> None:
        self.spec, self.name = f"scripted/{name}", name
        self.identity = {"id": self.spec}

    async def open(self) -> None:
        """Find the script."""
        if self.name not in _scripts:
            raise ModelError(
                "no script of that name is registered", where=self.spec, remedy=nearest(self.name, _scripts)
            )

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Ask the script."""
        script = _scripts[self.name]
        for i, request in enumerate(requests):
            answer = script(request)
            if isinstance(answer, str):
                words_in = sum(len(str(v).split()) for v in request.body.values())
                answer = Reply(text=answer, finish="stop", tokens_in=words_in, tokens_out=len(answer.split()))
            elif isinstance(answer, Mapping):
                answer = Reply(value=dict(answer))
            elif not isinstance(answer, Reply | Fault):
                answer = Reply(value=[float(x) for x in answer])
            yield i, answer
