"""The taxonomy source: leaves of three formats, documents beside them, and what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mintmark.core.errors import SourceError
from mintmark.core.registry import get_source
from mintmark.core.source import SourceRow
from mintmark.sources.taxonomy import Taxonomy

SKILL = """
version: 2
task_description: |
  Write rhymes.
created_by: someone
seed_examples:
  - question: What rhymes with hat?
    answer: Cat.
  - question: What rhymes with this?
    context: the tree
    answer: |
      Sea.
  - question: And with moon?
    answer: Spoon.
"""
KNOWLEDGE = """
version: 3
domain: rivers
created_by: someone
seed_examples:
  - context: The Elm rises in the north hills.
    questions_and_answers:
      - question: Where does the Elm rise?
        answer: In the north hills.
      - question: What rises in the north hills?
        answer: The Elm.
document_outline: The river Elm, from its source to the sea.
document:
  repo: https://example.org/rivers.git
  commit: abc
  patterns: ["*.md"]
"""
PROSE = "The Elm rises in the north hills, runs past four old mills, and reaches the sea below the bridge at Wend.\n"


def leaf(root: Path, name: str, text: str, **documents: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "qna.yaml").write_text(text, encoding="utf-8")
    for file, content in documents.items():
        (folder / f"{file}.md").write_text(content, encoding="utf-8")
    return folder


def read(path: Path, **settings: Any) -> list[SourceRow]:
    return list(Taxonomy(path=str(path), **settings).read())


def test_a_skill_gives_a_row_for_each_seed_example_with_the_others_beside(tmp_path: Path) -> None:
    assert get_source("taxonomy") is Taxonomy
    leaf(tmp_path, "compositional_skills/writing/rhymes", SKILL)
    rows = read(tmp_path)
    assert [r.values["answer"] for r in rows] == ["Cat.", "Sea.", "Spoon."]
    first, second, _ = rows
    assert (first.values["leaf"], first.values["branch"]) == (
        "compositional_skills/writing/rhymes",
        "compositional_skills",
    )
    assert first.values["task"] == "Write rhymes." and first.values["context"] is None
    assert second.values["context"] == "the tree" and second.span is not None and second.span.line == 9
    assert [e["answer"] for e in second.values["examples"]] == ["Cat.", "Spoon."]
    assert set(first.values) == set(Taxonomy(path="x").columns())


def test_knowledge_deals_chunks_and_seed_examples_out_until_all_have_come(tmp_path: Path) -> None:
    document = "# The Elm\n\n" + "\n\n".join(f"## Part {n}\n\n{PROSE}" for n in range(3))
    leaf(tmp_path, "knowledge/rivers", KNOWLEDGE, elm=document)
    rows = read(tmp_path, chunk_tokens=40)
    assert len(rows) == 3, "three chunks, two questions"
    assert [r.values["question"] for r in rows][0::2] == ["Where does the Elm rise?"] * 2
    assert {r.values["heading"] for r in rows} == {f"The Elm > Part {n}" for n in range(3)}
    for row in rows:
        assert row.values["domain"] == "rivers" and row.values["path"] == "knowledge/rivers/elm.md"
        assert row.span is not None and document[row.span.start : row.span.end] == row.values["text"]
        assert set(row.values) == set(Taxonomy(path="x").columns())
    leaf(tmp_path, "knowledge/rivers", KNOWLEDGE, elm=f"# The Elm\n\n{PROSE}")
    assert len(read(tmp_path)) == 2, "one chunk, two questions"


def test_documents_that_are_only_an_address_fail_or_are_read_without(tmp_path: Path) -> None:
    leaf(tmp_path, "knowledge/rivers", KNOWLEDGE)
    rows = read(tmp_path)
    assert [r.reason for r in rows] == ["document_not_here"] * 2
    assert rows[0].detail["repo"] == "https://example.org/rivers.git" and rows[0].detail["patterns"] == ["*.md"]
    rows = read(tmp_path, missing_documents="context")
    assert [r.reason for r in rows] == [None, None]
    assert rows[0].values["text"] == "The Elm rises in the north hills." and rows[0].values["path"] is None
    older = KNOWLEDGE.split("seed_examples")[0].replace("3", "1") + (
        "seed_examples: [{question: 'Where?', answer: There.}]\ndocument: {repo: r, commit: c, patterns: ['*.md']}"
    )
    leaf(tmp_path, "knowledge/rivers", older)
    assert [r.reason for r in read(tmp_path, missing_documents="context")] == ["document_not_here"], "no passage"


@pytest.mark.parametrize(
    ("old", "new", "reason", "line"),
    [
        ("version: 2", "version: 4", "unknown_version", 2),
        ("version: 2", "version: [", "bad_yaml", 3),
        ("version: 2", "version: 2\nversion: 2", "bad_yaml", 3),
        ("seed_examples:", "seed_example:", "missing_field", 2),
        ("task_description: |\n  Write rhymes.", "task_description:", "missing_field", 3),
    ],
)
def test_a_leaf_that_cannot_be_read_fails_with_its_line(
    tmp_path: Path, old: str, new: str, reason: str, line: int
) -> None:
    leaf(tmp_path, "foundational_skills/rhymes", SKILL.replace(old, new, 1))
    leaf(tmp_path, "foundational_skills/zeal", SKILL)
    rows = read(tmp_path)
    assert len(rows) == 4 and rows[0].reason == reason and [r.reason for r in rows[1:]] == [None] * 3
    assert rows[0].span is not None and rows[0].span.line == line
    assert rows[0].values == {"leaf": "foundational_skills/rhymes", "branch": "foundational_skills"}


def test_an_example_that_cannot_be_read_takes_no_other_with_it(tmp_path: Path) -> None:
    broken = SKILL.replace("    answer: Cat.", "    answer:", 1).replace("answer: Spoon.", "answer: 12", 1)
    leaf(tmp_path, "foundational_skills/rhymes", broken)
    rows = read(tmp_path)
    assert [(r.reason, r.span.line if r.span else None) for r in rows] == [
        ("missing_field", 8),
        ("not_text", 14),
        (None, 9),
    ]
    assert "12" in rows[1].detail


def test_a_typing_error_in_a_field_is_named(tmp_path: Path) -> None:
    leaf(tmp_path, "foundational_skills/rhymes", SKILL.replace("seed_examples:", "seed_example:"))
    (row,) = read(tmp_path)
    assert "no `seed_examples`" in row.detail and "seed_example" in row.detail.split(";")[1]


def test_the_branch_comes_from_the_path_that_was_named(tmp_path: Path) -> None:
    folder = leaf(tmp_path, "compositional_skills/rhymes", SKILL)
    for path in (tmp_path, tmp_path / "compositional_skills", folder, folder / "qna.yaml"):
        assert {r.values["leaf"] for r in read(path)} == {"compositional_skills/rhymes"}
    leaf(tmp_path / "other", "rhymes", SKILL)
    assert [r.reason for r in read(tmp_path / "other")] == ["unknown_branch"]
    with pytest.raises(SourceError, match=r"no qna\.yaml here"):
        (tmp_path / "empty").mkdir()
        read(tmp_path / "empty")


def test_documents_stay_within_the_leaf(tmp_path: Path) -> None:
    folder = leaf(tmp_path, "knowledge/rivers", KNOWLEDGE.replace('"*.md"', '"../*.md"'))
    (tmp_path / "knowledge" / "secret.md").write_text(PROSE)
    assert [r.reason for r in read(tmp_path)] == ["bad_pattern"]
    leaf(tmp_path, "knowledge/rivers", KNOWLEDGE)
    (folder / "linked.md").symlink_to(tmp_path / "knowledge" / "secret.md")
    assert {r.reason for r in read(tmp_path)} == {"document_not_here"}


def test_the_fingerprint_follows_leaves_and_documents_and_not_the_place(tmp_path: Path) -> None:
    def mark(root: Path) -> dict[str, Any]:
        return Taxonomy(path=str(root)).fingerprint()

    for place in ("one", "two"):
        leaf(tmp_path / place, "knowledge/rivers", KNOWLEDGE, elm=PROSE)
    before = mark(tmp_path / "one")
    assert before == mark(tmp_path / "two")
    leaf(tmp_path / "one", "knowledge/rivers", KNOWLEDGE, elm=PROSE + "More.\n")
    assert mark(tmp_path / "one") != before


def data() -> Path:
    found = Path(os.environ.get("MINTMARK_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not (found / "instructlab_taxonomy").is_dir():
        pytest.skip("needs the InstructLab taxonomy in MINTMARK_DATA or ../shared/data")
    return found


def test_every_real_leaf_is_read(tmp_path: Path) -> None:
    rows = read(data() / "instructlab_taxonomy", missing_documents="context")
    assert [r.reason for r in rows] == [None] * 97
    assert len({r.values["leaf"] for r in rows}) == 16
    assert sum(r.values["branch"] == "knowledge" for r in rows) == 30
    failed = [r for r in read(data() / "instructlab_taxonomy") if r.reason]
    assert {r.reason for r in failed} == {"document_not_here"} and len(failed) == 30


def test_the_real_examples_of_older_and_newer_formats(tmp_path: Path) -> None:
    given = data() / "instructlab_sdg_testdata"
    leaf(tmp_path, "compositional_skills/x", (given / "test_valid_compositional_skill.yaml").read_text())
    leaf(tmp_path, "knowledge/phoenix", (given / "test_valid_knowledge_skill.yaml").read_text())
    leaf(tmp_path, "knowledge/unfinished", (given / "sample_documents" / "qna.yaml").read_text())
    text = (given / "sample_documents" / "phoenix.md").read_text(encoding="utf-8")
    (tmp_path / "knowledge" / "phoenix" / "phoenix.md").write_text(text, encoding="utf-8")
    rows = read(tmp_path)
    by_leaf = {name: [r for r in rows if r.values["leaf"] == name] for name in {r.values["leaf"] for r in rows}}
    assert len(by_leaf["compositional_skills/x"]) == 5
    assert len({r.values["question"] for r in by_leaf["knowledge/phoenix"]}) == 15
    assert all(r.values["text"] in text for r in by_leaf["knowledge/phoenix"])
    assert [r.reason for r in by_leaf["knowledge/unfinished"]] == ["missing_field"]
