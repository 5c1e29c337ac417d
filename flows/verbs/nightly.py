"""`flywheel nightly`: one whole turn of the wheel, as the schedule runs it."""

import click

from flows.output import Answer, in_workspace, verb
from flows.running import dry, run_flow
from flows.telling import cycle_text
from tasks.adapters.workspace import Workspace


@click.command("nightly")
@click.option(
    "--as-of", metavar="DATE", help="The first day after the window; the day after the latest trace if absent."
)
@click.option("--candidate", metavar="NAME", help="A system of flywheel.toml; the one of [mirror] if absent.")
@click.option("--dry-run", is_flag=True, help="Say how many rows, calls, dollars and minutes it would take.")
@click.option("--allow-unknown-cost", is_flag=True, help="Also call models whose price nobody knows.")
@verb
@in_workspace
def command(
    workspace: Workspace, as_of: str | None, candidate: str | None, dry_run: bool, allow_unknown_cost: bool
) -> Answer:
    """Sample production, judge it, mirror the candidate, collect failures, write the training set and the report.

    \b
    Example:
      flywheel nightly --as-of 2026-03-06
    """  # noqa: D301
    if dry_run:
        return dry(workspace, as_of=as_of, candidate=candidate or workspace.settings.mirror.candidate)
    values = run_flow(
        workspace,
        "nightly",
        workspace=str(workspace.root),
        as_of=as_of,
        candidate=candidate,
        allow_unknown_cost=allow_unknown_cost,
    )
    return Answer(cycle_text(values), values)
