"""Made-up cycles for the report and for MLflow. Every figure in them is a test's own."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tasks.domain.cycle import (
    Comparison,
    Cycle,
    FailureExample,
    FailureGroup,
    JudgeTrust,
    StepSummary,
    StratumDelta,
    SyntheticComparison,
    Window,
)
from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting

CRITERIA = ("safety", "goal_fulfilment", "grounding", "sentiment", "overall")


def estimate(value: float, half: float, n: int, method: str = "stratified ratio, bootstrap by tenant") -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, n=n, method=method)


def comparison() -> Comparison:
    strata = {"edit an existing workflow": -0.061, "new workflow": 0.082, "e-mail": 0.031, "third party": 0.012}
    return Comparison(
        candidate="shorter-prompt",
        differences=("prompt",),
        decision="INCONCLUSIVE",
        why="the lower bound -0.4 points is above the margin, yet 'edit an existing workflow' is not decided",
        margin=0.02,
        delta=estimate(0.0231, 0.0271, 388, "mean paired difference, bootstrap by tenant"),
        wins=41,
        losses=32,
        ties=315,
        unscored=12,
        mcnemar_p=0.349,
        strata=tuple(
            StratumDelta(
                stratum=name,
                delta=estimate(value, 0.058, 97, "mean paired difference, bootstrap by tenant"),
                wins=12,
                losses=9,
                ties=76,
                p_adjusted=0.41,
            )
            for name, value in strata.items()
        ),
        criteria={name: estimate(0.011 * place, 0.03, 388) for place, name in enumerate(CRITERIA[:-1])},
        current_rate=estimate(0.7712, 0.0413, 388),
        candidate_rate=estimate(0.7943, 0.0402, 388),
        synthetic=SyntheticComparison(
            delta=estimate(0.0512, 0.0601, 84),
            wins=9,
            losses=5,
            ties=70,
            made=120,
            kept=84,
            dropped={"round trip differs": 30, "near a benchmark row": 6},
        ),
    )


def failures() -> tuple[FailureGroup, ...]:
    long = "Please tag customers with more than five orders. " * 12
    example = FailureExample(
        trace_id="trace-0042",
        request=long,
        output='{"trigger": "order_created", "actions": []}',
        critique="The workflow never adds the tag that the merchant asked for.",
        shown="trace trace-0042\ncurrent: ...\ncandidate: ...",
    )
    other = example.model_copy(update={"trace_id": "it's odd; id", "request": "pls fix my flow", "shown": ""})
    return (
        FailureGroup(
            criterion="goal_fulfilment",
            stratum="edit an existing workflow",
            count=31,
            share=estimate(0.318, 0.092, 97),
            examples=(example, other),
        ),
        FailureGroup(
            criterion="grounding", stratum="third party", count=9, share=estimate(0.094, 0.058, 96), examples=(example,)
        ),
    )


def cycle(day: str = "2026-03-05", *, production: float = 0.7712, **changes: Any) -> Cycle:
    """A full cycle of the fortnight that ends with the day; name what differs."""
    rates = {
        f"production_pass_rate_{name}": estimate(0.95 - 0.04 * k, 0.03, 396) for k, name in enumerate(CRITERIA[:4])
    }
    benchmarks = {
        f"benchmark_pass_rate_{name}": estimate(0.975 - 0.01 * k, 0.014, 300) for k, name in enumerate(CRITERIA[:4])
    }
    accounting = Accounting(n=400, judged=396, abstained=1, failed=3)
    content: dict[str, Any] = {
        "cycle_id": f"{day}-b2",
        "workspace": "sidekick-tests",
        "window": Window(
            since="2026-02-20",
            until=str(date.fromisoformat(day) + timedelta(days=1)),
            traces=2310,
            sampled=400,
            tenants=57,
        ),
        "judge": {name: f"b2-judge-{name}" for name in CRITERIA},
        "judge_model": "embedded/judge",
        "gate": "overall",
        "current": "production",
        "steps": {
            "ingest": StepSummary(state="cached", seconds=0.02),
            "sample": StepSummary(state="ran", seconds=0.7),
            **{
                f"judge.production.{name}": StepSummary(
                    state="ran", seconds=14.26, model_calls=400, cost_usd=0.1625, accounting=accounting
                )
                for name in CRITERIA
            },
            "training_set": StepSummary(state="ran", seconds=0.3),
        },
        "model_calls": 2000,
        "cost_usd": 0.8125,
        "parameters": {"settings": "b2-5e77", "sample": "b2-5a3b", "criteria": "b2-c817"},
        "estimates": {
            "production_pass_rate": estimate(production, 0.0213, 396),
            "benchmark_pass_rate": estimate(0.9133, 0.0321, 300, "Wilson"),
            "benchmark_production_gap": estimate(0.9133 - production, 0.0522, 696),
            **rates,
            **benchmarks,
        },
        "accounting": {
            "production": accounting,
            "benchmark": Accounting(n=300, judged=300),
            "current": Accounting(n=388, judged=384, failed=4),
            "candidate": Accounting(n=388, judged=376, failed=8, skipped=4),
            **{f"production_{name}": accounting for name in CRITERIA},
        },
        "trust": tuple(
            JudgeTrust(
                criterion=name,
                kappa=estimate(0.58 + 0.02 * k, 0.11, 120, "Cohen's kappa, bootstrap by conversation"),
                human_ceiling=estimate(0.69, 0.08, 120, "mean over experts, bootstrap by conversation"),
                labelled=120,
            )
            for k, name in enumerate(CRITERIA)
        ),
        "comparison": comparison(),
        "failures": failures(),
        "training_rows": 74,
        "preference_rows": 22,
        "quarantined": {"no answer": 4, "malformed JSON": 1},
        "notes": ("Labels of rubric b2-0ld are not used: the rubric has changed since.",),
    }
    return Cycle.model_validate(content | changes)


@pytest.fixture
def made_cycle() -> Callable[..., Cycle]:
    return cycle
