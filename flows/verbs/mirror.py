"""`flywheel mirror`: a candidate against the current system on real traffic, and a decision that CI can read."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from flows import options
from flows.mirror_pairs import mirror_pairs
from flows.output import Answer, in_workspace, verb
from flows.running import EXIT_CODES, dry, run_flow
from flows.telling import decision_text
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput


@click.command("mirror")
@click.option("--candidate", metavar="NAME", help="A system of flywheel.toml.")
@click.option(
    "--pairs", type=click.Path(path_type=Path), help="Outputs that you have: item_id, input, output_current, …"
)
@options.as_of
@click.option("--inconclusive", type=click.Choice(["pass", "fail"]), help="What INCONCLUSIVE means for your CI.")
@options.dry_run
@options.allow_unknown_cost
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

    Exit code 0 is PASS, 1 FAIL, 3 INCONCLUSIVE. A criterion that is marked subjective is decided by which answer the
    judge prefers in both orders, where that answer passes by itself.

    \b
    Example:
      flywheel mirror --candidate shorter-prompt --inconclusive fail
      flywheel mirror --pairs outputs.jsonl
    """  # noqa: D301
    if (candidate is None) == (pairs is None):
        known = ", ".join(name for name in workspace.settings.systems if name != "current") or "none yet"
        raise WrongInput("name either --candidate or --pairs", fix=f"Candidates in flywheel.toml: {known}.")
    request = {
        "candidate": candidate,
        "workspace": str(workspace.root),
        "as_of": as_of,
        "allow_unknown_cost": allow_unknown_cost,
    }
    if dry_run:
        return dry(workspace, partial(_asked, request=request, pairs=pairs))
    if pairs is not None:
        with Wheel(workspace, allow_unknown_cost=allow_unknown_cost) as wheel:
            values = mirror_pairs(wheel, pairs)
    else:
        values = run_flow(workspace, "mirror", request=request)
    return Answer(decision_text(values), values, EXIT_CODES[values["decision"]][inconclusive])


def _asked(wheel: Wheel, *, request: Mapping[str, Any], pairs: Path | None) -> object:
    """The same work in this process, without an orchestrator: a dry run needs none."""
    from flows.mirror import MirrorRequest, mirrored

    return mirror_pairs(wheel, pairs) if pairs else mirrored(wheel, MirrorRequest(**request))
