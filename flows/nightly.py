"""The wheel's whole turn, every night: from production's traces to the report that the lead reads in the morning."""

from pathlib import Path
from typing import Any

from prefect import flow, runtime
from prefect.artifacts import create_link_artifact

from flows.finish import finish
from flows.orchestrate import run_in_prefect
from flows.turned import turn
from flows.wheel import Wheel
from tasks.adapters.workspace import find_workspace


@flow(name="nightly", validate_parameters=True, persist_result=False)
def nightly(
    workspace: str = ".",
    as_of: str | None = None,
    candidate: str | None = None,
    allow_unknown_cost: bool = False,
) -> dict[str, Any]:
    """Samples production, judges it, holds the candidate against the current system, and learns from the failures.

    `as_of` is the first day after the window (the day after the latest trace where it is not given), `candidate` a
    system of flywheel.toml (the one that [mirror] names where it is not given).
    """
    opened = find_workspace(Path(workspace), Path.cwd())
    chosen = candidate or opened.settings.mirror.candidate
    with Wheel(opened, run_step=run_in_prefect, allow_unknown_cost=allow_unknown_cost) as wheel:
        finished = finish(wheel, turn(wheel, as_of=as_of, candidate=chosen))
    if runtime.flow_run.id:
        create_link_artifact(link=finished.report.as_uri(), link_text="The report", key="report")
    return finished.values()
