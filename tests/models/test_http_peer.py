"""The HTTP model against a real second peer: the embedded model's own server on its loopback port."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import ModelNotInstalled
from mintmark.models.http import HttpModel
from mintmark.models.llama_server import LlamaServer
from mintmark.models.weights import path_of

pytestmark = pytest.mark.embedded
SAY = [{"role": "user", "content": "Name one colour."}]
SHAPE = {
    "type": "object",
    "properties": {"colour": {"type": "string"}},
    "required": ["colour"],
    "additionalProperties": False,
}


@pytest.fixture
def weights() -> Path:
    pytest.importorskip("xllamacpp", reason="the embedded model's runtime is not installed")
    try:
        return path_of("smollm2")
    except ModelNotInstalled as e:
        pytest.skip(str(e))


def exchange(weights: Path, monkeypatch: pytest.MonkeyPatch, *requests: Request, key: str | None = None) -> list[Any]:
    """Ask a fresh server over its port, as any client would."""

    async def ask() -> list[Any]:
        server = LlamaServer(weights, slots=2, context_tokens=512, threads=2)
        await server.start()
        own = server._session.headers["Authorization"].removeprefix("Bearer ")
        monkeypatch.setenv("PEER_KEY", own if key is None else key)
        model = HttpModel("peer", f"{server._address}/v1", "smollm2", api_key_env="PEER_KEY")
        await model.open()
        try:
            return [await model.ask(request) for request in requests]
        finally:
            await model.close()
            await server.stop()

    return asyncio.run(ask())


def test_chat_schema_logprobs_and_completion(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm = {"max_tokens": 24, "temperature": 0.0}
    plain, shaped, told, raw = exchange(
        weights,
        monkeypatch,
        Request("chat", {"messages": SAY}, warm, seed=1),
        Request("chat", {"messages": SAY}, warm, SHAPE, seed=1),
        Request("chat", {"messages": SAY}, {**warm, "logprobs": True, "top_logprobs": 3}, seed=1),
        Request("complete", {"prompt": "One, two, three,"}, {"max_tokens": 4, "temperature": 0.0}, seed=1),
    )
    assert isinstance(plain, Reply) and plain.text and plain.tokens_in > 3 and 0 < plain.tokens_out <= 24
    assert isinstance(shaped, Reply) and set(json.loads(shaped.text)) == {"colour"}
    assert isinstance(told, Reply) and told.text == plain.text
    first = told.extra["logprobs"]["content"][0]
    assert len(first["top_logprobs"]) == 3 and first["logprob"] <= 0
    assert isinstance(raw, Reply) and "four" in raw.text


def test_a_wrong_key_stops_the_run_and_is_not_repeated(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = exchange(weights, monkeypatch, Request("chat", {"messages": SAY}), key="wrong-key-0123456789")
    assert isinstance(found, Fault) and found.fatal and found.reason == "http_401"
    assert "wrong-key" not in found.detail
