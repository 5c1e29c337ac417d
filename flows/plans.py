"""What would it take, and how is that told? Rows, calls, dollars and minutes, and that nothing was called."""

from typing import TYPE_CHECKING, Any

from flows.output import Answer
from tasks.adapters.models.dry_run import DryRun

if TYPE_CHECKING:
    from flows.wheel import Wheel


def plan_answer(planned: DryRun, unseen: int = 0) -> Answer:
    """What a verb answers to `--dry-run`. `unseen` verdicts on answers yet to be written cost as the others."""
    return Answer(_plan_text(planned, unseen), _plan_values(planned, unseen))


def _plan_values(planned: DryRun, unseen: int) -> dict[str, Any]:
    share = 1 + unseen / planned.calls if planned.calls else 1
    return {
        "dry_run": True,
        "rows": planned.rows + unseen,
        "cached": planned.cached,
        "calls": planned.calls + unseen,
        "cost_usd": None if planned.cost_usd is None else planned.cost_usd * share,
        "cost_usd_at_most": None if planned.cost_usd_at_most is None else planned.cost_usd_at_most * share,
        "minutes": planned.minutes * share,
    }


def _plan_text(planned: DryRun, unseen: int) -> str:
    values = _plan_values(planned, unseen)
    cost = "an unknown amount (no price is known)" if values["cost_usd"] is None else f"about ${values['cost_usd']:.2f}"
    return (
        f"{values['rows']:,} rows: {values['cached']:,} in the cache, {values['calls']:,} model calls for {cost} "
        f"in {_duration(values['minutes'])}. Nothing was called."
    )


def _duration(minutes: float) -> str:
    return f"about {minutes:.0f} minutes" if minutes >= 1.5 else "about a minute" if minutes >= 0.5 else "seconds"


def unseen_calls(wheel: "Wheel") -> int:
    """After a dry turn: how many calls follow on answers that are yet to be written.

    An output that a file of pairs lacks is none of them.
    """
    read = wheel.context.store.read
    follow = {name: runs for name, runs in wheel.steps.items() if ".pairs." not in name}
    unjudged = sum(
        read(next(iter(run.record.outputs.values())))["call_key"].null_count()
        for name, runs in follow.items()
        if name.startswith("judge.")
        for run in runs
    )
    uncompared = sum(
        row["status"] == "skipped" and row["call_key"] is None
        for name, runs in follow.items()
        if name.startswith("prefer.")
        for run in runs
        for row in read(run["preferences"]).iter_rows(named=True)
    )
    unwritten = sum(read(run["written"])["request"].null_count() for run in follow.get("synthesize.write", ()))
    # Each would be read back once, answered by two systems, both answers judged, and compared in both orders.
    preferred = sum(criterion.subjective for criterion in wheel.criteria.values())
    each = 1 + 2 + 2 * (1 if wheel.together else len(wheel.criteria)) + 2 * preferred
    return int(unjudged + 2 * uncompared + unwritten * each)
