"""Where do a step's rows live? In `artifacts/<hash>.parquet`, immutable, in a folder or a bucket alike."""

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import polars as pl

from tasks.adapters.queries import Query
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import TAG, bytes_hash

Table = Artifact | Sequence[Artifact] | pl.DataFrame


class ArtifactStore:
    """Writes tables under the hash of their bytes, reads them back, and runs queries over them.

    A table is written beside its final name and then renamed, so a name that exists holds a whole table.
    """

    def __init__(self, root: str | Path) -> None:
        self.fs, self.root = fsspec.core.url_to_fs(str(root))
        self.is_local = "file" in self.fs.protocol

    def location(self, artifact: Artifact) -> str:
        """The table's place in the store's own file system."""
        return f"{self.root}/{artifact.hash}.parquet"

    def exists(self, artifact: Artifact) -> bool:
        return bool(self.fs.exists(self.location(artifact)))

    def write(self, frame: pl.DataFrame) -> Artifact:
        """Stores the frame. The same rows in the same order are the same artifact."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", statistics=True)
        data = buffer.getvalue()
        artifact = Artifact(hash=bytes_hash(data), rows=frame.height)
        if not self.exists(artifact):
            self.fs.makedirs(self.root, exist_ok=True)
            unfinished = f"{self.location(artifact)}.{os.getpid()}.tmp"
            self.fs.pipe_file(unfinished, data)
            self.fs.mv(unfinished, self.location(artifact))
        return artifact

    def adopt(self, path: Path, rows: int) -> Artifact:
        """Stores a copy of a finished local Parquet file: for tables that are larger than memory."""
        artifact = Artifact(hash=file_hash(path), rows=rows)
        if not self.exists(artifact):
            self.fs.makedirs(self.root, exist_ok=True)
            unfinished = f"{self.location(artifact)}.{os.getpid()}.tmp"
            self.fs.put_file(str(path), unfinished)
            self.fs.mv(unfinished, self.location(artifact))
        return artifact

    def read(self, artifact: Artifact) -> pl.DataFrame:
        """The table's rows. Raises WrongInput where someone has removed the file."""
        try:
            with self.fs.open(self.location(artifact), "rb") as file:
                return pl.read_parquet(file.read())
        except FileNotFoundError:
            fix = "Run the command again: the step that made it runs again."
            raise WrongInput(f"the artifact {artifact.hash} is gone", file=self.location(artifact), fix=fix) from None

    def sql(self, query: Query, tables: Mapping[str, Table], **parameters: Any) -> pl.DataFrame:
        """Runs a query over the named tables, each an artifact, several of one shape, or a frame, in its own database.

        Parameters that the query does not name are left out, so one call can serve a user's query too.
        """
        with memory_database() as connection:
            if not self.is_local:
                connection.register_filesystem(self.fs)
            for name, table in tables.items():
                match table:
                    case pl.DataFrame():
                        connection.register(name, table.to_arrow())
                    case Artifact():
                        connection.read_parquet(self._url(table)).create_view(name)
                    case _:
                        connection.read_parquet([self._url(part) for part in table]).create_view(name)
            used = {key: value for key, value in parameters.items() if f"${key}" in query.text}
            frame: pl.DataFrame = connection.sql(query.text, params=used or None).pl()
            return frame

    def _url(self, artifact: Artifact) -> str:
        return str(self.location(artifact) if self.is_local else self.fs.unstrip_protocol(self.location(artifact)))


def file_hash(path: Path) -> str:
    """`bytes_hash` of a file's content, which is read piece by piece."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    return f"{TAG}-{digest.hexdigest()}"


def memory_database(folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory that never reaches for the network and spills into a temporary folder."""
    spill = folder or Path(tempfile.gettempdir())
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
        }
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_progress_bar = false")  # it goes to stdout, which belongs to --json
    return connection
