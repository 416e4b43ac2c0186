"""Scoring: the log-probability of a given text under a model that can only generate.

llama.cpp's server returns no log-probabilities of a prompt. So the target is generated under a grammar that allows
its tokens only, by their ids (a grammar of the literal text would let the model walk another tokenisation), and
the log-probabilities are those before the grammar, over the whole vocabulary.

The target is tokenised by itself, with its leading white space kept, and appended to the context's tokens: the
same tokens are scored whatever the context, so that scores of one target are comparable. A context should thus
end before the white space that begins the target ("Answer:" and " Paris"). In the context, control tokens are read
as such; in the target, which is data, they are plain text. A context without tokens is the model's own
beginning-of-text token, as in lm-evaluation-harness.

A token that ends or begins inside a character (emoji, rare scripts) cannot be held by the grammar, nor does the
server report it. It is looked up in the whole distribution after what stands before it, by a call of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ..core.call import Fault, Reply
from .llama_server import LlamaServer, Refused

_WHOLE_VOCABULARY = 1 << 30


async def score(server: LlamaServer, context: str, target: str) -> Reply:
    """Return a reply whose value holds one natural log-probability for each token of `target`, in order.

    Raises:
        Refused: `context_overflow` where context and target do not fit one slot; any fault of the server.
    """
    before = await _context_tokens(server, context)
    asked = {"content": target, "parse_special": False, "with_pieces": True}
    pieces = (await server.post("/tokenize", asked))["tokens"]
    if not pieces:
        return Reply(value=[])
    if len(before) + len(pieces) > server.context_tokens:
        detail = f"{len(before)} tokens of context and {len(pieces)} of target; a slot holds {server.context_tokens}"
        raise Refused(Fault("context_overflow", detail, terminal=True))
    values: list[float] = []
    read = 0
    for whole, ids in _runs(pieces):
        prompt = before + [p["id"] for p in pieces[: len(values)]]
        values += await (_held(server, prompt, ids) if whole else _looked_up(server, prompt, ids[0]))
        read += len(prompt)
    return Reply(value=values, tokens_in=read, tokens_out=len(values))


async def _context_tokens(server: LlamaServer, context: str) -> list[int]:
    asked = {"content": context, "add_special": True, "parse_special": True}
    tokens: list[int] = (await server.post("/tokenize", asked))["tokens"]
    return tokens or [await server.first_token()]


def _runs(pieces: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, list[int]]]:
    """Yield the longest runs of tokens that are whole characters, and every other token by itself."""
    for whole, group in groupby(pieces, key=lambda p: isinstance(p["piece"], str) and not p["piece"].startswith("\0")):
        ids = [p["id"] for p in group]
        if whole:
            yield True, ids
        else:
            yield from ((False, [i]) for i in ids)


async def _held(server: LlamaServer, prompt: list[int], ids: list[int]) -> list[float]:
    """Return the log-probabilities of `ids` after `prompt`, generated under a grammar of just these tokens."""
    grammar = "root ::= " + " ".join(f"<[{i}]>" for i in ids)
    asked = {"prompt": prompt, "grammar": grammar, "n_predict": len(ids), "n_probs": 1, **_PLAIN}
    found = (await server.post("/completions", asked)).get("completion_probabilities", ())
    if [p["id"] for p in found] != ids:
        detail = f"asked for tokens {ids}, scored {[p['id'] for p in found]}"
        raise Refused(Fault("score_mismatch", detail[:500], terminal=True))
    return [float(p["logprob"]) for p in found]


async def _looked_up(server: LlamaServer, prompt: list[int], token: int) -> list[float]:
    """Return the log-probability of `token` after `prompt`, from the whole distribution."""
    # Some whole token must be generated, or the server reports nothing: the first token will do.
    bias = [[await server.first_token(), 1e4]]
    asked = {"prompt": prompt, "n_predict": 1, "n_probs": _WHOLE_VOCABULARY, "logit_bias": bias, **_PLAIN}
    answer = await server.post("/completions", asked)
    for position in answer.get("completion_probabilities", ()):
        for alternative in position["top_logprobs"]:
            if alternative["id"] == token:
                return [float(alternative["logprob"])]
    raise Refused(Fault("score_mismatch", f"token {token} is not in the distribution", terminal=True))


_PLAIN = {"temperature": 0, "post_sampling_probs": False}
