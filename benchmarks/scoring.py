"""Scores of the embedded model: against transformers, and as evidence of grounding on XQuAD.

1. The same 50 texts are scored by `GgufModel` and by transformers, from the same GGUF file (its weights widened to
   float32 there, so that what differs is llama.cpp's arithmetic). Skipped where transformers and gguf are absent.
2. XQuAD, English: how well a likelihood gain tells a true answer from an answer that was taken from another
   passage (the answer's gain, log p(a | c, q) less log p(a) or log p(a | q)) or from another question about the
   same passage (the question's gain, log p(a | c, q) - log p(a | c)), as an area under the ROC curve. Intervals
   are 95 % percentile bootstrap over passages, since questions about one passage are not independent.

    python benchmarks/scoring.py --data path/to/data [--questions 300] [--formats plain,shown] [--skip-transformers]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mintmark.core.call import Reply, Request
from mintmark.models import weights
from mintmark.models.gguf import GgufModel

RESAMPLES = 2000


@dataclass(frozen=True)
class Item:
    """A question with its true answer and two false ones."""

    passage: int
    context: str
    question: str
    true: str
    foreign: str
    same: str


def read_xquad(folder: Path, count: int, rng: random.Random) -> list[Item]:
    """Return `count` questions in random order, each with an answer from elsewhere and one of the same passage."""
    articles = json.loads((folder / "xquad" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    passages = [p for article in articles for p in article["paragraphs"]]

    def answer(of: dict[str, Any]) -> str:
        return str(of["answers"][0]["text"])

    found = []
    order = [(i, j) for i, p in enumerate(passages) for j in range(len(p["qas"]))]
    rng.shuffle(order)
    for i, j in order:
        passage, asked = passages[i], passages[i]["qas"][j]
        siblings = [answer(q) for q in passage["qas"] if answer(q) != answer(asked)]
        elsewhere = answer(rng.choice(rng.choice(passages)["qas"]))
        if siblings and elsewhere.lower() not in passage["context"].lower():
            found.append(
                Item(i, passage["context"], asked["question"], answer(asked), elsewhere, rng.choice(siblings))
            )  # fmt: skip
        if len(found) == count:
            break
    return found


EXAMPLE = ("The mill stood by the river until 1893, when it burned down; its owner, Anna Berg, left the land to the "
           "parish.", "Who owned the mill?", "Anna Berg")  # fmt: skip


def plain(context: str, question: str) -> str:
    """Return the prompt as raw text; either part may be empty. The answer follows with a space."""
    return (f"Passage: {context}\n" if context else "") + (f"Question: {question}\n" if question else "") + "Answer:"


def shown(context: str, question: str) -> str:
    """Return the raw prompt after one worked example of the same shape, which teaches that answers are short."""
    c, q, a = EXAMPLE
    return f"{plain(c if context else '', q if question else '')} {a}\n\n{plain(context, question)}"


def chat(context: str, question: str) -> str:
    """Return the prompt in the model's own chat template. The answer follows without a space."""
    asked = "\n\n".join(part for part in (context, question) if part)
    return f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"


FORMATS: dict[str, tuple[Callable[[str, str], str], str]] = {
    "plain": (plain, " "),
    "shown": (shown, " "),
    "chat": (chat, ""),
}
"""Prompt by name, and what stands between it and the answer."""

GAINS = (
    ("log p(a|c,q) - log p(a)", "foreign", "none"),
    ("log p(a|c,q) - log p(a|q)", "foreign", "q"),
    ("log p(a|c,q)", "foreign", ""),
    ("log p(a|c,q) - log p(a|c)", "same", "c"),
    ("log p(a|c,q)", "same", ""),
)
"""Gain, where the false answer is from, and what is subtracted."""


async def embedded(pairs: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    """Return the log-probabilities of every (context, target) by the embedded model, all slots in use."""
    model = GgufModel()
    free = asyncio.Semaphore(model.max_in_flight)

    async def one(context: str, target: str) -> np.ndarray:
        async with free:
            reply = await model.ask(Request("score", {"context": context, "target": target}))
        assert isinstance(reply, Reply), reply
        return np.array(reply.value)

    await model.open()
    try:
        return await asyncio.gather(*[one(c, t) for c, t in pairs])
    finally:
        await model.close()


def auc(true: np.ndarray, false: np.ndarray) -> float:
    """Return the share of (true, false) pairs in which the true one is higher; ties count half."""
    ranked = np.sort(false)
    below = np.searchsorted(ranked, true, "left") + np.searchsorted(ranked, true, "right")
    return float(below.mean() / 2 / len(false))


def auc_interval(true: np.ndarray, false: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Return the area and its 95 % interval by resampling whole groups."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    drawn = []
    for _ in range(RESAMPLES):
        picked = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
        drawn.append(auc(true[picked], false[picked]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return auc(true, false), float(low), float(high)


def xquad(items: Sequence[Item], names: Sequence[str]) -> None:
    """Print the areas for every prompt format and normalisation."""
    groups = np.array([i.passage for i in items])
    print(f"\nXQuAD, {len(items)} questions about {len(set(groups.tolist()))} passages; AUC (95 % interval)")
    print(f"{'format':<11} {'gain':<28} {'false answer from':<18} {'summed':<20} {'per token':<20}")
    for name in names:
        make, space = FORMATS[name]
        start = time.perf_counter()
        wanted = sorted({(who, g) for _, false, less in GAINS for who in ("true", false) for g in ("cq", less) if g})
        asked: list[tuple[str, str]] = []
        for who, given in wanted:
            for item in items:
                context, question = item.context if "c" in given else "", item.question if "q" in given else ""
                asked.append((make(context, question), space + getattr(item, who)))
        scores = asyncio.run(embedded(asked))
        table = {key: scores[k * len(items) : (k + 1) * len(items)] for k, key in enumerate(wanted)}
        for gain, false, less in GAINS:
            cells = []
            for collapse in (np.sum, np.mean):
                value = {}
                for who in ("true", false):
                    value[who] = np.array([collapse(a) for a in table[who, "cq"]])
                    if less:
                        value[who] -= [collapse(b) for b in table[who, less]]
                area, low, high = auc_interval(value["true"], value[false], groups)
                cells.append(f"{area:.3f} ({low:.3f}-{high:.3f})")
            print(f"{name:<11} {gain:<28} {false:<18} {cells[0]:<20} {cells[1]:<20}", flush=True)
        print(f"{'':<11} {len(asked)} scores in {time.perf_counter() - start:.0f} s")


def against_transformers(items: Sequence[Item]) -> None:
    """Print how far the summed log-probabilities lie from those of transformers."""
    missing = [name for name in ("torch", "transformers", "gguf", "accelerate") if find_spec(name) is None]
    if missing:
        print(f"against transformers: skipped, not installed: {', '.join(missing)}")
        return
    pairs = []
    for item in items:
        words = item.context.split()
        pairs.append((f"{item.question}\n" + " ".join(words[:30]), " " + " ".join(words[30:60])))
    # Before torch is imported: it loads the OpenMP that both use, with threads that spin while they wait.
    mine = asyncio.run(embedded(pairs))

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = weights.path_of("smollm2")
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    reference = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()

    def theirs(context: str, target: str) -> np.ndarray:
        before = tokenizer(context, add_special_tokens=False).input_ids
        ids = tokenizer(target, add_special_tokens=False, split_special_tokens=True).input_ids
        with torch.no_grad():
            logits = reference(torch.tensor([before + ids])).logits[0, len(before) - 1 : -1]
        found: np.ndarray = torch.log_softmax(logits, -1)[torch.arange(len(ids)), torch.tensor(ids)].numpy()
        return found

    reference_scores = [theirs(c, t) for c, t in pairs]
    assert [len(a) for a in mine] == [len(b) for b in reference_scores], "tokenised otherwise"
    apart = [abs(a.sum() - b.sum()) / abs(b.sum()) for a, b in zip(mine, reference_scores, strict=True)]
    a, b = np.concatenate(mine), np.concatenate(reference_scores)
    print(f"against transformers, {len(pairs)} texts, {len(a)} tokens; relative difference of summed log-likelihood:")
    print(f"  mean {statistics.mean(apart):.2%}, median {statistics.median(apart):.2%}, largest {max(apart):.2%}")
    print(
        f"  of all together {abs(a.sum() - b.sum()) / abs(b.sum()):.2%}; correlation of tokens {np.corrcoef(a, b)[0, 1]:.4f}"
    )


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("MINTMARK_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--formats", default="plain,shown", help=f"some of {', '.join(FORMATS)}, with commas")
    parser.add_argument("--texts", type=int, default=50, help="texts compared with transformers")
    parser.add_argument("--skip-transformers", action="store_true")
    given = parser.parse_args()
    items = read_xquad(given.data, max(given.questions, given.texts), random.Random(0))
    if not given.skip_transformers:
        against_transformers(items[: given.texts])
    if given.questions:
        xquad(items[: given.questions], given.formats.split(","))


if __name__ == "__main__":
    main()
