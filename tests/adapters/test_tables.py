"""A long table reads the same from each format, row by row; a mistake names its line; a file is there whole or not."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pytest

from tasks.adapters.tables import Row, rows_of, table_writer
from tasks.domain.errors import WrongInput

ROWS: list[Row] = [
    {"id": "1", "text": 'one, "quoted"\nand a second line'},
    {"id": "2", "text": "Grüße ✓ \u202e"},
    {"id": "3", "text": None},
]


def breaking() -> Iterator[Row]:
    yield ROWS[0]
    raise ZeroDivisionError


def written(path: Path, rows: Iterable[Row] = ROWS) -> Path:
    with table_writer(path, ["id", "text"]) as write:
        for row in rows:
            write(row)
    return path


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet", "T.JSONL"])
def test_what_is_written_reads_the_same(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "deeper" / name)
    assert [row for _, row in rows_of(path)] == ROWS
    assert [each.name for each in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_columns_are_read_under_our_names(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    assert next(rows_of(path, {"item_id": "id"}))[1] == {"item_id": "1", "text": ROWS[0]["text"]}


def test_a_large_parquet_file_is_read_in_parts(tmp_path: Path) -> None:
    pl.DataFrame({"id": range(10_000)}).write_parquet(tmp_path / "t.parquet")
    read = list(rows_of(tmp_path / "t.parquet"))
    assert [row["id"] for _, row in read] == list(range(10_000))
    assert [line for line, _ in read] == list(range(1, 10_001))


@pytest.mark.parametrize(
    ("name", "content", "found", "line"),
    [
        ("t.jsonl", b'{"id": 1}\n{"id": \n', "this is not JSON", 2),
        ("t.jsonl", b'{"id": 1}\n\n[1]\n', "this is a list", 3),
        ("t.jsonl", b'{"id": "\xff"}\n', "cannot be read", None),
        ("t.csv", b"id,text\n1,a\n2,b,c\n", "more cells", 3),
        ("t.csv", b"id,text\n1\n", "fewer cells", 2),
        ("t.csv", b'id,text\n1,"a\n', "not CSV", 2),
        ("t.parquet", b"PAR1 or not", "not Parquet", None),
        ("t.xlsx", b"", "no format of a table", None),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, name: str, content: bytes, found: str, line: int | None
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongInput, match=found) as caught:
        list(rows_of(tmp_path / name))
    assert (caught.value.line, Path(caught.value.file or "").name) == (line, name)
    assert caught.value.fix


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no such file"):
        list(rows_of(tmp_path / "t.jsonl"))


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_a_run_that_breaks_leaves_the_file_as_it_was(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        written(path, breaking())
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps({"id": 1}).encode() + b"\r\n\r\n")
    assert list(rows_of(tmp_path / "t.jsonl")) == [(1, {"id": 1})]


def test_half_a_character_survives_in_json_and_is_replaced_elsewhere(tmp_path: Path) -> None:
    rows: list[Row] = [{"id": "1", "text": "half \ud83d"}]
    assert [row for _, row in rows_of(written(tmp_path / "t.jsonl", rows))] == rows
    assert [row["text"] for _, row in rows_of(written(tmp_path / "t.csv", rows))] == ["half ?"]
