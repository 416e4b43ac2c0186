"""The embedded model: a GGUF file run in this process by llama.cpp."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ..core.call import Fault, Reply, Request
from ..core.errors import ModelError, nearest
from . import weights
from .base import Model
from .installed import origin_of
from .llama_server import LlamaServer, Refused
from .scoring import score

DEFAULTS: Mapping[str, Any] = {"temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "max_tokens": 512}
"""Sampling where neither step nor recipe says anything: llama.cpp's own, written here so that a newer one cannot
change a reply, and a bound on the length, since a small model may never stop."""

SAMPLING = frozenset(
    {*DEFAULTS, "stop", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "repeat_penalty"}
)
"""Settings that are passed on. Any other is refused: one that is silently ignored would stand in the call's key."""

_MAX_THREADS = 8


class GgufModel(Model):
    """A local model that gives the same reply to the same request and seed, alone or among others.

    Measured with the embedded weights, bit for bit. Weights of other kinds may take kernels that differ in the last
    bits with the number of requests in flight (`LlamaServer`).

    Chat uses the template in the file. `complete` continues the raw text, in which control tokens such as
    `<|im_start|>` are read as such; where the request names a `turn`, the template's opening of it stands before the
    text. `score` is described in `scoring`.

    Args:
        name: a name that `mintmark models pull` knows, or the path of a GGUF file.
        where: who asks, for messages, e.g. "model `writer`".
        slots: requests decoded side by side.
        context_tokens: tokens of prompt and reply together, a slot; a multiple of 256. A longer prompt is the
            fault `context_overflow`; a reply that fills it ends with `length`.
        threads: CPU threads; as many as the process may use, at most 8, where not given.

    Raises:
        ModelNotInstalled: a path that holds no file (its hash is its identity).
        ModelError: an unknown name, a context that is no multiple of 256, no slot.
    """

    capabilities = frozenset({"chat", "complete", "template", "score", "schema", "logprobs"})
    fixed_limit = True

    def __init__(
        self, name: str = "smollm2", *, where: str = "", slots: int = 8, context_tokens: int = 2048,
        threads: int | None = None,
    ) -> None:  # fmt: skip
        if context_tokens < 256 or context_tokens % 256:  # llama.cpp would round it up without a word
            raise ModelError(
                "context_tokens must be a multiple of 256", where=where or f"local/{name}", got=context_tokens
            )
        if slots < 1:
            raise ModelError("slots must be at least 1", where=where or f"local/{name}", got=slots)
        self.name, self.where, self.spec = name, where, f"local/{name}"
        self.identity = {
            **self._source(),
            "sha256": weights.sha256_of(name, where=where),
            # Part of the identity since it decides where a reply is cut and which prompts are refused.
            "context_tokens": context_tokens,
        }
        self.max_in_flight, self.context_tokens = slots, context_tokens
        self.threads = threads or min(_usable_cores(), _MAX_THREADS)
        self._server: LlamaServer | None = None

    def _source(self) -> dict[str, str]:
        if not weights.is_file(self.name):
            return {"id": self.spec}
        origin = origin_of(self.name)
        return {"id": origin.repo, "revision": origin.commit} if origin else {"id": "local/file"}

    async def open(self) -> None:
        """Load the model: about a second.

        Raises:
            MissingExtra: xllamacpp is not installed.
            ModelNotInstalled: the weights are not on this machine.
            ModelError: the file cannot be loaded.
        """
        if self._server is not None:
            return
        path = weights.path_of(self.name, where=self.where)
        slots = self.max_in_flight
        server = LlamaServer(path, slots=slots, context_tokens=self.context_tokens, threads=self.threads)
        await server.start(where=self.where)
        self._server = server

    async def close(self) -> None:
        """Free the model's memory, threads and port; `open` may be called again."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Answer one request (`max_batch` is 1)."""
        for i, request in enumerate(requests):
            yield i, await self.ask(request)

    async def ask(self, request: Request) -> Reply | Fault:
        """Answer one request; cancelling it frees its slot."""
        if self._server is None:
            return Fault("connection", f"{self.spec} is not open", outage=True)
        if request.kind not in ("chat", "complete", "score"):
            return Fault("http_400", f"{self.spec} cannot {request.kind}", terminal=True)
        for name in request.sampling:
            if name not in SAMPLING:
                hint = nearest(name, SAMPLING) or f"allowed: {', '.join(sorted(SAMPLING))}"
                return Fault("http_400", f"{self.spec} has no sampling setting `{name}`; {hint}", terminal=True)
        try:
            if request.kind == "score":
                return await score(self._server, str(request.body["context"]), str(request.body["target"]))
            if request.kind == "chat":
                return _chat_reply(await self._server.post("/v1/chat/completions", _chat_body(request)))
            body = _completion_body(request)
            if turn := request.body.get("turn"):
                body["prompt"] = await self._server.opening(turn) + body["prompt"]
            if not body["prompt"]:  # llama.cpp would answer nothing with nothing
                body["prompt"] = [await self._server.first_token()]
            return _completion_reply(await self._server.post("/completions", body))
        except Refused as e:
            return e.fault


def _sampling(request: Request) -> dict[str, Any]:
    given = {k: v for k, v in request.sampling.items() if k not in ("logprobs", "top_logprobs") and v is not None}
    return {**DEFAULTS, **given, "seed": request.seed & 0x7FFFFFFF}


def _alternatives(request: Request) -> int:
    """Return how many tokens a position are asked with their log-probabilities; 0 for none."""
    asked = request.sampling.get("logprobs")
    if not asked:
        return 0
    return max(1, int(request.sampling.get("top_logprobs") or asked))


def _chat_body(request: Request) -> dict[str, Any]:
    body = {**_sampling(request), "messages": request.body["messages"]}
    if n := _alternatives(request):
        body |= {"logprobs": True, "top_logprobs": n}
    if request.schema is not None:
        shape = {"name": "reply", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": shape}
    return body


def _completion_body(request: Request) -> dict[str, Any]:
    body = {**_sampling(request), "prompt": request.body["prompt"]}
    body["n_predict"] = body.pop("max_tokens")
    if n := _alternatives(request):
        body["n_probs"] = n
    if request.schema is not None:
        body["json_schema"] = request.schema
    return body


def _chat_reply(answer: Mapping[str, Any]) -> Reply:
    choice, usage = answer["choices"][0], answer["usage"]
    message = choice["message"]
    extra: dict[str, Any] = {}
    if logprobs := (choice.get("logprobs") or {}).get("content"):
        extra["logprobs"] = {"content": logprobs}
    if thought := message.get("reasoning_content"):
        extra["reasoning_content"] = thought
    return Reply(
        message.get("content") or "",
        finish=choice["finish_reason"],
        tokens_in=int(usage["prompt_tokens"]),
        tokens_out=int(usage["completion_tokens"]),
        extra=extra,
    )


def _completion_reply(answer: Mapping[str, Any]) -> Reply:
    logprobs = answer.get("completion_probabilities")
    return Reply(
        answer["content"],
        finish="length" if answer["stop_type"] == "limit" else "stop",
        tokens_in=int(answer["tokens_evaluated"]),
        tokens_out=int(answer["tokens_predicted"]),
        extra={"logprobs": {"content": logprobs}} if logprobs else {},
    )


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
