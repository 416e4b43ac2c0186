"""HTTP: what a server does becomes a reply or a fault of the right kind, and a secret never comes back."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.harness import FaultServer

from mintmark.core.call import Fault, Reply, Request
from mintmark.models.http import HttpModel, _retry_after

CHAT = Request("chat", {"messages": [{"role": "user", "content": "Hello"}]}, {"temperature": 0.5}, None, 7)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


def ask(server: FaultServer | int, *requests: Request, **settings: Any) -> list[Reply | Fault]:
    """Ask one after another on one model."""
    port = server if isinstance(server, int) else server.port

    async def work() -> list[Reply | Fault]:
        model = HttpModel("test", f"http://127.0.0.1:{port}/v1", "mock", **settings)
        await model.open()
        try:
            return [await model.ask(r) for r in requests]
        finally:
            await model.close()

    return asyncio.run(work())


def test_kinds(server: FaultServer) -> None:
    server.fresh()
    chat, again, text, vector, score = ask(
        server, CHAT, CHAT, Request("complete", {"prompt": "Once"}, seed=1), Request("embed", {"text": "x"}),
        Request("score", {"context": "one two", "target": " three four"}), can_score=True,
    )  # fmt: skip
    assert isinstance(chat, Reply) and chat == again and chat.text and chat.finish == "stop" and chat.tokens_out == 32
    assert isinstance(text, Reply) and text.text and text.text != chat.text
    assert isinstance(vector, Reply) and len(vector.value) == 8
    assert isinstance(score, Reply) and len(score.value) == 2 and all(v < 0 for v in score.value)


def test_seed_and_schema_reach_the_server(server: FaultServer) -> None:
    server.fresh()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    one, other, shaped = ask(
        server, CHAT, Request("chat", CHAT.body, CHAT.sampling, None, 8), Request("chat", CHAT.body, {}, schema, 7)
    )
    assert isinstance(one, Reply) and isinstance(other, Reply) and one.text != other.text
    assert isinstance(shaped, Reply) and shaped.text.startswith('{"n":')


FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "400": ({"kind": "status", "status": 400}, {"reason": "http_400", "terminal": True}),
    "filter by code": (
        {"kind": "status", "status": 400, "code": "content_filter"}, {"reason": "content_filter", "terminal": True},
    ),
    "filter by finish": ({"kind": "content_filter"}, {"reason": "content_filter", "terminal": True}),
    "401": ({"kind": "status", "status": 401}, {"reason": "http_401", "fatal": True}),
    "no money": (
        {"kind": "status", "status": 429, "code": "insufficient_quota"}, {"reason": "http_429", "fatal": True},
    ),
    "moved": ({"kind": "status", "status": 301}, {"reason": "http_301", "fatal": True}),
    "429": ({"kind": "status", "status": 429, "retry_after": 1.5}, {"reason": "http_429", "retry_after_s": 1.5}),
    "500": ({"kind": "status", "status": 500}, {"reason": "http_500"}),
    "cut": ({"kind": "cut"}, {"reason": "cut_reply"}),
    "reset": ({"kind": "reset"}, {}),
    "no JSON": ({"kind": "garbage"}, {"reason": "bad_reply"}),
    "hang": ({"kind": "hang"}, {"reason": "timeout"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults(server: FaultServer, name: str) -> None:
    rule, expected = FAULTS[name]
    server.fresh().set({**rule, "times": 1})
    fault, after = ask(server, CHAT, CHAT, timeout_s=0.3)
    assert isinstance(fault, Fault), fault
    plain = {"terminal": False, "fatal": False, "outage": False, "retry_after_s": None}
    assert {k: getattr(fault, k) for k in plain | expected} == plain | expected
    assert isinstance(after, Reply), "the next call is not harmed"


def test_nobody_there_is_an_outage() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        (fault,) = ask(free.getsockname()[1], CHAT)
    assert isinstance(fault, Fault) and fault.outage and not fault.terminal and not fault.fatal


@pytest.mark.parametrize("length", [20, 499, 700])
def test_a_key_never_comes_back(server: FaultServer, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """Not even in part, where the server's message is cut."""
    secret = "k3y" * (length // 3)
    monkeypatch.setenv("MINTMARK_TEST_KEY", secret)
    server.fresh().set({"kind": "status", "status": 400, "echo": True})
    (fault,) = ask(server, CHAT, api_key_env="MINTMARK_TEST_KEY")
    assert isinstance(fault, Fault) and "[key]" in fault.detail and "k3y" not in fault.detail
    assert len(fault.detail) <= 500
    server.set()
    monkeypatch.setenv("MINTMARK_TEST_KEY", "assistant")
    (reply,) = ask(server, CHAT, api_key_env="MINTMARK_TEST_KEY")
    assert "assistant" not in repr(reply)


def test_retry_after() -> None:
    assert _retry_after({"Retry-After": "2.5"}) == 2.5
    assert _retry_after({"retry-after-ms": "40", "Retry-After": "9"}) == 0.04
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 28 < (_retry_after({"Retry-After": date}) or 0) < 31
    assert _retry_after({"Retry-After": "soon"}) is None and _retry_after({}) is None


def test_connections_are_kept(server: FaultServer) -> None:
    """Many calls at once open as many connections as calls, and use them again."""
    server.fresh().set(latency_s=0.01)

    async def work() -> float:
        model = HttpModel("test", f"http://127.0.0.1:{server.port}/v1", "mock")
        await model.open()
        for _ in range(3):
            await asyncio.gather(*(model.ask(CHAT) for _ in range(20)))
        began = time.monotonic()
        connector = model._session.connector
        assert len(connector._acquired) == 0 and sum(map(len, connector._conns.values())) == 20
        await model.close()
        return time.monotonic() - began

    assert asyncio.run(work()) < 1
    assert server.stats()["max_open"] == 20
