"""What the fault server answers: JSON of the OpenAI protocol as a function of the request's bytes alone."""

from __future__ import annotations

import hashlib
import random
import re
from typing import Any

import orjson

WORDS = [
    w.encode()
    for w in (a + b + c for a in "bdfgklmn" for b in "aeio" for c in ("n", "rst", "lta", "m", "d", "x", "sho", "t"))
]


def content_of(digest: bytes, answers: int) -> bytes:
    """Return the text that a request with this digest gets."""
    if answers:
        digest = hashlib.blake2b(b"%d" % (int.from_bytes(digest) % answers), digest_size=16).digest()
    return b" ".join([WORDS[b] for b in digest + digest[::-1]])


def value_of(schema: dict[str, Any], r: random.Random) -> Any:
    """Return a value that fits a schema."""
    if "enum" in schema:
        return r.choice(schema["enum"])
    kind = schema.get("type", "string")
    if kind == "object":
        return {k: value_of(v, r) for k, v in schema.get("properties", {}).items()}
    if kind == "array":
        return [value_of(schema["items"], r) for _ in range(2)]
    if kind in ("integer", "number"):
        return r.randrange(100)
    return r.random() < 0.5 if kind == "boolean" else " ".join(r.choice(WORDS).decode() for _ in range(6))


def answer(path: bytes, body: bytes, digest: bytes, answers: int = 0, kind: str = "") -> bytes:
    """Return the JSON of the reply to one request."""
    usage = b'"usage":{"prompt_tokens":%d,"completion_tokens":32,"total_tokens":%d}' % (
        len(body) // 8,
        len(body) // 8 + 32,
    )
    if path.endswith(b"/embeddings"):
        return b'{"data":[{"index":0,"embedding":%s}],%s}' % (orjson.dumps([b / 255 for b in digest[:8]]), usage)
    text = content_of(digest, answers)
    if path.endswith(b"/chat/completions"):
        finish = b"content_filter" if kind == "content_filter" else b"stop"
        if b'"response_format"' in body:
            asked = orjson.loads(body)["response_format"].get("json_schema", {}).get("schema", {})
            value = {"wrong": 1} if kind == "mismatch" else value_of(asked, random.Random(digest))
            reply = orjson.dumps(value)
            text = orjson.dumps((reply[:-3] if kind == "bad_json" else reply).decode())[1:-1]
        return (
            b'{"id":"chatcmpl-%s","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,"message":'
            b'{"role":"assistant","content":"%s"},"logprobs":null,"finish_reason":"%s"}],%s}'
        ) % (digest.hex().encode(), text, finish, usage)
    asked = orjson.loads(body)
    choice: dict[str, Any] = {"index": 0, "text": text.decode(), "finish_reason": "stop"}
    if asked.get("echo"):
        tokens = re.findall(r"\s*\S+", asked["prompt"])
        offsets = [sum(map(len, tokens[:i])) for i in range(len(tokens))]
        values = [None, *(-(b + 1) / 100 for b in (digest * len(tokens))[: len(tokens) - 1])]
        choice = {
            "text": asked["prompt"],
            "logprobs": {"tokens": tokens, "token_logprobs": values, "text_offset": offsets},
        }
    return b'{"choices":[%s],%s}' % (orjson.dumps(choice), usage)
