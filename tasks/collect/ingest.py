"""How do production's logs become traces? Chunk by chunk: redact, read, check each row, keep each trace once.

Every row of a file ends in one of four places: a trace, a duplicate (the same trace again), a conflict (its id again,
with other content; the latest stays), or the quarantine. The same file gives the same bytes.
"""

import glob
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
from pydantic import BaseModel, ConfigDict

from tasks.adapters.context import Context
from tasks.adapters.queries import queries_in, query
from tasks.adapters.store.artifacts import file_hash, memory_database
from tasks.collect.reading import NO_ROWS, numbered_rows, row_count
from tasks.collect.redact import redacted, redaction_key
from tasks.collect.row_rules import QUARANTINE, refused_rows
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash
from tasks.domain.settings import Privacy

LONGEST_ROW = 4_000_000
"""In bytes. Reading takes about a hundred times a row's length, and a longer one is hardly a conversation."""
READING_MEMORY = "700MB"
SORTING_MEMORY = "350MB"
"""What does not fit is put in order on the disk."""
ROW_GROUP = 20_000
CHUNK = pl.Schema({"chunk": pl.Int64, "first_line": pl.Int64, "last_line": pl.Int64, "lines": pl.Int64})
"""How a chunk's lines are counted; a blank line is none."""


class SourceFile(BaseModel):
    """A file of logs: its name relative to the workspace, and the hash of its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    hash: str


def find_sources(root: Path, patterns: tuple[str, ...]) -> tuple[SourceFile, ...]:
    """The files that the patterns name, in the order of their names. Raises WrongInput where a pattern finds none."""
    found: set[Path] = set()
    for pattern in patterns:
        # Path.glob refuses an absolute pattern, and logs often lie outside the workspace.
        names = glob.glob(str(root / pattern), recursive=True)  # noqa: PTH207
        paths = {Path(name) for name in names if Path(name).is_file()}
        if not paths:
            fix = "Put the logs there, or change 'traces' in [ingest]."
            raise WrongInput(f"no file matches '{pattern}'", file=str(root / pattern), fix=fix)
        found |= paths
    named = sorted((Path(os.path.relpath(path, root)).as_posix(), path) for path in found)
    return tuple(SourceFile(name=name, hash=file_hash(path)) for name, path in named)


def ingest_file(
    context: Context,
    *,
    source: SourceFile,
    select: str | None,
    privacy: Privacy,
    redaction: str | None,
    max_quarantined: float,
) -> dict[str, Artifact]:
    """Step: the traces of one file, the rows that were refused, and what each chunk held.

    `redaction` is the hash of the workspace's redaction key. Raises WrongInput where more than `max_quarantined` of
    the rows are refused: then the file is most likely of another shape.
    """
    key = _key(context.root, privacy, redaction)
    with tempfile.TemporaryDirectory(prefix="flywheel-") as name, memory_database(Path(name)) as database:
        folder = Path(name)
        database.execute(f"set memory_limit = '{READING_MEMORY}'")
        chunks, refused = _read_chunks(context, database, source, select, key, folder)
        refused = _checked_as_a_whole(database, folder, refused)
        _believable(source, refused, int(chunks["lines"].sum()), max_quarantined)
        database.register("chunks", chunks.to_arrow())
        profile = database.sql(query("collect/profile").text, params={"source": source.name}).pl()
        return {
            "traces": _store_traces(context, database, folder),
            "quarantine": context.store.write(refused.drop("chunk")),
            "profile": context.store.write(profile),
        }


def _key(root: Path, privacy: Privacy, redaction: str | None) -> bytes | None:
    if privacy.redact == "off":
        return None
    key = redaction_key(root)
    if bytes_hash(key) != redaction:
        raise WrongInput("the redaction key has changed since the run began", file=str(root), fix="Run again.")
    return key


def _read_chunks(
    context: Context,
    database: duckdb.DuckDBPyConnection,
    source: SourceFile,
    select: str | None,
    key: bytes | None,
    folder: Path,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Writes the readable traces of each chunk into the folder; gives the count of each chunk, and the refused rows."""
    path = context.root / source.name
    of = row_count(path, select)
    counts, refused, done = [], [QUARANTINE.to_frame()], 0
    for chunk, lines in enumerate(_at_least_one(numbered_rows(path, select))):
        rows = _parsed(database, lines, key, source=source.name, chunk=chunk)
        database.register("rows", rows.to_arrow())
        refused.append(refused_rows(database, queries_in("checks/rows")))
        kept = rows.join(refused[-1], on="line", how="anti", maintain_order="left")
        kept.drop("roles", "kind", "id_kind").write_parquet(folder / f"{chunk:06d}.parquet", compression="lz4")
        counts.append((chunk, lines["line"].min(), lines["line"].max(), lines.height))
        done = int(lines["line"][-1]) if lines.height else done
        context.progress(done, of)
    database.unregister("rows")
    return pl.DataFrame(counts, schema=CHUNK, orient="row"), pl.concat(refused)


def _at_least_one(chunks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The chunks; of an empty file, one without rows, so that its tables have their columns."""
    return itertools.chain([next(chunks, NO_ROWS)], chunks)


def _parsed(
    database: duckdb.DuckDBPyConnection, lines: pl.DataFrame, key: bytes | None, *, source: str, chunk: int
) -> pl.DataFrame:
    """A chunk's rows as traces. They are redacted as text, before anything is read out of them."""
    database.register("lines", lines.to_arrow())
    lines = database.sql(query("collect/canonical_json").text, params={"longest": LONGEST_ROW}).pl()
    if key is not None:
        lines = lines.with_columns(redacted(lines["text"], key))
    database.register("lines", lines.to_arrow())
    named = {"source": source, "chunk": chunk, "longest": LONGEST_ROW}
    rows: pl.DataFrame = database.sql(query("collect/parse_rows").text, params=named).pl()
    return rows


def _checked_as_a_whole(database: duckdb.DuckDBPyConnection, folder: Path, refused: pl.DataFrame) -> pl.DataFrame:
    """Makes the tables `rows`, `refused` and `repeated` of the whole file; gives all refused rows."""
    database.execute(f"set memory_limit = '{SORTING_MEMORY}'")
    database.read_parquet(str(folder / "*.parquet")).create_view("rows")
    refused = pl.concat([refused, refused_rows(database, queries_in("checks/files"))]).sort("line")
    database.register("refused", refused.to_arrow())
    database.register("repeated", database.sql(query("collect/repeated_lines").text).pl().to_arrow())
    return refused


def _store_traces(context: Context, database: duckdb.DuckDBPyConnection, folder: Path) -> Artifact:
    """Streams the kept rows into one file. One thread keeps the order of lines, and so the bytes, the same."""
    database.execute("set threads = 1")
    path = folder / "traces"
    database.sql(query("collect/kept_rows").text).write_parquet(str(path), compression="zstd", row_group_size=ROW_GROUP)
    rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
    return context.store.adopt(path, rows)


def _believable(source: SourceFile, refused: pl.DataFrame, rows: int, max_quarantined: float) -> None:
    if refused.height <= max_quarantined * rows:
        return
    reasons = refused.group_by("reason").agg(pl.len().alias("rows"), pl.col("line").min())
    worst = reasons.sort(["rows", "reason"], descending=[True, False]).head(3).iter_rows()
    told = "; ".join(f"{count:,} because {reason} (line {line:,} first)" for reason, count, line in worst)
    raise WrongInput(
        f"{refused.height:,} of {rows:,} rows are refused, more than {max_quarantined:.0%}: {told}",
        file=source.name,
        line=int(refused["line"][0]),
        fix="Mend the file, give its shape by a 'select' in [ingest], or raise 'max_quarantined' there.",
    )
