"""The embedded llama.cpp server: one model in this process, reached over a loopback port with a key of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from ..core.call import Fault
from ..core.errors import MissingExtra, ModelError

_DETAIL_CHARS = 500
_SPINS = "300"
_MARK = "8f14e45fceea167a"
"""Stands for a message where only what its template writes around it is wanted."""


class Refused(Exception):
    """The server gave no answer; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class LlamaServer:
    """A llama.cpp server whose answer to a request depends on the request alone, whatever else is in flight.

    A CPU kernel that sums in another order gives other last bits, and a last bit can turn a word. llama.cpp has
    several kernels for attention and picks one by how many tokens it computes at once: which depends on the
    neighbours, on how a prompt is cut, and on what a slot still holds of the prompt before. Keys and values of two
    different types fit only the one kernel that computes each token by itself, so the choice falls away. With a
    cache of its own for each slot, replies are then the same bit for bit, and prompts may be read side by side and
    shared beginnings reused.

    Args:
        path: the GGUF file.
        slots: requests that are decoded side by side.
        context_tokens: tokens of prompt and reply together, a slot.
        threads: CPU threads.
    """

    def __init__(self, path: Path, *, slots: int, context_tokens: int, threads: int) -> None:
        self.path, self.slots, self.context_tokens, self.threads = path, slots, context_tokens, threads
        self._server: Any = None
        self._session: Any = None
        self._first: int | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    async def start(self, *, where: str = "") -> None:
        """Load the model and wait until it answers.

        Raises:
            MissingExtra: xllamacpp is not installed.
            ModelError: the file cannot be loaded.
        """
        import aiohttp

        with _patient_threads():
            try:
                import xllamacpp
            except ImportError as e:
                raise MissingExtra("xllamacpp", "local", where=where) from e
        key = secrets.token_urlsafe(32)
        params = self._params(xllamacpp, key)
        try:
            self._server = await asyncio.to_thread(xllamacpp.Server, params)
        except (RuntimeError, ValueError) as e:
            raise ModelError(
                f"{self.path} cannot be loaded: no GGUF file that llama.cpp knows, or too little memory", where=where
            ) from e
        self._address = str(self._server.listening_address)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        # One token, so that the server's loop is known to run: told to stop before it has begun, it never ends.
        await self.post("/completions", {"prompt": "a", "n_predict": 1})

    async def stop(self) -> None:
        """Give up what is in flight and free the model's memory, threads and port."""
        session, self._session = self._session, None
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        if session is not None:
            await session.close()
        if self._server is not None:
            await asyncio.to_thread(self._drop)

    async def post(self, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the JSON answer of a request; a GET where `body` is None.

        Raises:
            Refused
        """
        # A task of its own, so that `stop` can end it without cancelling the caller. Cancelling the caller ends it too.
        task = asyncio.create_task(self._ask(path, body))
        self._asking.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self._session is None:
                raise Refused(Fault("connection", "the model was closed", outage=True)) from None
            raise
        finally:
            self._asking.discard(task)

    async def first_token(self) -> int:
        """Return the id of the model's beginning-of-text token, or of its end-of-text token where it has none.

        Raises:
            Refused
        """
        if self._first is None:
            props = await self.post("/props", None)
            text = props.get("bos_token") or props.get("eos_token") or "\n"
            self._first = int((await self.post("/tokenize", {"content": text, "parse_special": True}))["tokens"][0])
        return self._first

    async def opening(self, role: str) -> str:
        """Return what the file's chat template writes before the first message of `role`.

        Raises:
            Refused
        """
        answer = await self.post("/apply-template", {"messages": [{"role": role, "content": _MARK}]})
        return str(answer["prompt"]).partition(_MARK)[0]

    async def _ask(self, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        import aiohttp

        if self._session is None:
            raise Refused(Fault("connection", "the model was closed", outage=True))
        try:
            method, data = ("GET", None) if body is None else ("POST", orjson.dumps(body))
            async with self._session.request(method, self._address + path, data=data) as response:
                raw = await response.read()
        except (aiohttp.ClientError, ConnectionError) as e:
            raise Refused(Fault("connection", f"{type(e).__name__}: {e}"[:_DETAIL_CHARS], outage=True)) from e
        if response.status != 200:
            raise Refused(_fault(response.status, raw))
        answer: dict[str, Any] = orjson.loads(raw)
        return answer

    def _drop(self) -> None:
        # The destructor joins the server's threads; nothing else holds the object.
        self._server = None

    def _params(self, xllamacpp: Any, key: str) -> Any:
        p = xllamacpp.CommonParams()
        p.model.path = str(self.path)
        p.hostnames, p.port, p.api_keys = ["127.0.0.1"], 0, [key]
        p.ui = p.endpoint_slots = p.warmup = False
        p.verbosity = -1
        p.n_threads_http = 2 * self.slots + 2
        p.n_parallel, p.n_ctx, p.fit_params = self.slots, self.slots * self.context_tokens, False
        p.cpuparams.n_threads = p.cpuparams_batch.n_threads = self.threads
        p.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
        p.cache_type_k, p.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F16, xllamacpp.ggml_type.GGML_TYPE_BF16
        p.kv_unified = p.cache_idle_slots = False
        p.cache_ram_mib = p.n_ctx_checkpoints = 0
        return p


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Let idle threads soon sleep while they wait for each other, in the OpenMP that is loaded inside this block.

    By default they spin for milliseconds. On a machine with other work a spinning thread takes the very core that
    the thread it waits for needs: on 2 cores beside two busy processes, 8 to 10 tokens/s by default, 74 so. To sleep
    at once costs a quarter of the speed on a free machine; this little spinning costs nothing on either. The
    library reads the variable once, when it is loaded, and offers no other way to say it.
    """
    name = "GOMP_SPINCOUNT"
    if name in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ[name] = _SPINS
    try:
        yield
    finally:
        os.environ.pop(name, None)


def _fault(status: int, raw: bytes) -> Fault:
    """Return the fault of an error answer: terminal, since the same request makes the same computation again."""
    try:
        error = orjson.loads(raw)["error"]
        kind, detail = str(error.get("type", "")), str(error.get("message", ""))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        kind, detail = "", raw.decode(errors="replace")
    reason = "context_overflow" if kind == "exceed_context_size_error" else f"http_{status}"
    return Fault(reason, detail[:_DETAIL_CHARS], terminal=status != 503)
