"""Logs are put in a workspace of a test's own and ingested as a step would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.collect.ingest import find_sources, ingest_file
from tasks.collect.redact import redaction_key
from tasks.domain.artifact import Artifact
from tasks.domain.hashing import bytes_hash
from tasks.domain.settings import Privacy
from tests.collect.logs import write_lines
from tests.conftest import Bench


@dataclass
class Door:
    """Where logs come in."""

    bench: Bench

    def ingest(
        self,
        rows: Sequence[Mapping[str, Any] | str],
        name: str = "traces/log.jsonl",
        *,
        max_quarantined: float = 1.0,
        privacy: Privacy | None = None,
    ) -> dict[str, Artifact]:
        """Writes the rows to a file of the workspace, and ingests it."""
        write_lines(self.bench.context.root / name, rows)
        return self.ingest_file(name, max_quarantined=max_quarantined, privacy=privacy)

    def ingest_file(
        self,
        pattern: str,
        *,
        select: str | None = None,
        max_quarantined: float = 0.2,
        privacy: Privacy | None = None,
    ) -> dict[str, Artifact]:
        root = self.bench.context.root
        (source,) = find_sources(root, (pattern,))
        return ingest_file(
            self.bench.context,
            source=source,
            select=select,
            privacy=privacy or Privacy(),
            redaction=bytes_hash(redaction_key(root)),
            max_quarantined=max_quarantined,
        )

    def frame(self, table: Artifact) -> pl.DataFrame:
        return self.bench.context.store.read(table)

    def one(self, row: Mapping[str, Any] | str) -> dict[str, Any]:
        """The one trace that a row becomes."""
        return self.frame(self.ingest([row])["traces"]).row(0, named=True)


@pytest.fixture
def door(bench: Bench) -> Door:
    return Door(bench)


@pytest.fixture
def logs() -> Path:
    """The folder of real logs beside the project, where it is there."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"there are no real logs in {folder}")
    return folder
