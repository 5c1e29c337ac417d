"""How does a verb start a flow? With Prefect's state in the workspace, quietly, and its errors as our own."""

import importlib
import os
import warnings
from collections.abc import Callable
from typing import Any

from flows.output import Answer
from flows.plans import plan_answer, unseen_calls
from flows.wheel import Wheel
from tasks.adapters.quiet import use_prefect_home
from tasks.adapters.workspace import Workspace

EXIT_CODES: dict[str, dict[str | None, int]] = {
    "PASS": {None: 0, "pass": 0, "fail": 0},
    "FAIL": {None: 1, "pass": 1, "fail": 1},
    "INCONCLUSIVE": {None: 3, "pass": 0, "fail": 1},
}
"""By decision, and by what the user says that INCONCLUSIVE means."""


def run_flow(home: Workspace, name: str, /, **parameters: Any) -> dict[str, Any]:
    """Runs a flow in this process, with a Prefect server of its own where none is configured."""
    use_prefect_home(home.prefect, os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prefect_settings = importlib.import_module("prefect.settings")
        flow = getattr(importlib.import_module(f"flows.{name}"), name)
        # A sync flow's heartbeat costs a second at its end; a verb's own process is watched by the person who typed it.
        without_heartbeat = {prefect_settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
        with prefect_settings.temporary_settings(without_heartbeat):
            values: dict[str, Any] = flow(**parameters)
    return values


def dry(workspace: Workspace, work: Callable[[Wheel], object]) -> Answer:
    """What some work would take: rows, calls, dollars, minutes. Ingest and sample run, no model is asked."""
    with Wheel(workspace, allow_unknown_cost=True, dry=True) as wheel:
        work(wheel)
        return plan_answer(wheel.planned, unseen_calls(wheel))
