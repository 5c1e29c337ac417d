"""A candidate on real traffic, on demand: the same requests through it and the current system, and a decision."""

from pathlib import Path
from typing import Any

from prefect import flow
from pydantic import BaseModel, Field

from flows.orchestrate import run_in_prefect
from flows.telling import decision_values
from flows.wheel import Wheel
from tasks.adapters.workspace import find_workspace
from tasks.compare.deciding import read_decisions, read_preferences
from tasks.domain.system import differences


class MirrorRequest(BaseModel):
    """What an engineer asks for. Prefect draws a form of it."""

    candidate: str = Field(description="A system of flywheel.toml: [systems.NAME]")
    workspace: str = Field(".", description="The folder of flywheel.toml")
    as_of: str | None = Field(
        None, description="The first day after the window; the day after the latest trace if empty"
    )
    synthetic: bool = Field(True, description="Also on requests written from real workflows, reported apart")
    allow_unknown_cost: bool = Field(False, description="Also call models whose price nobody knows")


@flow(name="mirror", validate_parameters=True, persist_result=False)
def mirror(request: MirrorRequest) -> dict[str, Any]:
    """Holds a candidate against the current system on a sample of production, both judged blind."""
    opened = find_workspace(Path(request.workspace), Path.cwd())
    with Wheel(opened, run_step=run_in_prefect, allow_unknown_cost=request.allow_unknown_cost) as wheel:
        return mirrored(wheel, request)


def mirrored(wheel: Wheel, request: MirrorRequest) -> dict[str, Any]:
    """The mirror's answer: the gate's decision, each criterion's, and the synthetic requests' apart."""
    traces = wheel.ingest()
    sampled = wheel.sample(traces, request.as_of)
    judges = wheel.judges(wheel.labelled(traces))
    synthetic = wheel.synthesize(sampled.until, wheel.benchmark()) if request.synthetic else None
    made = wheel.mirror(request.candidate, sampled, synthetic, judges)
    gate = wheel.workspace.settings.judge.gate
    read = wheel.context.store.read
    table = read(made.decision)
    apart = read_decisions(read(made.synthetic_decision)) if made.synthetic_decision else {}
    return decision_values(
        request.candidate,
        gate,
        read_decisions(table),
        wheel.summary(),
        preferences=read_preferences(table),
        trusted=wheel.has_labels,
        differences=differences(made.current.system, made.candidate.system),
        synthetic=apart[gate][0] if gate in apart else None,
    )
