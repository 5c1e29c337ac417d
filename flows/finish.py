"""How does a cycle end? Training files, report, MLflow, and last its own record, which means that all is there."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.summary import summarise
from flows.turned import Turned
from flows.wheel import Wheel
from tasks.adapters.report.render import render_report
from tasks.adapters.store.catalogue import Catalogue
from tasks.adapters.store.cycles import CycleRecord, CycleStore
from tasks.adapters.tracking import Tracker
from tasks.compare.systems import read_system
from tasks.domain.cycle import Cycle, StepSummary
from tasks.domain.verdict import Accounting
from tasks.improve.training_set import write_training_set
from tasks.stats.proportion import rate_difference

TABLES = ("production", "benchmark", "current", "candidate", "preferences")
NOTHING = Accounting(n=0)


@dataclass(frozen=True)
class Finished:
    """A cycle, where its report is, and what this run of it took (nothing, where all was done before)."""

    record: CycleRecord
    report: Path
    training_set: Path
    steps: dict[str, StepSummary]

    def values(self) -> dict[str, Any]:
        """What `--json` says of it."""
        cycle = self.record.summary
        return {
            "cycle_id": cycle.cycle_id,
            "mlflow_run_id": self.record.mlflow_run_id,
            "simulated": cycle.simulated,
            "window": cycle.window.model_dump(),
            "steps": {name: step.model_dump() for name, step in self.steps.items()},
            "model_calls": sum(step.model_calls for step in self.steps.values()),
            "cost_usd": sum(step.cost_usd for step in self.steps.values()),
            "estimates": {name: each.model_dump() for name, each in cycle.estimates.items()},
            "accounting": sum(
                (cycle.accounting[name] for name in TABLES if name in cycle.accounting), NOTHING
            ).model_dump(),
            "accounting_by_table": {name: each.model_dump() for name, each in cycle.accounting.items()},
            "comparison": cycle.comparison.model_dump() if cycle.comparison else None,
            "trust": [each.model_dump() for each in cycle.trust],
            "training_rows": cycle.training_rows,
            "training_set": str(self.training_set),
            "report": str(self.report),
            "notes": list(cycle.notes),
        }


def finish(wheel: Wheel, turned: Turned) -> Finished:
    """Writes down what the turn made. A turn that was written down before is read."""
    workspace = wheel.workspace
    cycles = CycleStore(workspace.root / "cycles")
    cycle = summarise(wheel, turned)
    report = workspace.reports / f"{cycle.cycle_id}.html"
    training_set = workspace.training_sets / cycle.cycle_id
    record = cycles.read(cycle.cycle_id)
    if record is not None and report.is_file() and (training_set / "provenance.jsonl").is_file():
        told = {"report": StepSummary(state="cached", seconds=0), "mlflow": StepSummary(state="cached", seconds=0)}
        return Finished(record, report, training_set, wheel.summary() | told)
    history = [each.summary for each in cycles.all() if each.cycle_id != cycle.cycle_id]
    cycle = cycle.compared(history, rate_difference)
    files = _training_files(wheel, turned, training_set)
    began = time.monotonic()
    _write_report(report, cycle, history)
    reported = time.monotonic()
    run_id = _log(wheel, turned, cycle, files, report)
    told = {
        "report": StepSummary(state="ran", seconds=round(reported - began, 3)),
        "mlflow": StepSummary(state="ran", seconds=round(time.monotonic() - reported, 3)),
    }
    record = CycleRecord(
        cycle_id=cycle.cycle_id,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        mlflow_run_id=run_id,
        summary=cycle,
        tables=dict(turned.tables()),
    )
    _catalogue(wheel, record)
    cycles.write(record)
    return Finished(record, report, training_set, wheel.summary() | told)


def _training_files(wheel: Wheel, turned: Turned, folder: Path) -> Mapping[str, Path]:
    """The training set in the forms that trainers read, with the instructions of the system that is to learn."""
    known = "current" in wheel.workspace.settings.systems
    instructions = read_system(wheel.workspace, "current").instructions if known else None
    return write_training_set(folder, wheel.context.store.read(turned.training_rows), instructions)


def _write_report(path: Path, cycle: Cycle, history: list[Cycle]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(render_report(cycle, history), encoding="utf-8")
    unfinished.replace(path)


def _log(wheel: Wheel, turned: Turned, cycle: Cycle, files: Mapping[str, Path], report: Path) -> str:
    settings = wheel.workspace.settings
    read = wheel.context.store.read
    tables = {
        **{f"verdicts_{name}": read(table) for name, table in turned.production.items()},
        "failures": read(turned.failures),
    }
    tracker = Tracker(settings.mlflow.uri, wheel.workspace.root, settings.mlflow.experiment or settings.name)
    return tracker.log_cycle(cycle, tables, files, report)


def _catalogue(wheel: Wheel, record: CycleRecord) -> None:
    steps = [run.record for runs in wheel.steps.values() for run in runs]
    store = wheel.context.store
    Catalogue(wheel.workspace.catalogue).record(steps, [record], record.tables, store)
