"""Any server that speaks the OpenAI protocol, over aiohttp."""

from __future__ import annotations

import email.utils
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from ..core.call import Fault, Reply, Request
from ..core.errors import ModelError
from .base import Model

_TERMINAL = frozenset({400, 413, 415, 422})
_FATAL = frozenset({401, 402, 403, 404, 405})
_DETAIL_CHARS = 500


class HttpModel(Model):
    """One model of one server: chat, completions, embeddings, log-probabilities, JSON schema.

    Args:
        spec: how the recipe names it.
        base_url: address up to and with `/v1`.
        name: the server's name for the model.
        api_key_env: environment variable that holds the key, or None.
        identity: what enters the calls' keys; the provider and name, or the address where nothing else is known.
        timeout_s: seconds for one call.
        max_in_flight: calls open at once.
        schema_mode: how a JSON Schema is asked for; `none` leaves it to the correction loop.
        can_score: True where `/completions` takes `echo` with `logprobs` (vLLM does).
    """

    def __init__(
        self, spec: str, base_url: str, name: str, *, api_key_env: str | None = None,
        identity: Mapping[str, Any] | None = None, timeout_s: float = 120.0, max_in_flight: int = 32,
        schema_mode: str = "json_schema", can_score: bool = False, headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.spec, self.base_url, self.name = spec, base_url.rstrip("/"), name
        self.identity = dict(identity) if identity else {"address": self.base_url, "name": name}
        self.api_key_env, self.timeout_s, self.max_in_flight = api_key_env, timeout_s, max_in_flight
        self.schema_mode = schema_mode
        can = {"chat", "complete", "embed", "logprobs"}
        if schema_mode != "none":
            can.add("schema")
        if can_score:
            can.add("score")
        self.capabilities = frozenset(can)
        self._extra_headers = dict(headers or {})
        self._session: Any = None
        self._secret = ""

    async def open(self) -> None:
        """Make the connection pool; nothing is sent.

        Raises:
            ModelError: where the key's environment variable is not set.
        """
        import aiohttp
        from yarl import URL

        if self._session is not None:
            return
        self._secret = os.environ.get(self.api_key_env, "") if self.api_key_env else ""
        if self.api_key_env and not self._secret:
            raise ModelError(
                f"needs a key, and the environment variable {self.api_key_env} is not set",
                where=self.spec,
                remedy=f"export {self.api_key_env}=... in your shell; the key is never stored",
            )
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self._extra_headers}
        if self._secret:
            headers["Authorization"] = f"Bearer {self._secret}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=self.timeout_s, sock_connect=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            trust_env=not self.base_url.startswith(("http://127.", "http://localhost", "http://[::1]")),
        )
        self._urls = {
            kind: URL(f"{self.base_url}/{path}")
            for kind, path in (
                ("chat", "chat/completions"),
                ("complete", "completions"),
                ("score", "completions"),
                ("embed", "embeddings"),
            )
        }

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Answer one request (`max_batch` is 1)."""
        for i, request in enumerate(requests):
            yield i, await self.ask(request)

    async def ask(self, request: Request) -> Reply | Fault:
        """Send one request and read its answer; whatever the server does becomes a `Reply` or a `Fault`."""
        import aiohttp

        body = self.payload(request)
        try:
            async with self._session.post(
                self._urls[request.kind], data=orjson.dumps(body), allow_redirects=False
            ) as response:
                raw = await response.read()
                if response.status != 200:
                    return self._fault(response.status, raw, response.headers)
        except aiohttp.ClientConnectorCertificateError as e:
            return Fault("certificate", self._clean(str(e)), fatal=True)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:
            return Fault("connection", self._clean(str(e)), outage=True)
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError) as e:
            return Fault("cut_reply", self._clean(str(e)))
        except TimeoutError:
            return Fault("timeout", f"no reply within {self.timeout_s:g} s")
        except aiohttp.ClientError as e:
            return Fault("connection", self._clean(f"{type(e).__name__}: {e}"))
        if self._secret and self._secret.encode() in raw:
            raw = raw.replace(self._secret.encode(), b"[key]")
        try:
            return self.read(request, orjson.loads(raw))
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as e:
            return Fault("bad_reply", self._clean(f"{type(e).__name__}: {e}: {raw.decode(errors='replace')}"))

    async def exchange(self, method: str, path: str, *, json: Any = None, form: Any = None, raw: bool = False) -> Any:
        """Do one exchange of the protocol's other endpoints (files, batches); return its JSON, bytes, or a `Fault`."""
        import aiohttp

        body: Any = form() if form is not None else json and orjson.dumps(json)
        headers = {"Content-Type": body.content_type} if form is not None else None
        try:
            async with self._session.request(
                method, f"{self.base_url}/{path}", data=body, headers=headers, allow_redirects=False
            ) as response:
                data = await response.read()
                if response.status != 200:
                    return self._fault(response.status, data, response.headers)
                return data if raw else orjson.loads(data)
        except aiohttp.ClientConnectorError as e:
            return Fault("connection", self._clean(str(e)), outage=True)
        except (aiohttp.ClientError, TimeoutError, ConnectionError, orjson.JSONDecodeError) as e:
            return Fault("connection", self._clean(f"{type(e).__name__}: {e}"))

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the protocol's JSON for a request."""
        body: dict[str, Any] = {"model": self.name, **request.sampling}
        if request.kind == "embed":
            return {"model": self.name, "input": [request.body["text"]]}
        if request.kind == "score":
            prompt = request.body["context"] + request.body["target"]
            asked = {"echo": True, "logprobs": 1, "max_tokens": 0, "temperature": 0}
            return {"model": self.name, "prompt": prompt, **asked}
        body["seed"] = request.seed
        if request.kind == "complete":
            body["prompt"] = request.body["prompt"]
            return body
        body["messages"] = request.body["messages"]
        if request.schema is not None and self.schema_mode == "json_schema":
            shape = {"name": "reply", "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif request.schema is not None and self.schema_mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def read(self, request: Request, data: Mapping[str, Any]) -> Reply | Fault:
        """Return what the protocol's JSON says.

        Raises:
            KeyError, IndexError, TypeError, ValueError: where it is not of the protocol's shape.
        """
        usage = data.get("usage") or {}
        tokens: dict[str, Any] = {
            "tokens_in": int(usage.get("prompt_tokens") or 0),
            "tokens_out": int(usage.get("completion_tokens") or 0),
        }
        if request.kind == "embed":
            return Reply(value=[float(x) for x in data["data"][0]["embedding"]], **tokens)
        choice = data["choices"][0]
        if request.kind == "score":
            return Reply(value=_target_logprobs(choice["logprobs"], len(request.body["context"])), **tokens)
        finish = choice.get("finish_reason") or ""
        if finish == "content_filter":
            return Fault("content_filter", "the provider's filter withheld the reply", terminal=True)
        extra: dict[str, Any] = {}
        if choice.get("logprobs"):
            extra["logprobs"] = choice["logprobs"]
        if request.kind == "complete":
            return Reply(text=choice["text"], finish=finish, extra=extra, **tokens)
        message = choice["message"]
        for field in ("refusal", "tool_calls", "reasoning_content"):
            if message.get(field):
                extra[field] = message[field]
        text = message.get("content")
        if text is None and not extra:
            raise ValueError("a message without content")
        return Reply(text=text or "", finish=finish, extra=extra, **tokens)

    def _fault(self, status: int, raw: bytes, headers: Mapping[str, str]) -> Fault:
        detail = raw.decode(errors="replace")
        try:
            error = orjson.loads(raw)["error"]
            detail = error["message"] if isinstance(error, dict) else str(error)
            code = error.get("code") if isinstance(error, dict) else None
        except (orjson.JSONDecodeError, KeyError, TypeError):
            code = None
        detail = self._clean(detail)
        if 300 <= status < 400:
            return Fault(f"http_{status}", f"the address has moved to {headers.get('Location', '?')}", fatal=True)
        if status in _FATAL or code == "insufficient_quota":
            return Fault(f"http_{status}", detail, fatal=True)
        if status == 400 and code == "content_filter":
            return Fault("content_filter", detail, terminal=True)
        if status in _TERMINAL:
            return Fault(f"http_{status}", detail, terminal=True)
        return Fault(f"http_{status}", detail, retry_after_s=_retry_after(headers))

    def _clean(self, text: str) -> str:
        """Take the key out of a text that a server sent back, then cut it: a key cut in two would not be found."""
        return (text.replace(self._secret, "[key]") if self._secret else text)[:_DETAIL_CHARS]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `retry-after-ms` or `Retry-After` (a number or a date) asks for, or None."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("Retry-After")
        if value is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _target_logprobs(logprobs: Mapping[str, Any], context_chars: int) -> list[float]:
    """Return the log-probabilities of the tokens that begin at or after the context's end."""
    offsets, values = logprobs["text_offset"], logprobs["token_logprobs"]
    found = [float(v) for at, v in zip(offsets, values, strict=True) if at >= context_chars and v is not None]
    if not found:
        raise ValueError("no token of the target was scored")
    return found
