"""How does a file of any shape become numbered rows of JSON text, a chunk at a time and always in the same order?"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import memory_database
from tasks.domain.errors import WrongInput

CHUNK_BYTES = 2 * 2**20
CHUNK_ROWS = 2_000
JSON_LINES = (".jsonl", ".ndjson")
ROW = pl.Schema({"line": pl.Int64, "text": pl.String})
NO_ROWS = ROW.to_frame()


def numbered_rows(path: Path, select: str | None) -> Iterator[pl.DataFrame]:
    """Chunks of `line` and `text`. A blank line counts as a line, not as a row.

    Raises WrongInput for a file that no reader here understands, or a select that does not run on it.
    """
    if select is None and path.suffix in JSON_LINES:
        return _json_lines(path)
    if select is not None or path.suffix == ".parquet":
        return _database_rows(path, select)
    raise WrongInput(
        f"'{path.suffix or path.name}' is no kind of file that can be read as it is",
        file=str(path),
        fix="Give JSONL or Parquet, or name a .sql file by 'select' in [ingest] whose `select … from …` reads $file.",
    )


def row_count(path: Path, select: str | None) -> int | None:
    """How many lines or rows there are to read, for a progress bar; None where only reading tells."""
    if select is not None:
        return None
    if path.suffix == ".parquet":
        try:
            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        except (OSError, pl.exceptions.PolarsError) as error:
            raise _unreadable(path, error, None) from None
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            lines, last = lines + block.count(b"\n"), block[-1:]
    return lines + (last != b"\n")


def _json_lines(path: Path) -> Iterator[pl.DataFrame]:
    first = 1
    with path.open("rb") as file:
        while lines := file.readlines(CHUNK_BYTES):
            texts = [_text(line) for line in lines]
            if first == 1:
                texts[0] = texts[0].removeprefix("\ufeff")
            frame = pl.DataFrame({"line": range(first, first + len(lines)), "text": texts}, schema=ROW)
            yield frame.filter(pl.col("text").str.strip_chars() != "")
            first += len(lines)


def _text(line: bytes) -> str:
    r"""The line as text. Bytes that are not UTF-8 become `\xff`, which no JSON holds: the row rules refuse the line."""
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return line.decode("utf-8", "backslashreplace").rstrip("\r\n")


def _database_rows(path: Path, select: str | None) -> Iterator[pl.DataFrame]:
    """Rows that DuckDB reads. One thread, since several would finish groups and joins in another order each time."""
    first = 1
    if select is not None and "$file" not in select:
        raise WrongInput("the select does not read the file", file=str(path), fix="Write `from read_…($file)` in it.")
    with memory_database() as database:
        database.execute("set threads = 1")
        database.execute("set memory_limit = '400MB'")
        try:
            relation = database.sql(select or query("collect/parquet_rows").text, params={"file": str(path)})
            relation.create_view("source_rows")
            batches = database.sql(query("collect/rows_as_json").text).to_arrow_reader(CHUNK_ROWS)
            for batch in batches:
                texts = pl.DataFrame(batch).with_row_index("line", offset=first).cast(ROW)
                yield texts
                first += texts.height
        except duckdb.Error as error:
            raise _unreadable(path, error, select) from None


def _unreadable(path: Path, error: Exception, select: str | None) -> WrongInput:
    reason = str(error).strip().splitlines()[0]
    if select is None:
        return WrongInput(f"the file cannot be read as Parquet: {reason}", file=str(path), fix="Is it whole?")
    fix = "Mend the .sql file that 'select' in [ingest] names; it reads the file as $file."
    return WrongInput(f"the select does not run on this file: {reason}", file=str(path), fix=fix)
