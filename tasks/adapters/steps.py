"""How is a step run? Once: where its record and all its artifacts exist, they are read and nothing runs."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tasks.adapters.context import Context
from tasks.adapters.fingerprint import code_fingerprint
from tasks.adapters.store.manifest import StepManifest, StepRecord
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.hashing import content_hash

StepFunction = Callable[..., Mapping[str, Artifact] | StepResult]


class StepRun(BaseModel):
    """A step's record, and whether it was made just now. An orchestrator keeps it as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: StepRecord
    state: Literal["ran", "cached"]

    def __getitem__(self, table: str) -> Artifact:
        return self.record.outputs[table]


class Step:
    """A function of a room with its inputs: known by its fingerprint before it runs.

    Not a dataclass on purpose: an orchestrator that walks into its parameters must not walk into the doors.
    """

    def __init__(
        self, name: str, function: StepFunction, inputs: Mapping[str, Any], context: Context, manifest: StepManifest
    ) -> None:
        self.name = name
        self.function = function
        self.inputs = dict(inputs)
        self.context = context
        self.manifest = manifest

    @cached_property
    def input_hashes(self) -> dict[str, str]:
        """The hash of each input and of the code: what a later run compares to say why it ran."""
        hashes = {name: content_hash(value) for name, value in self.inputs.items()}
        return {"code": code_fingerprint(self.function)} | hashes

    @cached_property
    def fingerprint(self) -> str:
        return content_hash({"step": self.name, "inputs": self.input_hashes})

    def finished(self) -> StepRecord | None:
        """The record of this very run, where it exists and every artifact is still there."""
        record = self.manifest.read(self.name, self.fingerprint)
        whole = record is not None and all(self.context.store.exists(each) for each in record.outputs.values())
        return record if whole else None

    def run(self) -> StepRun:
        """Reads the finished run, or runs the function and records it."""
        if record := self.finished():
            return StepRun(record=record, state="cached")
        started = time.monotonic()
        made = self.function(self.context, **self.inputs)
        result = made if isinstance(made, StepResult) else StepResult(tables=dict(made))
        record = StepRecord(
            name=self.name,
            fingerprint=self.fingerprint,
            outputs=result.tables,
            seconds=round(time.monotonic() - started, 3),
            finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            model_calls=result.model_calls,
            cost_usd=result.cost_usd,
            inputs=self.input_hashes,
        )
        if result.settled:
            self.manifest.write(record)
        return StepRun(record=record, state="ran")


def cache_key(_: object, parameters: Mapping[str, Any]) -> str:
    """The key under which an orchestrator may keep a step's result: the step's own fingerprint."""
    step: Step = parameters["step"]
    return step.fingerprint
