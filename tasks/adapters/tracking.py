"""Where does a lead look back over cycles? In MLflow: an experiment a workspace, a run a cycle, nested runs a step.

A run is FINISHED last, after everything is in it. A run that is not was cut off, and the next try replaces it. Rows are
never logged one by one: MLflow gets figures, tables and files.
"""

import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from tasks.adapters.mlflow_store import beside, explained, open_store
from tasks.adapters.report import figures
from tasks.domain.cycle import Cycle, StepSummary
from tasks.domain.errors import WrongInput

SHOWN_ROWS = 1_000
"""Of a table, in the browser; the Parquet file beside it holds them all."""
SHOWN_CHARACTERS = 2_000


class Tracker:
    """Logs cycles to an MLflow server or store; to the folder's own `mlflow.db` where no address is given."""

    def __init__(self, uri: str | None, folder: Path, experiment: str) -> None:
        self.folder = folder.absolute()
        self.is_own = uri is None
        self.uri = f"sqlite:///{self.folder / 'mlflow.db'}" if uri is None else beside(self.folder, uri)
        self.experiment = experiment

    def log_cycle(
        self, cycle: Cycle, tables: Mapping[str, pl.DataFrame], training_files: Mapping[str, Path], report: Path
    ) -> str:
        """Logs the cycle and returns its run's id. A cycle that is there already, and says the same, is left alone.

        One that says something else under the same id is replaced, as is one that was cut off in the middle; MLflow
        keeps what was replaced among its deleted runs. Raises Unfinished where the server does not answer, and
        WrongInput where the store cannot be used.
        """
        with explained(self.uri):
            client = open_store(self.uri, make=self.is_own)
            experiment = self._experiment_id(client)
            for run in _runs(client, experiment, f"tags.cycle_id = '{cycle.cycle_id}'"):
                is_same = run.data.tags.get("cycle_content") == figures.substance(cycle)
                if is_same and run.info.status == "FINISHED":
                    return str(run.info.run_id)
                _discard(client, experiment, run)
            return _log(client, experiment, cycle, tables=tables, training_files=training_files, report=report)

    def _experiment_id(self, client: Any) -> str:
        files = (self.folder / "mlartifacts").as_uri() if self.is_own else None
        found = client.get_experiment_by_name(self.experiment) or _new_experiment(client, self.experiment, files)
        fix = "Name another under `experiment` in the [mlflow] part of flywheel.toml"
        if found.lifecycle_stage == "deleted":
            raise WrongInput(f"the MLflow experiment '{self.experiment}' was deleted", fix=f"{fix}, or restore it.")
        if files is not None and found.artifact_location.rstrip("/") != files:
            raise WrongInput(
                f"the MLflow experiment '{self.experiment}' keeps its files in {found.artifact_location}, "
                f"and this workspace is in {self.folder}: it was moved or copied",
                fix=f"{fix}, or move the workspace back.",
            )
        return str(found.experiment_id)


def _new_experiment(client: Any, name: str, files: str | None) -> Any:
    """The experiment that another process may be making at this very moment, too."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_experiment(name, artifact_location=files, tags=figures.experiment_tags())
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return client.get_experiment_by_name(name)


def _log(
    client: Any,
    experiment: str,
    cycle: Cycle,
    *,
    tables: Mapping[str, pl.DataFrame],
    training_files: Mapping[str, Path],
    report: Path,
) -> str:
    """One run, and one nested in it for each stage, with the times that they took."""
    started = time.time() - sum(step.seconds for step in cycle.steps.values())
    tags = figures.cycle_tags(cycle)
    run = client.create_run(experiment, start_time=_milliseconds(started), tags=tags, run_name=cycle.name).info.run_id
    try:
        for step in cycle.stages.items():
            _log_step(client, experiment, run, step, started)
            started += step[1].seconds
        _log_figures(client, run, figures.cycle_metrics(cycle), figures.cycle_parameters(cycle))
        all_tables = {**figures.cycle_tables(cycle), **tables}
        for name, table in all_tables.items():
            shown = figures.readable(table, rows=SHOWN_ROWS, characters=SHOWN_CHARACTERS)
            client.log_table(run, data=shown, artifact_file=f"tables/{name}.json")
        with tempfile.TemporaryDirectory() as temporary:
            _stage(Path(temporary), cycle, all_tables, training_files, report)
            client.log_artifacts(run, temporary)
    except BaseException:
        with suppress(Exception):
            client.set_terminated(run, status="FAILED")
        raise
    client.set_terminated(run, status="FINISHED")
    return str(run)


def _log_step(client: Any, experiment: str, parent: str, named: tuple[str, StepSummary], started: float) -> None:
    name, step = named
    tags = {"mlflow.parentRunId": parent, "state": step.state, "mlflow.source.name": "flywheel"}
    run = client.create_run(experiment, start_time=_milliseconds(started), tags=tags, run_name=name).info.run_id
    metrics = {"seconds": step.seconds, "model_calls": float(step.model_calls), "cost_usd": step.cost_usd}
    if step.accounting is not None:
        metrics |= figures.accounting_metrics("rows/", step.accounting)
    _log_figures(client, run, metrics, {})
    client.set_terminated(run, status="FINISHED", end_time=_milliseconds(started + step.seconds))


def _log_figures(client: Any, run: str, metrics: Mapping[str, float], parameters: Mapping[str, str]) -> None:
    """In as few calls as MLflow allows: a thousand metrics, a hundred parameters at a time."""
    from mlflow.entities import Metric, Param

    now = _milliseconds(time.time())
    values = [Metric(name, value, now, 0) for name, value in sorted(metrics.items())]
    words = [Param(name, value) for name, value in sorted(parameters.items())]
    for first in range(0, max(len(values), 1), 900):
        client.log_batch(run, metrics=values[first : first + 900])
    for first in range(0, len(words), 100):
        client.log_batch(run, params=words[first : first + 100])


def _stage(
    folder: Path, cycle: Cycle, tables: Mapping[str, pl.DataFrame], training_files: Mapping[str, Path], report: Path
) -> None:
    """Lays out the run's files, under the names that they have in MLflow."""
    shutil.copyfile(report, folder / "report.html")
    (folder / "cycle.json").write_text(cycle.model_dump_json(indent=1), encoding="utf-8")
    for name, table in tables.items():
        place = folder / "tables" / f"{name}.parquet"
        place.parent.mkdir(exist_ok=True)
        table.write_parquet(place)
    for name, path in training_files.items():
        place = folder / "training_set" / (name if Path(name).suffix else f"{name}{path.suffix}")
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, place)


def _runs(client: Any, experiment: str, where: str) -> list[Any]:
    return list(client.search_runs([experiment], filter_string=where, max_results=200))


def _discard(client: Any, experiment: str, run: Any) -> None:
    """Takes a run and its nested ones out of sight; one that was cut off no longer says that it is running."""
    nested = _runs(client, experiment, f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    for each in [*nested, run]:
        if each.info.status == "RUNNING":
            client.set_terminated(each.info.run_id, status="KILLED")
        client.delete_run(each.info.run_id)


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
