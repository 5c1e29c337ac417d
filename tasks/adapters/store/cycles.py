"""Which turns of the wheel have there been? One small file each, in `cycles/`, written when a cycle is whole."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.domain.artifact import Artifact
from tasks.domain.cycle import Cycle


class CycleRecord(BaseModel):
    """A finished cycle, and where MLflow has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_id: str
    finished_at: str
    mlflow_run_id: str | None
    summary: Cycle
    tables: dict[str, tuple[Artifact, ...]]
    """Where its rows are, by the name under which people look them up."""


class CycleStore:
    """The finished cycles of a workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, cycle_id: str) -> CycleRecord | None:
        try:
            return CycleRecord.model_validate_json((self.folder / f"{cycle_id}.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, record: CycleRecord) -> None:
        """Writes beside the final name and renames, so that a reader never sees half a cycle."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{record.cycle_id}.json"
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_text(record.model_dump_json(indent=1), encoding="utf-8")
        unfinished.replace(path)

    def all(self) -> list[CycleRecord]:
        """Every finished cycle, oldest first: by the end of its window, then by when it was finished."""
        records = (self.read(path.stem) for path in self.folder.glob("*.json"))
        found = [record for record in records if record is not None]
        return sorted(found, key=lambda record: (record.summary.window.until, record.finished_at))
