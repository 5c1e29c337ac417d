"""Has this step been done? `steps/<name>/<fingerprint>.json` says so: written last, its existence means yes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.domain.artifact import Artifact


class StepRecord(BaseModel):
    """What one run of a step made, how long it took, and what its model calls cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    outputs: dict[str, Artifact]
    seconds: float
    finished_at: str
    model_calls: int = 0
    cost_usd: float = 0.0
    inputs: dict[str, Any] = {}


class StepManifest:
    """The records of finished steps, one small file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str, fingerprint: str) -> StepRecord | None:
        """The record of a finished step; None where it was not finished, or its record cannot be read."""
        try:
            return StepRecord.model_validate_json(self._path(name, fingerprint).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, record: StepRecord) -> None:
        """Writes beside the final name and renames, so that a reader never sees half a record."""
        path = self._path(record.name, record.fingerprint)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_text(json.dumps(record.model_dump(), indent=1, sort_keys=True), encoding="utf-8")
        unfinished.replace(path)

    def all(self) -> Iterator[StepRecord]:
        """Every finished step, oldest first."""
        records = (self.read(path.parent.name, path.stem) for path in self.folder.glob("*/*.json"))
        yield from sorted((record for record in records if record), key=lambda record: record.finished_at)

    def _path(self, name: str, fingerprint: str) -> Path:
        return self.folder / name / f"{fingerprint}.json"
