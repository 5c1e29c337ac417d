"""A long table reads the same from each format, row by row; a mistake names its line; a file is there whole or not."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
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
    with table_writer(path, ["id", "text"]) as table:
        for row in rows:
            table.write(row)
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


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_a_column_of_our_name_gives_way_to_the_one_that_is_named(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    assert next(rows_of(path, {"text": "id"}))[1] == {"text": "1"}
    assert next(rows_of(path, {"text": "id", "id": "text"}))[1] == {"text": "1", "id": ROWS[0]["text"]}
    assert next(rows_of(path, {"a": "id", "b": "id"}))[1] == {"a": "1", "b": "1", "text": ROWS[0]["text"]}


def test_a_row_without_the_column_that_is_named_does_not_fall_back_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "old", "new": "x"}\n{"text": "old"}\n', encoding="utf-8")
    assert [row for _, row in rows_of(tmp_path / "t.jsonl", {"text": "new"})] == [{"text": "x"}, {}]


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_a_column_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    with pytest.raises(WrongInput, match="no column 'identity'") as caught:
        next(rows_of(path, {"item_id": "identity"}))
    assert caught.value.fix == "The columns are: id, text."


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
        ("t.csv", b"id,text,text\n1,a,b\n", "two columns have the name 'text'", 1),
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
    for name in ("t.csv", "t.parquet"):
        assert [row["text"] for _, row in rows_of(written(tmp_path / name, rows))] == ["half ?"]


def test_what_json_has_no_form_for_is_written_as_text(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", [{"id": date(2026, 1, 2), "text": "half \ud83d"}])
    assert [row["id"] for _, row in rows_of(path)] == ["2026-01-02"]


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.parquet"])
def test_two_writers_of_one_file_do_not_mix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with table_writer(path, ["id", "text"]) as first:
        first.write(ROWS[0])
        with table_writer(path, ["id", "text"]) as second:
            second.write(ROWS[1])
        assert [row for _, row in rows_of(path)] == ROWS[1:2]
        first.write(ROWS[2])
    assert [row for _, row in rows_of(path)] == [ROWS[0], ROWS[2]]
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_writer_may_change_its_mind_about_the_place(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl")
    with table_writer(path, ["id"]) as table:
        table.write({"id": "other"})
        table.path = tmp_path / "other.jsonl"
    assert [row for _, row in rows_of(path)] == ROWS
    assert [row for _, row in rows_of(tmp_path / "other.jsonl")] == [{"id": "other"}]


@pytest.mark.parametrize(("name", "found"), [("t.jsonl/deeper.jsonl", "cannot be written"), ("f.jsonl", "a folder")])
def test_what_stands_in_the_way_of_a_file_is_said_before_a_row_is_written(
    tmp_path: Path, name: str, found: str
) -> None:
    written(tmp_path / "t.jsonl")
    (tmp_path / "f.jsonl").mkdir()
    with pytest.raises(WrongInput, match=found):
        written(tmp_path / name, breaking())
