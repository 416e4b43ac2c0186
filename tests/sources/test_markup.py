"""Every markup's blocks: what is a heading, what is code, what says nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mintmark.sources.blocks import Parsed
from mintmark.sources.html_text import parse_html
from mintmark.sources.markdown import parse_markdown, parse_plain
from mintmark.sources.rst import parse_rst


def shape(found: Parsed) -> list[tuple[str, str]]:
    """Each block's kind and its title or first word."""
    return [(b.kind, b.title or found.text[b.start : b.end].split()[0]) for b in found.blocks]


MARKDOWN = {
    "# A\n## B ##\n####### no": [("heading", "A"), ("heading", "B"), ("prose", "#######")],
    "A title\nin two lines\n===\nText\n\n---\n\nB\n---": [
        ("heading", "A title in two lines"),
        ("prose", "Text"),
        ("meta", "---"),
        ("heading", "B"),
    ],
    "```py\n# not\n\n# this\n```\nafter": [("code", "```py"), ("prose", "after")],
    "~~~~\n```\n# no\n~~~~\n# yes": [("code", "~~~~"), ("heading", "yes")],
    "```\nnever closed\n\n# no": [("code", "```")],
    "text\n\n    # code\n\n    more\n\nend": [("prose", "text"), ("code", "#"), ("prose", "end")],
    "- one\n\n    still one\n\n    ```\n    # no\n    ```\n- two\n1. three": [
        ("item", "-"),
        ("prose", "still"),
        ("code", "```"),
        ("item", "-"),
        ("item", "1."),
    ],
    "| a | b |\n|---|:-:|\n| 1 | 2 |\nend\n": [("table", "|"), ("prose", "end")],
    "[a]: http://x\n[b]: http://y 'z'\n\n[TOC]\n\n(label)=\n": [
        ("meta", "[a]:"),
        ("meta", "[TOC]"),
        ("meta", "(label)="),
    ],
    "[![b](x.svg)](y) ![c](z)\n\n- [One](#one)\n- [Two](#two)\n": [
        ("meta", "[![b](x.svg)](y)"),
        ("meta", "-"),
        ("meta", "-"),
    ],
    "<!-- a\n\n# no -->\n# yes\n<!-- never closed\n\n# also": [
        ("meta", "<!--"),
        ("heading", "yes"),
        ("meta", "<!--"),
        ("heading", "also"),
    ],
    "---\ntitle: 'The title'\n---\n# A": [("heading", "A")],
    "---\nnot front matter": [("meta", "---"), ("prose", "not")],
    "<h1 align='x'>\nThe *name*\n</h1>\n\n<pre>\n# no\n\n</pre>": [("heading", "The name"), ("code", "<pre>")],
    "> quoted\n> # no\n\n!!! note\n\n    inside": [("prose", ">"), ("prose", "!!!"), ("prose", "inside")],
    "# The [`x`](y) **b** {#id}\n#\n": [("heading", "The x b"), ("heading", "#")],
    "Copyright (c) 2020 Somebody. All rights reserved.": [("meta", "Copyright")],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), MARKDOWN.items(), ids=range(len(MARKDOWN)))
def test_markdown(text: str, expected: list[tuple[str, str]]) -> None:
    assert shape(parse_markdown(text)) == expected


def test_front_matter_names_the_document_and_mdx_modules_say_nothing() -> None:
    assert parse_markdown("---\ntitle: 'The title'\n---\nText.").title == "The title"
    found = parse_markdown("import X from './x'\nexport const a = 1\n\nText here.", mdx=True)
    assert shape(found) == [("meta", "import"), ("prose", "Text")]


RST = {
    "====\nDoc\n====\n\nPart\n----\n\nSub\n~~~\n\nPart\n----\ntext": [
        ("heading", "Doc"),
        ("heading", "Part"),
        ("heading", "Sub"),
        ("heading", "Part"),
        ("prose", "text"),
    ],
    "PEP: 1\nTitle: The title\nPost-History: a,\n    b\n\nAbstract\n========\n": [
        ("meta", "PEP:"),
        ("heading", "Abstract"),
    ],
    ":Author: x\n:Date: y\n\nText\n\n:param: z": [("meta", ":Author:"), ("prose", "Text"), ("item", ":param:")],
    "Like::\n\n    # a\n\n    Title\n    =====\n\nmore": [("prose", "Like::"), ("code", "#"), ("prose", "more")],
    "- item::\n\n    code\n\n  still item\n- two": [("item", "-"), ("code", "code"), ("prose", "still"), ("item", "-")],
    "term\n    definition::\n\n        code\n\nend": [("prose", "term"), ("code", "code"), ("prose", "end")],
    "::\n\n  code\n\nend\n\n>>> 1\n1\n\nend": [
        ("meta", "::"),
        ("code", "code"),
        ("prose", "end"),
        ("code", ">>>"),
        ("prose", "end"),
    ],
    ".. code-block:: python\n   :linenos:\n\n   # a\n\n   b\n\nend": [("code", ".."), ("prose", "end")],
    ".. note::\n\n   First words.\n\n   Second::\n\n       code\n": [
        ("prose", ".."),
        ("prose", "Second::"),
        ("code", "code"),
    ],
    ".. versionadded:: 3.2\n   Words.\n\n.. versionchanged:: 3.3 Words.\n": [("prose", ".."), ("prose", "..")],
    ".. contents::\n   :local:\n\n.. image:: a.png\n\n.. _t: http://x\n\n.. a comment\n   in two\n\n__ http://y": [
        ("meta", ".."),
        ("meta", ".."),
        ("meta", ".."),
        ("meta", ".."),
        ("meta", "__"),
    ],
    ".. tab:: a\n\n   .. code-block:: yaml\n\n      a: 1\n": [("meta", ".."), ("code", "..")],
    "== ==\na  b\n== ==\n1  2\n\n3  4\n== ==\n\n+---+\n|a  |\n+---+\n\nend": [
        ("table", "=="),
        ("table", "+---+"),
        ("prose", "end"),
    ],
    "text\n\n-----\n\n|PyPI| |Tests|\n\n* :ref:`a`\n* `B <b.html>`_": [
        ("prose", "text"),
        ("meta", "-----"),
        ("meta", "|PyPI|"),
        ("meta", "*"),
        ("meta", "*"),
    ],
    "This document has been placed in the public domain.": [("meta", "This")],
    "The ``with`` and :pep:`310`\n---------------------------\n": [("heading", "The with and 310")],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), RST.items(), ids=range(len(RST)))
def test_rst(text: str, expected: list[tuple[str, str]]) -> None:
    assert shape(parse_rst(text)) == expected


def test_rst_levels_follow_the_order_of_styles_and_the_mail_header_names_the_document() -> None:
    found = parse_rst("PEP: 1\nTitle: The title\n\nA\n~~~~\n\nB\n====\n\nC\n~~~~\n")
    assert found.title == "The title"
    assert [b.level for b in found.blocks if b.kind == "heading"] == [1, 2, 1]


def test_html() -> None:
    page = """<!doctype html><html><head><title>The &amp; title</title><style>p{}</style></head><body>
    <nav><ul><li>Home</li></ul></nav><!-- <p>no</p> --><script>if (a<b) {"<p>"}</script>
    <h1>One&nbsp;two<a href="#one">¶</a></h1><p>Some <b>bold</b>
    words.<br>Next line.<p>Unclosed<div hidden>gone<p>gone too</div>
    <ul><li>first<li><p>second</p><ul><li>deep</li></ul></li></ul>
    <pre>def f():
    return 1
</pre><table><tr><th>a<th>b</tr><tr><td>1</td><td><p>2</p></td></tr></table>
    <h2></h2><footer>Foot</footer></body></html>"""
    found = parse_html(page)
    assert found.title == "The & title"
    assert [(b.kind, found.text[b.start : b.end]) for b in found.blocks] == [
        ("heading", "One two¶".replace(" ", "\xa0")),
        ("prose", "Some bold words.\nNext line."),
        ("prose", "Unclosed"),
        ("item", "- first"),
        ("item", "- second"),
        ("item", "- deep"),
        ("code", "def f():\n    return 1"),
        ("table", "a | b\n1 | 2"),
    ]
    assert found.blocks[0].title == "One two"


def test_html_with_main_is_only_that() -> None:
    assert parse_html("<p>chrome</p><main><p>text</p></main><p>chrome</p>").text == "text"


def test_plain_text_is_paragraphs() -> None:
    assert shape(parse_plain("a\nb\n\n\n# c\n")) == [("prose", "a"), ("prose", "#")]


@pytest.mark.parametrize("parse", [parse_markdown, parse_rst, parse_html])
@pytest.mark.parametrize(
    "part",
    ["[", "`", "<", "![", "<!--\n", "== ==\nx\n", "<a b=", "`a", "|a\n|-\n", ":a:`", "(", "# h\n", "- a\n", "*a"],
)
def test_no_hostile_text_takes_long(parse: Callable[[str], Parsed], part: str) -> None:
    begun = time.perf_counter()
    parse(part * 20_000)
    assert time.perf_counter() - begun < 5
