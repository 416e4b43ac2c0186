"""Benchmarks from files: HumanEval, MBPP, GSM8K, MMLU, TruthfulQA as they are published, and any file with questions."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import SourceError
from .subject import Benchmark, text_of

Item = Mapping[str, str]
_FIRST_OF = {
    "prompt": ("question", "prompt", "problem", "instruction", "query", "goal", "stem", "sentence", "text", "input"),
    "answer": ("answer", "canonical_solution", "best_answer", "best answer", "solution", "code", "response", "completion",
               "output", "target", "reference"),
}  # fmt: skip
_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".ndjson")
_CALCULATION = re.compile(r"<<[^<>]*>>")


def read(path: Path | str, name: str | None = None) -> Benchmark:
    """Return a benchmark's items, their parts named `prompt`, `answer` and `choices`.

    A folder is one benchmark: all its files of one kind together. JSON, JSON Lines, CSV and TSV are read, packed by
    gzip or not. The named benchmarks are known by their columns; in other files the question is the first of
    question, prompt, problem, instruction, query ... that is a column.

    Args:
        path: a file or a folder.
        name: what a report calls it; from the columns, or the file's name, where not given.

    Raises:
        SourceError: where there is no such file, or none with a column that could be a question.
    """
    path = Path(path)
    where = f"benchmark {path}"
    files = _files(path)
    if not files:
        raise SourceError("no file that can be read", where=where, allowed=", ".join((*_SUFFIXES, "each also .gz")))
    items: list[Item] = []
    known = ""
    for file in files:
        rows = list(_rows(file))
        if not rows:
            continue
        shape, parts = _shape(rows[0])
        if parts is None:
            raise SourceError(
                "no column that could be a question", where=f"benchmark {file}", got=sorted(map(str, rows[0])),
                allowed=", ".join(_FIRST_OF["prompt"]),
            )  # fmt: skip
        known = known or shape
        items += [item for item in map(parts, rows) if any(item.values())]
    if not items:
        raise SourceError("holds no question", where=where)
    return Benchmark(name or known or path.name.split(".")[0], items)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and _suffix(p) in _SUFFIXES)
    return [path] if path.is_file() and _suffix(path) in _SUFFIXES else []


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    where = f"benchmark {path}"
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.name.lower().endswith(".gz") else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError("cannot be read", where=where, got=str(error)) from error
    kind = _suffix(path)
    try:
        if kind in (".csv", ".tsv"):
            yield from _table(text, "\t" if kind == ".tsv" else ",")
            return
        if kind == ".json":
            values = json.loads(text)
            if not isinstance(values, list | dict):
                raise ValueError("neither a list nor an object")
            values = values if isinstance(values, list) else values.get("data", values.get("examples", [values]))
        else:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, csv.Error) as error:
        raise SourceError(f"is not {kind[1:].upper()}", where=where, got=str(error)) from error
    yield from (v for v in values if isinstance(v, dict))


def _table(text: str, delimiter: str) -> Iterator[dict[str, Any]]:
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if not rows:
        return
    header = [cell.strip() for cell in rows[0]]
    # The original MMLU files have no header: a question, four choices, and the right one's letter.
    if len(header) == 6 and header[5] in "ABCD" and all(len(r) == 6 and r[5] in "ABCD" for r in rows):
        header = ["question", "choice0", "choice1", "choice2", "choice3", "answer"]
    else:
        rows = rows[1:]
    yield from (dict(zip(header, row)) for row in rows if any(row))


def _shape(row: Mapping[str, Any]) -> tuple[str, Callable[[Mapping[str, Any]], Item] | None]:
    """Return the name of a known benchmark, or "", and what makes an item of a row; None where nothing can."""
    names = {str(k).lower(): k for k in row}
    there = set(names)
    if {"task_id", "prompt", "canonical_solution"} <= there:
        return "HumanEval", _columns("prompt", "canonical_solution")
    if {"text", "code", "test_list"} <= there or {"text", "code", "task_id"} <= there:
        return "MBPP", _columns("text", "code")
    if {"prompt", "code", "test"} <= there:
        return "MBPP", _columns("prompt", "code")
    if {"question", "choice0", "answer"} <= there:
        return "MMLU", _chosen
    if {"question", "choices", "answer"} <= there and isinstance(row.get("choices"), list):
        return "MMLU", _chosen
    if {"question", "best answer", "correct answers"} <= there:
        return "TruthfulQA", _columns(names["question"], names["best answer"])
    if there == {"question", "answer"} and "####" in text_of(row[names["answer"]]):
        return "GSM8K", _columns(names["question"], names["answer"])
    prompt = next((names[n] for n in _FIRST_OF["prompt"] if n in names), None)
    answer = next((names[n] for n in _FIRST_OF["answer"] if n in names), None)
    return "", None if prompt is None else _columns(prompt, answer)


def _columns(prompt: str, answer: str | None) -> Callable[[Mapping[str, Any]], Item]:
    def item(row: Mapping[str, Any]) -> Item:
        parts = {"prompt": text_of(row.get(prompt))}
        if answer is not None:
            # GSM8K's answers are written with a calculator's notes, which copies leave out as often as not.
            parts["answer"] = _CALCULATION.sub("", text_of(row.get(answer)))
        return parts

    return item


def _chosen(row: Mapping[str, Any]) -> Item:
    choices = row.get("choices") or [row.get(f"choice{i}") for i in range(10) if f"choice{i}" in row]
    texts = [text_of(c) for c in choices]
    right = text_of(row.get("answer")).strip()
    at = "ABCDEFGHIJ".find(right) if len(right) == 1 and right.isalpha() else int(right) if right.isdigit() else -1
    answer = texts[at] if 0 <= at < len(texts) else ""
    return {"prompt": text_of(row.get("question")), "answer": answer, "choices": "\n".join(texts)}
