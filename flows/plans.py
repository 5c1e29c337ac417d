"""How is a dry run told? Rows, calls, dollars and minutes, and that nothing was called."""

from typing import Any

from flows.output import Answer
from tasks.adapters.models.dry_run import DryRun


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
