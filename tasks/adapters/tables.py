"""How is a long table of a plain file read and written? Row by row, as JSON lines, CSV or Parquet, in any size."""

import csv
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tasks.domain.errors import WrongInput

Row = dict[str, Any]
FORMATS = (".jsonl", ".csv", ".parquet")
BATCH = 4096
"""Rows of a Parquet file that are in memory at a time."""
LONGEST_CELL = 64 * 2**20
_HALF = re.compile("[\ud800-\udfff]")


@dataclass
class Table:
    """A table that is being written: a function that takes a row, and where the file is to stand in the end."""

    path: Path
    write: Callable[[Row], None]


def rows_of(path: Path, columns: Mapping[str, str] | None = None) -> Iterator[tuple[int, Row]]:
    """Each row with its line (of Parquet: its number), under our names. Raises WrongInput that names the place.

    `columns` says what ours are called there: {"item_id": "id"}. A column that has our name already gives way. Whether
    theirs are there is seen by the first row.
    """
    readers = {".jsonl": _json_rows, ".csv": _csv_rows, ".parquet": _parquet_rows}
    read = readers.get(_format(path))
    if read is None:
        raise WrongInput(f"'{path.suffix}' is no format of a table", file=str(path), fix=f"Use {', '.join(FORMATS)}.")
    unseen = set((columns or {}).values())
    try:
        if not path.is_file():
            raise WrongInput("there is no such file", file=str(path), fix="Name a file that exists.")
        for line, row in read(path):
            if unseen - row.keys():
                fix = f"The columns are: {', '.join(row)}."
                raise WrongInput(f"there is no column '{min(unseen - row.keys())}'", file=str(path), fix=fix)
            unseen.clear()
            yield line, _renamed(row, columns) if columns else row
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"the file cannot be read: {error}", file=str(path), fix="It must be UTF-8.") from None


@contextmanager
def table_writer(path: Path, columns: Sequence[str]) -> Iterator[Table]:
    """A table to write. The file is there, whole, when the block ends; before that it is a `.part` of this run's own.

    The block may change its mind about the `path`.
    """
    writers = {".jsonl": _json_writer, ".csv": _csv_writer, ".parquet": _parquet_writer}
    write = writers.get(_format(path))
    if write is None:
        raise WrongInput(f"'{path.suffix}' is no format of a table", file=str(path), fix=f"Use {', '.join(FORMATS)}.")
    try:
        if path.is_dir():
            raise WrongInput("this is a folder", file=str(path), fix="Name a file.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(path) as part:
            with write(part, columns) as write_row:
                table = Table(path, write_row)
                yield table
            part.replace(table.path)
    except OSError as error:
        raise WrongInput(f"the file cannot be written: {error}", file=str(path), fix="Name another place.") from None


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A name beside the file that no other process takes: two runs may have the same file in mind."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _renamed(row: Row, columns: Mapping[str, str]) -> Row:
    taken = {*columns, *columns.values()}
    kept = {name: value for name, value in row.items() if name not in taken}
    return kept | {our: row[their] for our, their in columns.items() if their in row}


def _format(path: Path) -> str:
    return {".ndjson": ".jsonl", ".pq": ".parquet"}.get(path.suffix.lower(), path.suffix.lower())


def _json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                fix = "Write one JSON object a line."
                raise WrongInput(f"this is not JSON: {error}", file=str(path), line=number, fix=fix) from None
            if not isinstance(row, dict):
                fix = 'Write one JSON object a line: {"item_id": …}.'
                raise WrongInput(f"this is a {type(row).__name__}", file=str(path), line=number, fix=fix)
            yield number, row


def _csv_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The first line names the columns; an empty cell is null."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, strict=True)
        try:
            names = [name for name in lines.fieldnames or () if name]
            if twice := [name for name in names if names.count(name) > 1]:
                fix = "Give each column a name of its own."
                raise WrongInput(f"two columns have the name '{twice[0]}'", file=str(path), line=1, fix=fix)
            for row in lines:
                if None in row or None in row.values():
                    found = "more" if None in row else "fewer"
                    fix = "Quote cells that hold commas or line breaks."
                    message = f"the row has {found} cells than the first line has names"
                    raise WrongInput(message, file=str(path), line=lines.line_num, fix=fix)
                yield lines.line_num, {name: value or None for name, value in row.items()}
        except csv.Error as error:
            fix = "Quote cells that hold commas, quotes or line breaks."
            line = lines.reader.line_num
            raise WrongInput(f"this is not CSV: {error}", file=str(path), line=line, fix=fix) from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    import polars as pl

    try:
        lazy = pl.scan_parquet(path)
        height = lazy.select(pl.len()).collect().item()
        for start in range(0, height, BATCH):
            rows = lazy.slice(start, BATCH).collect().iter_rows(named=True)
            yield from enumerate(rows, start + 1)
    except pl.exceptions.PolarsError as error:
        found = str(error).splitlines()[0]
        raise WrongInput(f"this is not Parquet: {found}", file=str(path), fix="Write it again.") from None


@contextmanager
def _json_writer(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Row], None]]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda row: _line(file, {name: row.get(name) for name in columns})


def _line(file: IO[str], row: Row) -> None:
    """Half a character, which real logs hold, has no UTF-8 and is written as JSON escapes it."""
    text = json.dumps(row, ensure_ascii=False, default=str)
    whole = text.isascii() or not _HALF.search(text)
    file.write((text if whole else json.dumps(row, default=str)) + "\n")


@contextmanager
def _csv_writer(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Row], None]]:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        yield writer.writerow


@contextmanager
def _parquet_writer(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Row], None]]:
    """Parquet has no rows to append: they are held until the end."""
    import polars as pl

    rows: list[Row] = []
    yield lambda row: rows.append({name: _encodable(row.get(name)) for name in columns})
    pl.DataFrame(rows, schema=list(columns), infer_schema_length=None).write_parquet(path)


def _encodable(value: Any) -> Any:
    return _HALF.sub("?", value) if isinstance(value, str) and not value.isascii() else value
