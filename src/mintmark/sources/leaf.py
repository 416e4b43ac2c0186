"""A taxonomy's leaf, `qna.yaml`: what it teaches, its seed examples, where its documents should lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import yamlio
from ..core.errors import RecipeError, nearest

VERSIONS = (1, 2, 3)
"""Formats that are read; a leaf that names none is of the first."""


class BadLeaf(Exception):
    """This leaf, or one of its examples, cannot be read; the others can."""

    def __init__(self, reason: str, detail: str, line: int | None = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.line = reason, detail, line


@dataclass(frozen=True, slots=True)
class Seed:
    """One question with its answer, and the line on which it stands."""

    question: str
    answer: str
    context: str | None
    line: int

    def shown(self) -> dict[str, str | None]:
        """Return what a prompt may show of it."""
        return {"question": self.question, "answer": self.answer, "context": self.context}


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a leaf says.

    Attributes:
        version: of the format.
        task: what is taught: `task_description`, or `document_outline` from version 3 of knowledge on.
        domain: of knowledge, else None.
        seeds: the seed examples that could be read.
        bad: those that could not.
        patterns: of the documents' names; empty for skills.
        address: the repository and commit that hold the documents, as far as they are given.
    """

    version: int
    task: str | None
    domain: str | None
    seeds: tuple[Seed, ...]
    bad: tuple[BadLeaf, ...] = ()
    patterns: tuple[str, ...] = ()
    address: Mapping[str, Any] = field(default_factory=dict)


def parse_leaf(text: str, file: str, *, knowledge: bool) -> Leaf:
    """Return what a `qna.yaml` says.

    Args:
        text: the file's text.
        file: its name, for messages.
        knowledge: whether it stands in the branch `knowledge`, whose leaves name documents.

    Raises:
        BadLeaf: with `bad_yaml`, `unknown_version`, `missing_field` or `not_text`, and the line.

    Example:
        >>> leaf = parse_leaf("task_description: Rhyme.\\nseed_examples:\\n- {question: 'Hat?', answer: Cat.}", "qna.yaml", knowledge=False)
        >>> leaf.version, leaf.seeds[0].answer, leaf.seeds[0].line
        (1, 'Cat.', 3)
    """
    try:
        data, lines = yamlio.read(text, file)
    except RecipeError as e:
        line = re.search(r":(\d+)$", e.where)
        raise BadLeaf("bad_yaml", e.what, int(line[1]) if line else None) from None
    if not isinstance(data, Mapping):
        raise BadLeaf("bad_yaml", "a leaf is a mapping with `seed_examples`", 1)
    version = data.get("version", 1)
    if isinstance(version, bool) or version not in VERSIONS:
        raise BadLeaf(
            "unknown_version", f"got {version!r}; known: {', '.join(map(str, VERSIONS))}", lines.get(("version",))
        )
    patterns: list[Any] = []
    address: Mapping[str, Any] = {}
    domain = None
    if knowledge:
        domain = _text(data, "domain", lines, ())
        address = _part(data, "document", Mapping, "a mapping", lines, ())
        patterns = _part(address, "patterns", list, "a list", lines, ("document",))
        if not all(isinstance(p, str) and p for p in patterns):
            raise BadLeaf("not_text", "`document.patterns` holds names of files", lines.get(("document", "patterns")))
    task = data.get("task_description", data.get("document_outline"))
    if not knowledge:
        task = _text(data, "task_description", lines, ())
    elif task is not None and not isinstance(task, str):
        raise BadLeaf("not_text", "the description must be text", lines.get(()))
    seeds: list[Seed] = []
    bad: list[BadLeaf] = []
    for i, one in enumerate(_part(data, "seed_examples", list, "a list", lines, ())):
        _seeds(one, ("seed_examples", i), lines, seeds, bad)
    return Leaf(
        version, task.strip() if task else None, domain, tuple(seeds), tuple(bad), tuple(patterns),
        {k: address[k] for k in ("repo", "commit") if address.get(k)},
    )  # fmt: skip


def _seeds(one: Any, loc: yamlio.Loc, lines: Mapping[yamlio.Loc, int], seeds: list[Seed], bad: list[BadLeaf]) -> None:
    """Add what a seed example holds: one pair, or (version 3 of knowledge) a context with several."""
    try:
        if not isinstance(one, Mapping):
            raise BadLeaf("missing_field", "a seed example is a mapping", lines[loc])
        context = None if one.get("context") is None else _text(one, "context", lines, loc)
        if "questions_and_answers" not in one:
            seeds.append(_seed(one, context, loc, lines))
            return
        pairs = _part(one, "questions_and_answers", list, "a list", lines, loc)
    except BadLeaf as e:
        bad.append(e)
        return
    for i, pair in enumerate(pairs):
        place = (*loc, "questions_and_answers", i)
        try:
            if not isinstance(pair, Mapping):
                raise BadLeaf("missing_field", "a pair is a mapping with `question` and `answer`", lines[place])
            seeds.append(_seed(pair, context, place, lines))
        except BadLeaf as e:
            bad.append(e)


def _seed(one: Mapping[str, Any], context: str | None, loc: yamlio.Loc, lines: Mapping[yamlio.Loc, int]) -> Seed:
    return Seed(_text(one, "question", lines, loc), _text(one, "answer", lines, loc), context, lines[loc])


def _text(data: Mapping[str, Any], name: str, lines: Mapping[yamlio.Loc, int], loc: yamlio.Loc) -> str:
    value = _part(data, name, object, "text", lines, loc)
    if not isinstance(value, str):
        raise BadLeaf("not_text", f"`{name}` must be text, got {value!r}"[:200], lines.get((*loc, name)))
    if not value.strip():
        raise BadLeaf("missing_field", f"`{name}` is empty", lines.get((*loc, name)))
    return value.strip()


def _part(
    data: Mapping[str, Any], name: str, kind: Any, called: str, lines: Mapping[yamlio.Loc, int], loc: yamlio.Loc
) -> Any:  # fmt: skip
    if name not in data:
        hint = nearest(name, list(data))
        raise BadLeaf("missing_field", f"no `{name}`{'; ' + hint if hint else ''}", lines.get(loc, 1))
    value = data[name]
    if value is None or value in ({}, []):
        raise BadLeaf("missing_field", f"`{name}` is empty", lines.get((*loc, name)))
    if not isinstance(value, kind):
        raise BadLeaf("missing_field", f"`{name}` must be {called}", lines.get((*loc, name)))
    return value
