"""What did merchants ask in the sixty days? Every request with its time and its tenant, in the order of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from tasks.demo.generator.history import DAYS, OwnedWorkflow, day
from tasks.demo.generator.merchants import Merchant
from tasks.demo.generator.request import Request, draw_request

WEEKDAYS = (1.15, 1.1, 1.05, 1.05, 1.0, 0.7, 0.6)
"""How busy each day of the week is, Monday first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as production received it."""

    trace_id: str
    timestamp: datetime
    merchant: Merchant
    request: Request

    @property
    def metadata(self) -> dict[str, str]:
        """What the product itself knows of the conversation: never the truth."""
        return {
            "feature": self.request.feature,
            "scenario": "edit" if self.request.current else "new",
            "persona": self.merchant.plan,
        }

    def to_trace(self, output: str, outcome: str, system: str = "current") -> dict[str, Any]:
        """The row of the trace file. It holds no system message and nothing of the truth."""
        return {
            "trace_id": self.trace_id,
            "timestamp": self.timestamp.isoformat().replace("+00:00", "Z"),
            "tenant": self.merchant.tenant,
            "system": system,
            "messages": self.request.messages,
            "output": output,
            "outcome": outcome,
            "metadata": self.metadata,
        }


def draw_production(
    merchants: Sequence[Merchant], owned: Mapping[str, Sequence[OwnedWorkflow]], count: int, seed: int
) -> tuple[Asked, ...]:
    """`count` requests of the sixty days. `owned` holds each tenant's workflows, which its edits are about."""
    rng = Random(f"{seed}/production")
    days = range(DAYS)
    busy = [WEEKDAYS[day(number).weekday()] for number in days]
    askers = rng.choices(merchants, [merchant.activity for merchant in merchants], k=count)
    times = sorted(
        datetime.combine(day(number), time(), tzinfo=UTC) + timedelta(seconds=int(rng.triangular(0, 86_400, 54_000)))
        for number in rng.choices(days, busy, k=count)
    )
    return tuple(
        Asked(
            trace_id=f"t{number:06d}",
            timestamp=moment,
            merchant=merchant,
            request=draw_request(
                merchant,
                [workflow.workflow for workflow in owned[merchant.tenant]],
                Random(f"{seed}/request/{number}"),
            ),
        )
        for number, (moment, merchant) in enumerate(zip(times, askers, strict=True), start=1)
    )
