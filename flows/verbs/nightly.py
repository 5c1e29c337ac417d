"""`flywheel nightly`: one whole turn of the wheel, as the schedule runs it."""

import click

from flows import options
from flows.output import Answer, in_workspace, verb
from flows.running import dry, run_flow
from flows.telling import cycle_text
from flows.turned import turn
from tasks.adapters.workspace import Workspace


@click.command("nightly")
@options.as_of
@click.option("--candidate", metavar="NAME", help="A system of flywheel.toml; the one of [mirror] if absent.")
@options.dry_run
@options.allow_unknown_cost
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
        chosen = candidate or workspace.settings.mirror.candidate
        return dry(workspace, lambda wheel: turn(wheel, as_of=as_of, candidate=chosen))
    values = run_flow(
        workspace,
        "nightly",
        workspace=str(workspace.root),
        as_of=as_of,
        candidate=candidate,
        allow_unknown_cost=allow_unknown_cost,
    )
    return Answer(cycle_text(values), values)
