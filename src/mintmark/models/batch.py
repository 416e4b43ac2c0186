"""Provider batch APIs: calls sent as a file, answered in hours, at a lower price.

The protocol is OpenAI's: upload a JSON Lines file, create a batch, ask after it, download its output. A call whose
batch is accepted is pending in the log with the batch's id, so the process may end; the next one asks after the job.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from ..calls.keys import call_key, model_digest
from ..core.call import Fault, Reply, Request
from ..core.errors import ModelError
from .base import Model
from .http import HttpModel

_PATHS = {"chat": "/v1/chat/completions", "complete": "/v1/completions", "embed": "/v1/embeddings"}
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


class BatchApiModel(Model):
    """A model of an OpenAI-compatible server, asked through its batch API.

    Args:
        door: the same model by its ordinary door; its identity, payloads and reading of replies are used.
    """

    max_batch = 20_000
    max_in_flight = 20_000
    linger_s = 1.0

    def __init__(self, door: HttpModel) -> None:
        self._door = door
        self.spec, self.identity = door.spec, door.identity
        self.api_key_env = door.api_key_env
        self.capabilities = door.capabilities - {"score"}

    async def open(self) -> None:
        """Make the connection pool."""
        await self._door.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._door.close()

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Send the requests as one job a kind; every answer is a `Reply` with the job's id, to be collected later."""
        digest = model_digest(self.identity)
        for kind in sorted({r.kind for r in requests}):
            group = [(i, r) for i, r in enumerate(requests) if r.kind == kind]
            path = _PATHS[kind]
            asked = [(call_key(digest, r)[0], self._door.payload(r)) for _, r in group]
            lines = [orjson.dumps({"custom_id": k, "method": "POST", "url": path, "body": body}) for k, body in asked]
            answer = await self._send(b"\n".join(lines), path)
            for i, _ in group:
                yield i, answer

    async def _send(self, lines: bytes, path: str) -> Reply | Fault:
        import aiohttp

        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        form.add_field("file", lines, filename="calls.jsonl", content_type="application/jsonl")
        uploaded = await self._door.exchange("POST", "files", form=form)
        if isinstance(uploaded, Fault):
            return uploaded
        job = {"input_file_id": uploaded["id"], "endpoint": path, "completion_window": "24h"}
        created = await self._door.exchange("POST", "batches", json=job)
        return created if isinstance(created, Fault) else Reply(job=str(created["id"]))

    async def collect(self, job: str, keys: Sequence[str]) -> Mapping[str, Reply | Fault] | None:
        """Return the answers of a job that has ended, by call key, or None; a call it says nothing about has failed.

        Raises:
            ModelError: where the server does not know the job.
        """
        state = await self._door.exchange("GET", f"batches/{job}")
        if isinstance(state, Fault):
            if state.fatal:
                raise ModelError(f"the batch {job} cannot be asked after: {state.detail}", where=self.spec)
            return None
        if state["status"] not in _ENDED:
            return None
        answers: dict[str, Reply | Fault] = {}
        for field in ("output_file_id", "error_file_id"):
            if state.get(field):
                raw = await self._door.exchange("GET", f"files/{state[field]}/content", raw=True)
                if isinstance(raw, Fault):
                    return None
                for line in raw.splitlines():
                    if line.strip():
                        key, answer = self._read(orjson.loads(line))
                        answers[key] = answer
        missing = Fault(f"batch_{state['status']}", "the batch ended without this reply", terminal=True)
        return {key: answers.get(key, missing) for key in keys}

    def _read(self, line: Mapping[str, Any]) -> tuple[str, Reply | Fault]:
        key = str(line["custom_id"])
        response = line.get("response") or {}
        if line.get("error") or response.get("status_code", 200) != 200:
            problem = line.get("error") or response.get("body")
            detail = orjson.dumps(problem).decode()[:500]
            return key, Fault(f"http_{response.get('status_code', 'error')}", detail, terminal=True)
        body = response["body"]
        kind: Any = "embed" if "data" in body else "complete" if "text" in body["choices"][0] else "chat"
        try:
            return key, self._door.read(Request(kind, {}), body)
        except (KeyError, IndexError, TypeError, ValueError) as e:
            return key, Fault("bad_reply", f"{type(e).__name__}: {e}", terminal=True)
