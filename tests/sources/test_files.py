"""The files source: every format, and every ugly line a row with a reason."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from mintmark.core.errors import SourceError
from mintmark.core.registry import get_source
from mintmark.core.source import SourceRow
from mintmark.sources.files import Files


def write(folder: Path, name: str, data: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def read(path: str | list[str], **settings: Any) -> list[SourceRow]:
    return list(Files(path=path, **settings).read())


def seen(rows: list[SourceRow]) -> list[tuple[int | None, str | None]]:
    return [(row.span.line if row.span else None, row.reason) for row in rows]


def values(rows: list[SourceRow]) -> list[dict[str, Any]]:
    return [row.values for row in rows]


def test_the_registry_knows_it() -> None:
    assert get_source("files") is Files
    assert Files.source_version == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", '{"q": "x", "n": 1}\n\n  \n{"q": "y", "n": 2}'),
        ("a.ndjson", '{"q": "x", "n": 1}\r\n{"q": "y", "n": 2}\r\n'),
        ("a.json", '[{"q": "x", "n": 1},\n {"q": "y", "n": 2}]'),
        ("held.json", '{"version": "1.1", "data": [{"q": "x", "n": 1}, {"q": "y", "n": 2}]}'),
        ("only.json", '{"anything": [{"q": "x", "n": 1}, {"q": "y", "n": 2}]}'),
        ("lines.json", '{"q": "x", "n": 1}\n{"q": "y", "n": 2}\n'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_json_in_every_shape(tmp_path: Path, name: str, data: str, packed: bool) -> None:
    path = write(tmp_path, name + ".gz" * packed, gzip.compress(data.encode()) if packed else data)
    assert values(read(path)) == [{"q": "x", "n": 1}, {"q": "y", "n": 2}]


def test_one_json_object_is_one_row_even_with_a_list_inside(tmp_path: Path) -> None:
    row = {"question": "x", "choices": [{"text": "a"}, {"text": "b"}]}
    assert values(read(write(tmp_path, "a.json", json.dumps(row, indent=2)))) == [row]


@pytest.mark.parametrize(("name", "comma"), [("a.csv", ","), ("a.tsv", "\t"), ("a.tsv.gz", "\t")])
def test_delimited_text(tmp_path: Path, name: str, comma: str) -> None:
    text = '\ufeffq,"a, b"\nx,1\n\n"two\nlines","say ""hi"""\nlast,3\n'.replace(",", comma)
    data = text.encode()
    rows = read(write(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data))
    second = f"a{comma} b"
    assert values(rows) == [
        {"q": "x", second: "1"},
        {"q": "two\nlines", second: 'say "hi"'},
        {"q": "last", second: "3"},
    ]
    assert [row.span.line for row in rows if row.span] == [2, 4, 6]


def test_parquet_values_are_plain(tmp_path: Path) -> None:
    when = dt.datetime(2024, 5, 1, 12, 30, 0, 5)
    table = pa.table(
        {
            "when": pa.array([when], pa.timestamp("us")),
            "fine": pa.array([1_714_566_600_000_000_789], pa.timestamp("ns")),
            "deep": pa.array([[{"at": 1_714_566_600_000_000_789}]], pa.list_(pa.struct([("at", pa.timestamp("ns"))]))),
            "day": [dt.date(2024, 5, 1)],
            "big": pa.array([2**64 - 1], pa.uint64()),
            "raw": [b"\x00\x01"],
            "nan": [float("nan")],
            "list": [[1, 2]],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert values(read(str(tmp_path))) == [
        {
            "when": "2024-05-01T12:30:00.000005",
            "fine": "2024-05-01T12:30:00",
            "deep": [{"at": "2024-05-01T12:30:00"}],
            "day": "2024-05-01",
            "big": "18446744073709551615",
            "raw": "AAE=",
            "nan": None,
            "list": [1, 2],
        }
    ]


def test_parquet_by_batches_packed_or_not(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": list(range(3000)), "m": [0] * 3000}), tmp_path / "a.parquet")
    write(tmp_path, "b.parquet.gz", gzip.compress((tmp_path / "a.parquet").read_bytes()))
    plain, packed = (read(str(tmp_path / name), select={"n": "x"}) for name in ("a.parquet", "b.parquet.gz"))
    assert values(plain) == values(packed) == [{"x": n} for n in range(3000)]
    assert plain[-1].span is not None and plain[-1].span.line == 3000


def test_a_parquet_value_without_python_form_fails_its_row_alone(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": pa.array([0, 2**62, 1], pa.timestamp("ms"))}), tmp_path / "a.parquet")
    rows = read(str(tmp_path))
    assert seen(rows) == [(1, None), (2, "bad_value"), (3, None)]


UGLY = {
    b'{"a": 1': "bad_json",
    b'{"a": 1} x': "bad_json",
    b"{'a': 1}": "bad_json",
    b"[1, 2]": "not_an_object",
    b'"text"': "not_an_object",
    b"null": "not_an_object",
    b"12345678901234567890123": "not_an_object",
    b'{"a": 1, "a": 2}': "duplicate_key",
    b'{"a": {"b": 1, "b": 1}}': "duplicate_key",
    b'{"a": [{"b": 1, "\\u0062": 1}]}': "duplicate_key",
    b'{"a\\\\": 1, "x": 1, "x": 2}': "duplicate_key",
    b'{"a": "\\ud800"}': "bad_json",
    b'{"a": "caf\xe9"}': "bad_encoding",
    b'{"a": "x\x00y"}': "nul_byte",
    b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}": "bad_json",
    b"[" * 100_000: "bad_json",
    b'{"a": "' + b"x" * 200_000 + b'"}': "too_long",
}


@pytest.mark.parametrize(("line", "reason"), UGLY.items(), ids=range(len(UGLY)))
def test_an_ugly_line_fails_and_its_neighbours_do_not(tmp_path: Path, line: bytes, reason: str) -> None:
    data = '{"ok": "é ü ñ"}\n'.encode() + line + b'\n{"ok": 2}\n'
    rows = read(write(tmp_path, "a.jsonl", data), max_line_bytes=150_000)
    assert seen(rows) == [(1, None), (2, reason), (3, None)]
    assert rows[1].detail and len(str(rows[1].detail)) < 200


def test_a_repeated_key_deep_in_a_json_document_fails_its_row_alone(tmp_path: Path) -> None:
    rows = read(write(tmp_path, "a.json", '{"data": [{"a": 1}, {"a": {"b": 1, "b": 2}}, {"a": 3}]}'))
    assert seen(rows) == [(1, None), (2, "duplicate_key"), (3, None)]
    assert rows[1].values == {"a": {"b": 2}}
    assert seen(read(write(tmp_path, "b.json", '{"data": [{"a": 1}], "data": []}'))) == [(1, "duplicate_key")]


def test_numbers_that_json_and_arrow_disagree_about(tmp_path: Path) -> None:
    text = (
        '{"big": 123456789012345678901234567890, "edge": 9223372036854775808, "low": -9223372036854775808}\n'
        '{"big": NaN, "edge": Infinity, "low": 1e400}\n'
        f'{{"big": {"9" * 5000}}}\n'
    )
    first, second, third = values(read(write(tmp_path, "a.jsonl", text)))
    assert first == {"big": "123456789012345678901234567890", "edge": "9223372036854775808", "low": -(2**63)}
    assert second == {"big": None, "edge": None, "low": None}
    assert third == {"big": "9" * 5000}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x,y,z\n1,2\n", [(2, "bad_csv"), (3, None)]),
        ("x\n1,2\n", [(2, "bad_csv"), (3, None)]),
        ('"x"y,2\n1,2\n', [(2, "bad_csv"), (3, None)]),
        ('1,2\n"never closed,2\n1,2\n', [(2, None), (3, "bad_csv")]),
        ("a\0b,2\n1,2\n", [(2, "nul_byte"), (3, None)]),
        ("x" * 5000 + ",2\n1,2\n", [(2, "too_long"), (3, None)]),
        ('"' + "x\n" * 600 + '",2\n1,2\n', [(2, "too_long")]),
        ('5" pipe,"a ""b"""\n', [(2, None)]),
    ],
)
def test_ugly_csv(tmp_path: Path, body: str, expected: list[tuple[int, str | None]]) -> None:
    rows = read(write(tmp_path, "a.csv", "a,b\n" + body), max_line_bytes=1000)
    assert seen(rows)[: len(expected)] == expected


def test_a_csv_row_keeps_its_legible_part_and_counts(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path, "a.csv", "a,b,c\n1,2\n"))
    assert row.values == {"a": "1", "b": "2"}
    assert row.detail == "2 fields, expected 3"


def test_csv_delimiter_and_quotes_are_the_users(tmp_path: Path) -> None:
    assert values(read(write(tmp_path, "a.csv", 'a;b\n"x;1\n'), delimiter=";", quote="")) == [{"a": '"x', "b": "1"}]


def test_a_truncated_gzip_ends_with_a_failed_row(tmp_path: Path) -> None:
    lines = "".join(f'{{"n": {n}, "x": "{n * 7919}"}}\n' for n in range(5000)).encode()
    rows = read(write(tmp_path, "a.jsonl.gz", gzip.compress(lines)[:-2000]))
    assert [row.reason for row in rows[:-1]] == [None] * (len(rows) - 1)
    assert rows[-1].reason == "truncated_gzip" and len(rows) > 1000
    table = "".join(["n,x\n", *(f"{n},{n * 7919}\n" for n in range(5000))]).encode()
    assert read(write(tmp_path, "b.csv.gz", gzip.compress(table)[:-2000]))[-1].reason == "truncated_gzip"
    assert seen(read(write(tmp_path, "c.json.gz", gzip.compress(b"[" + b'{"a": 1},' * 9)[:-9]))) == [
        (1, "truncated_gzip")
    ]
    broken = bytearray(gzip.compress(lines))
    broken[-6] ^= 255
    assert read(write(tmp_path, "d.jsonl.gz", bytes(broken)))[-1].reason == "bad_gzip"


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json", "a.jsonl.gz"])
def test_no_rows_at_all_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, gzip.compress(b"") if name.endswith("gz") else b"")
    with pytest.raises(SourceError, match="no rows"):
        read(str(tmp_path))
    write(tmp_path, "z.jsonl", '{"a": 1}\n')
    assert len(read(str(tmp_path))) == 1


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", "a,b,a\n1,2,3\n", "repeats a column, got 'a'"),
        ("a.csv", 'a,"b\n1,2\n', "header cannot be read"),
        ("a.csv", "a,\0\n1,2\n" + "x,y\n" * 99, "header cannot be read: nul_byte"),
        ("a.jsonl", b"%PDF-1.7\n", "not jsonl but a PDF"),
        ("a.csv", b"PK\x03\x04xx", "not csv but a zip archive"),
        ("a.jsonl", bytes(range(256)).replace(b"\n", b"") * 2 + b"\0" * 100, "NUL bytes"),
        ("a.parquet", b"nothing of the kind", "cannot be read as Parquet"),
        ("a.png", b"x", "unknown kind of file"),
    ],
)
def test_what_cannot_be_read_at_all(tmp_path: Path, name: str, data: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(write(tmp_path, name, data))


def test_the_format_may_be_named(tmp_path: Path) -> None:
    assert values(read(write(tmp_path, "rows.log", '{"a": 1}\n'), format="jsonl")) == [{"a": 1}]


def test_an_input_id_is_kept_under_another_name(tmp_path: Path) -> None:
    text = '{"id": 7, "a": 1}\n{"ID": 8, "source_id": 9}\n{"a": 1}\n'
    assert values(read(write(tmp_path, "a.jsonl", text))) == [
        {"source_id": 7, "a": 1},
        {"source_id_2": 8, "source_id": 9},
        {"a": 1},
    ]


def test_select_takes_and_renames(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"id": 1, "q": "x", "z": 0}\n{"q": "y"}\n')
    source = Files(path=path, select={"q": "question", "id": "ref"})
    rows = list(source.read())
    assert rows[0].values == {"question": "x", "ref": 1}
    assert (rows[1].values, rows[1].reason) == ({"question": "y"}, "missing_column")
    assert list(source.columns() or ()) == ["question", "ref"]
    with pytest.raises(SourceError, match="did you mean `question`"):
        read(write(tmp_path, "b.csv", "question,b\n1,2\n"), select={"quesion": "q"})
    with pytest.raises(ValidationError, match="other than `id`"):
        Files(path=path, select={"q": "Id"})
    with pytest.raises(ValidationError, match="name of its own"):
        Files(path=path, select={"q": "a", "z": "a"})


def test_limit_takes_the_first_rows_across_files(tmp_path: Path) -> None:
    for name in "cab":
        write(tmp_path, f"{name}.jsonl", f'{{"f": "{name}", "n": 1}}\n{{"f": "{name}", "n": 2}}\n')
    assert [row.values["f"] for row in read(str(tmp_path), limit=3)] == ["a", "a", "b"]


def test_a_long_line_and_a_long_file_take_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "a.jsonl"
    with path.open("wb") as f:
        f.write(b'{"n": 0}\n' * 1000)
        f.seek(64 << 20, 1)
        f.write(b'\n{"n": 1}\n' + b'{"n": 2, "text": "some text that takes some room"}\n' * 20_000)
    tracemalloc.start()
    reasons = [(row.reason, row.detail) for row in Files(path=str(path), max_line_bytes=1 << 16).read() if row.reason]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons == [("too_long", f"{64 << 20} bytes, at most 65536")]
    assert peak < 16 << 20


def test_reading_twice_and_elsewhere_is_the_same(tmp_path: Path) -> None:
    here = tmp_path / "here"
    write(here, "sub/b.csv", "a\n1\n")
    write(here, "a.jsonl", '{"a": "caf\xe9"}\n'.encode("cp1252"))
    write(here, ".hidden/c.jsonl", '{"a": 3}\n')
    shutil.copytree(here, tmp_path / "there")
    one, other = Files(path=str(here)), Files(path=str(tmp_path / "there"))
    assert list(one.read()) == list(one.read()) == list(other.read())
    assert one.fingerprint() == other.fingerprint()
    assert one.fingerprint()["encodings"] == {"a.jsonl": "cp1252"}
    assert str(tmp_path) not in json.dumps(one.fingerprint())
    assert [row.span.path for row in one.read() if row.span] == ["a.jsonl", "sub/b.csv"]
    assert Files(path=str(here), limit=1).fingerprint() != one.fingerprint()
    write(here, "a.jsonl", '{"a": "changed"}\n')
    assert one.fingerprint() != other.fingerprint()


def test_a_source_left_early_leaves_nothing_open(tmp_path: Path) -> None:
    rows = Files(path=write(tmp_path, "a.jsonl", '{"a": 1}\n' * 10)).read()
    next(rows)
    rows.close()  # type: ignore[attr-defined]
