"""`flywheel status`: where this workspace stands, and what to do next."""

from typing import Any

import click

from flows.output import Answer, in_workspace, verb
from flows.telling import points_text, rate_text
from tasks.adapters.models.cache import CallCache
from tasks.adapters.store.cycles import CycleRecord, CycleStore
from tasks.adapters.store.labels import labels_in_force
from tasks.adapters.workspace import Workspace

FIRST_LABELS = 100
"""About what it takes to see whether people agree, and whether the judge agrees with them (half-width .15 of kappa)."""


@click.command("status")
@verb
@in_workspace
def command(workspace: Workspace) -> Answer:
    """Say how production does, whether the judge is vouched for, and what would help most now.

    \b
    Example:
      flywheel status
    """  # noqa: D301
    records = CycleStore(workspace.root / "cycles").all()
    labelled = labels_in_force(workspace.labels)["item_id"].n_unique()
    calls = _calls(workspace)
    last = records[-1] if records else None
    advice = _advice(workspace, last, labelled)
    lines = [f"Workspace {workspace.settings.name} in {workspace.root}", *_cycle_lines(last)]
    lines += [f"  labels: {labelled:,} items", f"  row cache: {calls:,} replies", f"Next: {advice}"]
    values: dict[str, Any] = {
        "workspace": str(workspace.root),
        "cycles": len(records),
        "last_cycle": last.cycle_id if last else None,
        "estimates": {name: each.model_dump() for name, each in last.summary.estimates.items()} if last else {},
        "trusted": last.summary.trusted if last else False,
        "labelled_items": labelled,
        "cached_calls": calls,
        "next": advice,
    }
    return Answer("\n".join(lines), values)


def _cycle_lines(last: CycleRecord | None) -> list[str]:
    if last is None:
        return ["  no cycle yet"]
    cycle = last.summary
    estimates = {name: each.model_dump() for name, each in cycle.estimates.items()}
    lines = [
        f"  last cycle {cycle.cycle_id}, finished {last.finished_at}" + (" (simulated)" if cycle.simulated else ""),
        f"  production pass rate {rate_text(estimates['production_pass_rate'])}",
        f"  judge {'held against people' if cycle.trusted else 'untrusted: no labels'}",
    ]
    if "production_change" in estimates:
        lines.append(f"  since the cycle before {points_text(estimates['production_change'])}")
    if cycle.comparison:
        lines.append(f"  candidate '{cycle.comparison.candidate}': {cycle.comparison.decision}")
    return lines


def _advice(workspace: Workspace, last: CycleRecord | None, labelled: int) -> str:
    if last is None:
        return "flywheel doctor, then flywheel nightly"
    if labelled < FIRST_LABELS:
        missing = FIRST_LABELS - labelled
        return f"have three experts label {missing} more of the sampled traces, so that somebody vouches for the judge"
    if last.summary.comparison and last.summary.comparison.decision == "INCONCLUSIVE":
        return last.summary.comparison.why
    return f"flywheel report, and look at the worst failures: flywheel failures --workspace {workspace.root}"


def _calls(workspace: Workspace) -> int:
    if not workspace.calls.exists():
        return 0
    cache = CallCache(workspace.calls)
    try:
        return cache.stats().replies
    finally:
        cache.close()
