"""`flywheel mirror`: a candidate against the current system on real traffic, and a decision that CI can read."""

from pathlib import Path

import click

from flows.mirror_pairs import mirror_pairs
from flows.output import Answer, in_workspace, verb
from flows.running import EXIT_CODES, dry, run_flow
from flows.telling import decision_text
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput


@click.command("mirror")
@click.option("--candidate", metavar="NAME", help="A system of flywheel.toml.")
@click.option(
    "--pairs", type=click.Path(path_type=Path), help="Outputs that you have: item_id, input, output_current, …"
)
@click.option(
    "--as-of", metavar="DATE", help="The first day after the window; the day after the latest trace if absent."
)
@click.option("--inconclusive", type=click.Choice(["pass", "fail"]), help="What INCONCLUSIVE means for your CI.")
@click.option("--dry-run", is_flag=True, help="Say how many rows, calls, dollars and minutes it would take.")
@click.option("--allow-unknown-cost", is_flag=True, help="Also call models whose price nobody knows.")
@verb
@in_workspace
def command(
    workspace: Workspace,
    candidate: str | None,
    pairs: Path | None,
    as_of: str | None,
    inconclusive: str | None,
    dry_run: bool,
    allow_unknown_cost: bool,
) -> Answer:
    """Send a sample of production through the current system and a candidate; judge both blind; decide.

    Exit code 0 is PASS, 1 FAIL, 3 INCONCLUSIVE.

    \b
    Example:
      flywheel mirror --candidate shorter-prompt --inconclusive fail
      flywheel mirror --pairs outputs.jsonl
    """  # noqa: D301
    if (candidate is None) == (pairs is None):
        known = ", ".join(name for name in workspace.settings.systems if name != "current") or "none yet"
        raise WrongInput("name either --candidate or --pairs", fix=f"Candidates in flywheel.toml: {known}.")
    if dry_run and candidate:
        return dry(workspace, as_of=as_of, candidate=candidate)
    if pairs is not None:
        values = mirror_pairs(workspace, pairs, allow_unknown_cost=allow_unknown_cost)
    else:
        request = {
            "candidate": candidate,
            "workspace": str(workspace.root),
            "as_of": as_of,
            "allow_unknown_cost": allow_unknown_cost,
        }
        values = run_flow(workspace, "mirror", request=request)
    return Answer(decision_text(values), values, EXIT_CODES[values["decision"]][inconclusive])
