"""The laws of chunks, over random documents, and what they look like."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.sources.blocks import Parsed
from mintmark.sources.chunking import Chunker
from mintmark.sources.html_text import parse_html
from mintmark.sources.markdown import parse_markdown
from mintmark.sources.rst import parse_rst
from mintmark.sources.tokens import estimate_tokens, tally
from mintmark.sources.units import sentence_starts

LINES = st.sampled_from(
    [
        "# Title", "## Part one", "### Deep", "Heading", "=======", "-------", "", "", "", "Prose follows.",
        "A sentence. Another one, e.g. this! And a third? Yes.", "- item", "  - nested item", "1. numbered", "```",
        "    indented", "| a | b |", "|---|---|", "[x]: http://x", "[![b](b)](c)", "<!-- comment", "-->", "> quote",
        "Like this::", ".. note::", "   Inside a note.", ".. code-block:: py", ".. _t:", "== ==", "+--+", "~~~",
        "日本語の文章です。次の文。", "x" * 500, "word " * 120, "---", "<p>html <b>bold</b></p>", "<li>item",
        "<pre>", "</pre>", "Ünïcödé wörds hier.",
        "<h2>T</h2>", "Intro:", "\t\ttabs", "\x0c", "\u2028 odd", "1234567890 " * 20, "😀" * 90,
    ]
)  # fmt: skip
DOCUMENTS = st.one_of(st.lists(LINES, max_size=60).map("\n".join), st.text(max_size=400))
PARSERS = [parse_markdown, parse_rst, parse_html]


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=80, deadline=None)
@given(text=DOCUMENTS, budget=st.integers(32, 200), least=st.integers(0, 30), words=st.integers(0, 20))
def test_chunks_hold_every_block_once_within_the_budget(
    parse: Callable[[str], Parsed], text: str, budget: int, least: int, words: int
) -> None:
    document = parse(text)
    if parse is not parse_html:
        assert document.text == text
    chunks = Chunker(budget, 0, least, words).cut(document)
    assert chunks == Chunker(budget, 0, least, words).cut(parse(text))
    at = 0
    covered: set[int] = set()
    for chunk in chunks:
        part = document.text[chunk.start : chunk.end]
        assert at <= chunk.start < chunk.end <= len(document.text)
        assert part.strip() and part == part.rstrip() and not part.startswith("\n")
        assert estimate_tokens(part) <= budget
        at = chunk.end
        covered.update(range(chunk.start, chunk.end))
    for block in document.blocks:
        if block.kind not in ("heading", "meta"):
            missing = [document.text[n] for n in range(block.start, block.end) if n not in covered]
            assert not "".join(missing).strip()


@settings(max_examples=100, deadline=None)
@given(text=DOCUMENTS, budget=st.integers(60, 200), overlap=st.integers(0, 30))
def test_overlap_only_reaches_back(text: str, budget: int, overlap: int) -> None:
    document = parse_markdown(text)
    plain = Chunker(budget - overlap, 0, 0, 0).cut(document)
    lapped = Chunker(budget, overlap, 0, 0).cut(document)
    assert [c.end for c in lapped] == [c.end for c in plain]
    for one, other in zip(plain, lapped, strict=True):
        assert other.start <= one.start
        assert estimate_tokens(text[other.start : other.end]) <= budget
        assert estimate_tokens(text[other.start : one.start]) <= overlap


@given(st.text(max_size=80), st.text(max_size=80))
def test_tallies_add_up_where_texts_are_cut_at_white_space(left: str, right: str) -> None:
    left, right = left.rstrip() + "x", "x" + right.lstrip()
    both = tally(left).plus(tally("\n  ")).plus(tally(right))
    assert both == tally(f"{left}\n  {right}")


def cut(text: str, **settings: int) -> list[tuple[str, str]]:
    document = parse_markdown(text)
    chunker = Chunker(**{"budget": 64, "min_tokens": 0, "min_words": 0} | settings)
    return [(" > ".join(c.headings), text[c.start : c.end]) for c in chunker.cut(document)]


def test_chunks_follow_sections_and_begin_with_the_title() -> None:
    text = "# Guide\n\nIntro.\n\n## Install\n\n### Linux\n\nRun it.\n\n## Use\n\nUse it.\n"
    assert cut(text) == [
        ("Guide", "# Guide\n\nIntro."),
        ("Guide > Install > Linux", "### Linux\n\nRun it."),
        ("Guide > Use", "## Use\n\nUse it."),
    ]


def test_tiny_chunks_join_and_take_the_path_that_they_share() -> None:
    text = "# Log\n\n## 1.1\n\n- Fixed it.\n\n## 1.0\n\n- Made it.\n"
    assert cut(text, min_tokens=20) == [("Log", "## 1.1\n\n- Fixed it.\n\n## 1.0\n\n- Made it.")]


def test_a_code_block_stays_whole_and_with_the_words_before_it() -> None:
    prose = "Some words that fill a line of text here.\n\n" * 4
    text = f"{prose}Do it like this:\n\n```py\n# comment\na = 1\n\nb = 2\n```\n"
    assert cut(text)[-1][1].startswith("Do it like this:\n\n```py") and cut(text)[-1][1].endswith("```")


def test_a_long_paragraph_breaks_at_sentences() -> None:
    text = " ".join(f"This is sentence number {n} of a long paragraph, e.g. one." for n in range(30))
    parts = [part for _, part in cut(text)]
    assert len(parts) > 5 and " ".join(parts) == text
    assert all(p.startswith("This is") and p.endswith("one.") for p in parts)


def test_overlap_repeats_whole_sentences_within_a_section() -> None:
    text = " ".join(f"This is sentence number {n} of it." for n in range(30)) + "\n\n# Next\n\nOther words."
    parts = [part for _, part in cut(text, overlap=12)]
    assert parts[1].startswith("This is") and parts[0].endswith(parts[1][: parts[1].index(".") + 1])
    assert parts[-1] == "# Next\n\nOther words."


def test_a_list_of_links_that_is_introduced_belongs_to_its_introduction() -> None:
    assert cut("Read these:\n\n- [One](http://one)\n- [Two](http://two)\n") == [
        ("", "Read these:\n\n- [One](http://one)\n- [Two](http://two)")
    ]


@pytest.mark.parametrize(
    "text", ["", "# Only\n\n## Headings", "[a]: http://b", "[![x](y)](z)", "- [A](#a)\n- [B](#b)", "<!-- no -->"]
)
def test_what_says_nothing_makes_no_chunk(text: str) -> None:
    assert cut(text) == []


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("One. Two! Three? four.", [0, 5, 10]),
        ("See e.g. Smith et al. Then Fig. 3 follows.", [0]),
        ('He said "No." Then left.', [0, 14]),
        ("Version 3.11 came. It works.", [0, 19]),
        ("一つ。二つ。", [0, 3]),
        ("J. R. R. Tolkien wrote. Dr. Who did not.", [0, 24]),
    ],
)
def test_sentences(text: str, starts: list[int]) -> None:
    assert sentence_starts(text) == starts
