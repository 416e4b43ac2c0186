"""The embedded model: the same reply alone or among others, honest scores, faults instead of crashes."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import MissingExtra, ModelError, ModelNotInstalled
from mintmark.models import weights
from mintmark.models.gguf import GgufModel

pytestmark = pytest.mark.embedded
T = TypeVar("T")
WORDS = (
    "The river rises in the hills above the town and is joined by two streams before it reaches the old bridge, "
    "where a mill once stood; in 1893 the mill burned down and its owner, who had no heirs, left the land to the "
    "parish. Today there is a small park with benches, a pond and a stone that tells the story to whoever stops."
).split()


def needs_weights() -> None:
    """Skip the test where the embedded model is not on this machine."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed; run `pip install 'mintmark[local]'`")
    try:
        weights.path_of("smollm2")
    except ModelNotInstalled as e:
        pytest.skip(str(e))


def using(work: Callable[[GgufModel], Awaitable[T]], **settings: Any) -> T:
    """Run `work` with an open model."""
    if "name" not in settings:
        needs_weights()

    async def run() -> T:
        model = GgufModel(**settings)
        await model.open()
        try:
            return await work(model)
        finally:
            await model.close()

    return asyncio.run(run())


def answers(*requests: Request, **settings: Any) -> list[Reply | Fault]:
    """Ask one after another."""

    async def work(model: GgufModel) -> list[Reply | Fault]:
        return [await model.ask(r) for r in requests]

    return using(work, **settings)


def chat(text: str, seed: int = 0, schema: Any = None, **sampling: Any) -> Request:
    return Request("chat", {"messages": [{"role": "user", "content": text}]}, sampling, schema, seed)


def complete(prompt: str, seed: int = 0, **sampling: Any) -> Request:
    return Request("complete", {"prompt": prompt}, sampling, None, seed)


def scored(context: str, target: str) -> Request:
    return Request("score", {"context": context, "target": target})


def mixed(count: int, seed: int = 0) -> list[Request]:
    """Requests of all kinds: of like and unlike lengths, with beginnings in common, some of them the same again."""
    rng, found = random.Random(seed), []
    for i in range(count):
        shared = WORDS * 5 if i % 15 == 14 else WORDS[: rng.choice([0, 0, 20, 40])]
        text = " ".join([*shared, *rng.choices(WORDS, k=rng.choice([0, 1, 2, 12, 13, 14, 90]))])
        made = complete(text, i, max_tokens=3 + i % 5, logprobs=1), chat(text, i, max_tokens=3 + i % 5, logprobs=True)
        found.append((*made, scored(text, " " + " ".join(WORDS[:4])))[i % 3])
    return found


def test_chat_and_completion() -> None:
    first, other, again, plain, stopped = answers(
        chat("Name a fruit.", 1, max_tokens=12), chat("Name a fruit.", 2, max_tokens=12),
        chat("Name a fruit.", 1, max_tokens=12), complete("The capital of France is", temperature=0, max_tokens=2),
        complete("1, 2, 3, 4,", temperature=0, max_tokens=20, stop=[" 7"]),
    )  # fmt: skip
    assert isinstance(first, Reply) and isinstance(other, Reply)
    assert first == again and first.text != other.text
    assert (first.finish, first.tokens_out) == ("length", 12) and first.tokens_in > 20
    assert isinstance(plain, Reply) and plain.text.startswith(" Paris")
    assert isinstance(stopped, Reply) and (stopped.text, stopped.finish) == (" 5, 6,", "stop")


def test_a_completion_of_nothing_begins_a_text() -> None:
    (found,) = answers(complete("", max_tokens=5))
    assert isinstance(found, Reply) and found.tokens_out == 5


def test_the_file_s_template_opens_a_turn() -> None:
    said = {"temperature": 0.0, "max_tokens": 8}
    text = "Name the largest planet."
    end = "<|im_end|>\n<|im_start|>assistant\n"
    opened = Request("complete", {"prompt": text + end, "turn": "user"}, said)
    raw, whole, asked = answers(complete(text + end, **said), opened, chat(text, **said))
    assert isinstance(whole, Reply) and isinstance(asked, Reply) and isinstance(raw, Reply)
    assert (whole.text, whole.tokens_in) == (asked.text, asked.tokens_in) and raw.tokens_in < whole.tokens_in


def test_a_schema_is_obeyed() -> None:
    properties = {"name": {"type": "string", "maxLength": 30}, "price": {"type": "integer", "maximum": 99}}
    schema = {"type": "object", "properties": properties, "required": ["name", "price"], "additionalProperties": False}
    for found in answers(*[chat("Describe a product.", i, schema, max_tokens=200) for i in range(4)]):
        assert isinstance(found, Reply) and found.finish == "stop"
        assert set(json.loads(found.text)) == {"name", "price"}
    (bad,) = answers(chat("Hello", 0, {"type": "no such type"}))
    assert isinstance(bad, Fault) and bad.terminal


def test_log_probabilities_come_with_a_reply() -> None:
    for found in answers(
        chat("Name a fruit.", max_tokens=6, logprobs=True, top_logprobs=3), complete("A", max_tokens=6, logprobs=3)
    ):
        assert isinstance(found, Reply)
        positions = found.extra["logprobs"]["content"]
        assert "".join(p["token"] for p in positions) == found.text and len(positions) == 6
        assert all(p["logprob"] <= 0 and len(p["top_logprobs"]) == 3 for p in positions)


def test_alone_and_among_others_alike() -> None:
    requests = mixed(30)
    alone = answers(*requests, slots=1)
    assert all(isinstance(a, Reply) for a in alone)

    async def work(model: GgufModel) -> None:
        order = list(range(len(requests)))
        random.Random(1).shuffle(order)
        slots = asyncio.Semaphore(model.max_in_flight)

        async def one(i: int) -> tuple[int, Reply | Fault]:
            async with slots:
                return i, await model.ask(requests[i])

        together = dict(await asyncio.gather(*[one(i) for i in order]))
        assert [together[i] for i in range(len(requests))] == alone

    using(work)


def test_scores_are_those_of_generation() -> None:
    """What the model writes greedily has, when scored, exactly the log-probabilities that it was written with."""
    context = " ".join(WORDS[:30])

    async def work(model: GgufModel) -> None:
        written = await model.ask(complete(context, temperature=0, max_tokens=20, logprobs=1))
        assert isinstance(written, Reply)
        found = await model.ask(scored(context, written.text))
        assert isinstance(found, Reply)
        assert found.value == [p["logprob"] for p in written.extra["logprobs"]["content"]]
        assert found.tokens_out == 20 == len(found.value)

    using(work)


def test_a_likely_text_scores_higher() -> None:
    likely, unlikely, nothing = answers(
        scored("The capital of France is", " Paris."),
        scored("The capital of France is", " marmalade."),
        scored("x", ""),
    )
    assert isinstance(likely, Reply) and isinstance(unlikely, Reply) and isinstance(nothing, Reply)
    assert sum(likely.value) > -2 and sum(unlikely.value) < sum(likely.value) - 5
    assert nothing.value == []


@pytest.mark.parametrize("target", [" 🎉", "日本語", " ∑x = Ελλάδα", "\x00a", " <|im_end|> \n\n\t x", "naïve — café’s"])
def test_every_text_can_be_scored(target: str) -> None:
    (found,) = answers(scored("", target))
    assert isinstance(found, Reply) and len(found.value) == found.tokens_out > 1
    assert all(-60 < v < 0 for v in found.value)


def test_the_chain_rule_holds() -> None:
    """Reading and writing a text take other kernels, so only nearly: their sums differ in the last bits."""
    context, a, b = "The mill burned down in 1893 and its", " owner, who had no heirs", ", left the land to the parish."
    whole, first, second = answers(scored(context, a + b), scored(context, a), scored(context + a, b))
    assert isinstance(whole, Reply) and isinstance(first, Reply) and isinstance(second, Reply)
    assert whole.value == pytest.approx(first.value + second.value, abs=0.4)
    assert sum(whole.value) == pytest.approx(sum(first.value + second.value), rel=0.02)


def test_too_long_is_a_fault() -> None:
    *long, fits, full = answers(
        chat("word " * 260, max_tokens=5), complete("word " * 260), scored("word" + " word" * 246, " word" * 10),
        scored("", " word" * 260), scored("word" + " word" * 246, " word" * 9),
        complete("word" + " word" * 250, max_tokens=50), slots=2, context_tokens=256,
    )  # fmt: skip
    for found in long:
        assert isinstance(found, Fault) and (found.reason, found.terminal) == ("context_overflow", True)
    assert isinstance(fits, Reply) and len(fits.value) == 9
    assert isinstance(full, Reply) and full.finish == "length" and full.tokens_out < 10


def test_what_cannot_be_asked_is_a_fault() -> None:
    unknown, embedding, no_content = answers(
        chat("Hello", temprature=1), Request("embed", {"text": "x"}), Request("chat", {"messages": [{"role": "user"}]})
    )
    for found in (unknown, embedding, no_content):
        assert isinstance(found, Fault) and found.terminal and found.reason == "http_400"
    assert isinstance(unknown, Fault) and "did you mean `temperature`?" in unknown.detail


def test_cancelled_calls_leave_the_model_well() -> None:
    probe = complete("The mill", 1, max_tokens=4)

    async def work(model: GgufModel) -> None:
        before = await model.ask(probe)
        tasks = [asyncio.create_task(model.ask(chat(" ".join(WORDS), i, max_tokens=900))) for i in range(8)]
        await asyncio.sleep(0.7)
        for task in tasks:
            task.cancel()
        assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*tasks, return_exceptions=True))
        assert await asyncio.wait_for(model.ask(probe), 60) == before

    using(work)


def test_closing_ends_what_is_in_flight_and_opening_again_works() -> None:
    probe = complete("The mill", 1, max_tokens=4)

    async def work(model: GgufModel) -> None:
        await model.open()
        before = await model.ask(probe)
        tasks = [asyncio.create_task(model.ask(chat("Tell a story.", i, max_tokens=900))) for i in range(4)]
        await asyncio.sleep(0.5)
        await asyncio.wait_for(model.close(), 60)
        for found in await asyncio.gather(*tasks):
            assert isinstance(found, Fault) and found.outage
        closed = await model.ask(probe)
        assert isinstance(closed, Fault) and closed.outage
        await model.open()
        assert await model.ask(probe) == before

    using(work)


def test_two_models_live_side_by_side() -> None:
    probe = complete("The mill", 1, max_tokens=4)

    async def work(model: GgufModel) -> None:
        other = GgufModel(slots=2, context_tokens=512)
        await other.open()
        first, second = await asyncio.gather(model.ask(probe), other.ask(probe))
        await other.close()
        assert first == second == await model.ask(probe)

    using(work)


def test_the_port_is_ours_alone() -> None:
    async def work(model: GgufModel) -> None:
        assert model._server is not None
        address = model._server._address
        assert address.startswith("http://127.0.0.1:")
        async with aiohttp.ClientSession() as session:
            for path in ("completions", "v1/chat/completions", "tokenize", "props", "slots", "v1/models"):
                for headers in ({}, {"Authorization": "Bearer guess"}):
                    async with session.post(f"{address}/{path}", json={"prompt": "x"}, headers=headers) as response:
                        assert response.status == 401, path

    using(work, slots=1, context_tokens=256)


def test_nothing_is_printed() -> None:
    needs_weights()
    code = (
        "import asyncio\n"
        "from mintmark.core.call import Request\n"
        "from mintmark.models.gguf import GgufModel\n"
        "async def main():\n"
        "    model = GgufModel()\n"
        "    await model.open()\n"
        "    await model.ask(Request('complete', {'prompt': 'x ' * 3000}))\n"
        "    await model.ask(Request('complete', {'prompt': 'x'}, {'max_tokens': 2}))\n"
        "asyncio.run(main())"  # not closed: a program may end without it
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    of_aiohttp = ("Unclosed", "client_session", "connect")
    assert [line for line in done.stderr.splitlines() if not line.startswith(of_aiohttp)] == []


def test_identity_needs_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path))
    model = GgufModel(where="model `writer`")
    assert model.identity["sha256"] == weights.KNOWN["smollm2"].sha256
    assert model.identity == GgufModel(threads=1, slots=3).identity != GgufModel(context_tokens=512).identity
    with pytest.raises(ModelNotInstalled, match="model `writer`: local/smollm2 is not installed; run"):
        asyncio.run(model.open())
    with pytest.raises(ModelError, match="did you mean `smollm2`"):
        GgufModel("smolm2")
    with pytest.raises(ModelError, match="multiple of 256, got 1000"):
        GgufModel(context_tokens=1000)


def test_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_weights()
    path = weights.path_of("smollm2")
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path))
    model = GgufModel(str(path))
    assert model.identity == {**GgufModel().identity, "id": "local/file"}
    (found,) = answers(complete("The capital of France is", temperature=0, max_tokens=1), name=str(path))
    assert isinstance(found, Reply) and found.text == " Paris"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model" * 1000])
def test_a_file_that_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    needs_weights()
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path))
    (tmp_path / "bad.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.gguf cannot be loaded"):
        asyncio.run(GgufModel(str(tmp_path / "bad.gguf")).open())


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_weights()
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mintmark\[local\]'"):
        asyncio.run(GgufModel().open())
