"""The shapes that training tools read: how a row becomes a record of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson

from ..core.dataset import ROLES, Row, roles_of
from ..core.errors import PublishError, nearest

Maker = Callable[[Row], Row | list[Row]]
"""A row in, a record out, or several."""

PLAIN = ("jsonl", "csv", "parquet")
"""Formats that hold the columns as they are."""
SHAPED = ("messages", "alpaca", "sharegpt")
"""Formats that are made from column roles, one JSON record a line."""
PAIRED = ("dpo", "reward", "kto")
"""Formats that are made from `chosen` and `rejected`, JSON lines too."""
COLLECTION = "beir"
"""The format that is a folder: a test collection for retrieval."""
FORMATS = (*PLAIN, *SHAPED, *PAIRED, COLLECTION)
MAPPABLE = (*ROLES, "system")
"""Roles that `--map` may give to a column."""

FAMILIES: tuple[tuple[str, ...], ...] = (("messages",), ("instruction", "response"), ("question", "answer"))
"""Roles that make a conversation, the first complete family being taken unless another one is mapped."""
PAIRS: tuple[tuple[str, ...], ...] = (("instruction", "chosen", "rejected"), ("question", "chosen", "rejected"))
"""Roles that make two replies to one prompt, taken in the same way."""
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt", "tool": "tool"}
"""Role of a message -> speaker in ShareGPT's words."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Reads a row's conversation out of the columns that hold it.

    Attributes:
        format: the format it is read for, to be named in errors.
        family: the roles read, one of `FAMILIES`.
        roles: role -> column.
        with_context: put the `context` column before the question.
    """

    format: str
    family: tuple[str, ...]
    roles: Mapping[str, str]
    with_context: bool = False

    def messages(self, row: Row) -> list[Row]:
        """Return the row as messages with `role` and `content`.

        Raises:
            PublishError: for a row that lacks a text it needs; the row is named.
        """
        if self.family == ("messages",):
            return _stored_messages(self.format, self.roles["messages"], row)
        system, asked, more, answer = self.parts(row)
        before = [more] if self.family[0] == "question" else []
        after = [more] if self.family[0] == "instruction" else []
        user = "\n\n".join(part for part in (*before, asked, *after) if part)
        first = [{"role": "system", "content": system}] if system else []
        return [*first, {"role": "user", "content": user}, {"role": "assistant", "content": answer}]

    def parts(self, row: Row) -> tuple[str, str, str, str]:
        """Return the row as (system text, what is asked, further input, answer); empty where there is none.

        Raises:
            PublishError: for a row that lacks a text it needs, or has more than one turn.
        """
        if self.family == ("messages",):
            return _one_turn(self.format, self.messages(row), row)
        asked, answer = (self._text(row, role) for role in self.family)
        extra = "input" if self.family[0] == "instruction" else "context" if self.with_context else ""
        return self._text(row, "system", False), asked, self._text(row, extra, False), answer

    def _text(self, row: Row, role: str, needed: bool = True) -> str:
        column = self.roles.get(role)
        value = row.get(column) if column is not None else None
        if value is None or value == "":
            if needed:
                raise PublishError(
                    f"the column `{column}` is empty, and the format {self.format} needs it", where=f"row {row['id']}",
                    remedy="drop such rows with a step of the recipe, or map another column",
                )  # fmt: skip
            return ""
        return value if isinstance(value, str) else orjson.dumps(value).decode()


def maker(format: str, columns: Iterable[str], declared: Mapping[str, str], *, with_context: bool = False) -> Maker:
    """Return what makes a format's records out of rows with these columns.

    Args:
        format: one of `SHAPED` or `PAIRED`.
        columns: the rows' columns.
        declared: role -> column, over what the columns' names say.
        with_context: put the `context` column into the question.

    Raises:
        PublishError: where the columns do not hold what the format needs; says what is there and what is missing.

    Example:
        >>> make = maker("alpaca", ["id", "question", "answer"], {})
        >>> make({"id": "1", "question": "Why?", "answer": "Because."})
        {'instruction': 'Why?', 'input': '', 'output': 'Because.'}
    """
    there = list(columns)
    for role, column in declared.items():
        if role not in MAPPABLE:
            raise PublishError(
                f"unknown role `{role}`", where="--map", remedy=nearest(role, MAPPABLE), allowed=MAPPABLE
            )
        if column not in there:
            raise PublishError(
                f"there is no column `{column}`", where="--map", remedy=nearest(column, there), allowed=there
            )
    system = {"system": "system"} if "system" in there else {}
    roles = system | roles_of(there, declared)
    families = PAIRS if format in PAIRED else FAMILIES
    complete = [family for family in families if all(role in roles for role in family)]
    complete.sort(key=lambda family: not any(role in declared for role in family))
    if not complete:
        wanted = ", or ".join(" and ".join(f"`{role}`" for role in family) for family in families)
        raise PublishError(
            f"the format {format} needs {wanted}; the columns are {', '.join(f'`{c}`' for c in there)}",
            remedy=f"say which column is which with `{' '.join(f'--map {role}=COLUMN' for role in families[-1])}`",
        )
    if with_context and "context" not in roles:
        raise PublishError(
            "there is no column `context` to put before the question", where="--with-context", allowed=there,
            remedy="name it with `--map context=COLUMN`",
        )  # fmt: skip
    if format in PAIRED:
        asked, *replies = complete[0]
        chosen, rejected = (Turns(format, (asked, reply), roles, with_context) for reply in replies)
        return {"dpo": _dpo, "reward": _reward, "kto": _kto}[format](chosen, rejected)
    turns = Turns(format, complete[0], roles, with_context)
    return {"messages": _messages, "alpaca": _alpaca, "sharegpt": _sharegpt}[format](turns)


def _messages(turns: Turns) -> Maker:
    return lambda row: {"messages": turns.messages(row)}


def _sharegpt(turns: Turns) -> Maker:
    def make(row: Row) -> Row:
        said = turns.messages(row)
        return {
            "conversations": [
                {"from": SPEAKERS.get(m["role"], m["role"]), "value": m.get("content") or ""} for m in said
            ]
        }

    return make


def _alpaca(turns: Turns) -> Maker:
    def make(row: Row) -> Row:
        system, asked, more, answer = turns.parts(row)
        record = {"instruction": asked, "input": more, "output": answer}
        return {**record, "system": system} if system else record

    return make


def _dpo(chosen: Turns, rejected: Turns) -> Maker:
    def make(row: Row) -> Row:
        *prompt, better = chosen.messages(row)
        return {"prompt": prompt, "chosen": [better], "rejected": rejected.messages(row)[-1:]}

    return make


def _reward(chosen: Turns, rejected: Turns) -> Maker:
    def make(row: Row) -> Row:
        record = {"chosen": chosen.messages(row), "rejected": rejected.messages(row)}
        return {**record, "margin": row["margin"]} if row.get("margin") is not None else record

    return make


def _kto(chosen: Turns, rejected: Turns) -> Maker:
    def make(row: Row) -> list[Row]:
        talks = ((chosen.messages(row), True), (rejected.messages(row), False))
        return [{"prompt": talk[:-1], "completion": talk[-1:], "label": label} for talk, label in talks]

    return make


def _stored_messages(format: str, column: str, row: Row) -> list[Row]:
    """Return a `messages` column's value, which rests as a list of structs or as JSON text; empty fields left out."""
    value = row.get(column)
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    fits = isinstance(value, list) and all(isinstance(m, dict) and m.get("role") for m in value)
    if not value or not fits:
        raise PublishError(
            f"the column `{column}` holds no list of messages with `role` and `content`; the format {format} needs one",
            where=f"row {row['id']}",
        )
    return [{k: v for k, v in m.items() if v is not None or k == "content"} for m in value]


def _one_turn(format: str, messages: list[Row], row: Row) -> tuple[str, str, str, str]:
    spoken = [m["role"] for m in messages]
    if spoken not in (["user", "assistant"], ["system", "user", "assistant"]):
        raise PublishError(
            f"the format {format} holds one question and one answer", where=f"row {row['id']}", got=", ".join(spoken),
            remedy="take `--format messages` or `--format sharegpt`",
        )  # fmt: skip
    texts = [str(m.get("content") or "") for m in messages]
    return ("" if len(texts) == 2 else texts[0]), texts[-2], "", texts[-1]
