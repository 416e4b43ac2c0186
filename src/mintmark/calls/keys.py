"""The key of a call: a hash over everything that can change its result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..core.call import Reply, Request
from ..core.fingerprint import canonical

KEY_FORMAT = 1


def model_digest(identity: Mapping[str, Any]) -> str:
    """Return the short hash by which a call names its model's identity."""
    return hashlib.blake2b(canonical(dict(identity)), digest_size=8).hexdigest()


def call_key(model: str, request: Request) -> tuple[str, bytes]:
    """Return the call's key (32 hex characters) and the canonical request that it hashes.

    Args:
        model: the model's digest.
        request: what is asked, its seed included.

    Example:
        >>> a, _ = call_key("m", Request("chat", {"messages": []}, seed=1))
        >>> b, _ = call_key("m", Request("chat", {"messages": []}, seed=2))
        >>> a == b
        False
    """
    payload = canonical(
        {
            "v": KEY_FORMAT,
            "kind": request.kind,
            "model": model,
            "body": request.body,
            "sampling": request.sampling,
            "schema": request.schema,
            "seed": request.seed,
        }
    )
    return hashlib.blake2b(payload, digest_size=16).hexdigest(), payload


def reply_json(reply: Reply) -> bytes:
    """Return a reply as canonical JSON, empty fields left out: the form that is stored and hashed."""
    fields: dict[str, Any] = {}
    if reply.text:
        fields["text"] = reply.text
    if reply.value is not None:
        fields["value"] = reply.value
    if reply.finish:
        fields["finish"] = reply.finish
    if reply.tokens_in:
        fields["tokens_in"] = reply.tokens_in
    if reply.tokens_out:
        fields["tokens_out"] = reply.tokens_out
    if reply.extra:
        fields["extra"] = reply.extra
    return canonical(fields)


class ResultsDigest:
    """One hash over the results of many calls, given in the order of their keys: what a manifest seals.

    Example:
        >>> d = ResultsDigest(); d.add("key", "result"); len(d.hex())
        32
    """

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, key: str, result: str) -> None:
        """Take the next call's key and the hash of its result."""
        self._hash.update(f"{key} {result}\n".encode())

    def hex(self) -> str:
        """Return the hash so far."""
        return self._hash.hexdigest()
