"""Which workflows does each merchant have, and when did they run?"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tasks.demo.generator.drawing import Draw
from tasks.demo.generator.merchants import Merchant
from tasks.demo.generator.scenery import feature_of, load_scenery
from tasks.demo.workflow import Workflow

FIRST_DAY = date(2026, 1, 5)
DAYS = 60


def day(number: int) -> date:
    """The days of the world, from 0 to DAYS - 1. They are fixed: the world knows no clock."""
    return FIRST_DAY + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class OwnedWorkflow:
    """A merchant's workflow and the days on which it ran. The descriptor says in two words what it is for."""

    workflow_id: str
    tenant: str
    descriptor: str
    workflow: Workflow
    runs: tuple[date, ...]

    def to_json(self) -> dict[str, object]:
        """As workflows.jsonl has it; `runs_7d` counts run days in the last seven days of the world."""
        last_week = day(DAYS - 7)
        return {
            "workflow_id": self.workflow_id,
            "tenant": self.tenant,
            "descriptor": self.descriptor,
            "workflow": self.workflow.to_json(),
            "runs": [run.isoformat() for run in self.runs],
            "last_run_at": self.runs[-1].isoformat() if self.runs else None,
            "runs_7d": sum(run >= last_week for run in self.runs),
        }


def draw_workflows(merchant: Merchant, seed: int, *, mean: float) -> tuple[OwnedWorkflow, ...]:
    """A merchant's workflows, one at least and for a fifth of merchants just one."""
    rng = Random(f"{seed}/workflows/{merchant.tenant}")
    count = 1 if rng.random() < 0.2 else 2 + int(rng.expovariate(1 / (mean - 1)))
    return tuple(_draw_owned(merchant, number, rng) for number in range(1, count + 1))


def _draw_owned(merchant: Merchant, number: int, rng: Random) -> OwnedWorkflow:
    draw = Draw(rng, merchant.domain)
    match rng.choices(("own", "email", "integration"), (62, 18, 20))[0]:
        case "email":
            trigger = draw.trigger().id
            workflow = draw.workflow(trigger=trigger, first=draw.email(trigger))
        case "integration":
            workflow = draw.workflow(first=draw.integration())
        case _:
            workflow = draw.workflow()
    return OwnedWorkflow(
        workflow_id=f"{merchant.tenant}-w{number:02d}",
        tenant=merchant.tenant,
        descriptor=descriptor(workflow),
        workflow=workflow,
        runs=_draw_runs(rng),
    )


def descriptor(workflow: Workflow) -> str:
    """What a workflow is for: the area of its trigger and the matter of its first action."""
    first = workflow.actions[0].action
    matter = next(scope for scope, names in load_scenery().actions.items() if first in names)
    return f"{feature_of(workflow.trigger)}/{matter}"


def _draw_runs(rng: Random) -> tuple[date, ...]:
    """Run days from the day it was switched on until, for some, it was switched off or fell silent."""
    start = max(0, int(rng.uniform(-40, DAYS - 4)))
    end = int(rng.uniform(start, DAYS)) if rng.random() < 0.22 else DAYS
    frequency = min(rng.betavariate(0.6, 1.2) + 0.01, 1.0)
    return tuple(day(number) for number in range(start, end) if rng.random() < frequency)
