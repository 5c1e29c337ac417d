"""`flywheel train-set`: what a system can learn from this cycle, in the forms that trainers read."""

from pathlib import Path

import click

from flows import options
from flows.output import Answer, in_workspace, verb
from flows.running import dry
from flows.telling import accounting
from flows.turned import turn
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace
from tasks.compare.systems import read_system
from tasks.improve.training_set import write_training_set


@click.command("train-set")
@options.as_of
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write to.")
@options.dry_run
@options.allow_unknown_cost
@verb
@in_workspace
def command(
    workspace: Workspace, as_of: str | None, out: Path | None, dry_run: bool, allow_unknown_cost: bool
) -> Answer:
    """Write OpenAI chat rows, TRL preference rows, and where each came from. Only the train split is in them.

    \b
    Example:
      flywheel train-set --out training
    """  # noqa: D301
    candidate = workspace.settings.mirror.candidate
    if dry_run:
        return dry(workspace, lambda wheel: turn(wheel, as_of=as_of, candidate=candidate))
    with Wheel(workspace, allow_unknown_cost=allow_unknown_cost) as wheel:
        turned = turn(wheel, as_of=as_of, candidate=candidate)
        rows = wheel.context.store.read(turned.training_rows)
        steps = wheel.summary()
    folder = out or workspace.training_sets / turned.training_rows.hash
    instructions = read_system(workspace, "current").instructions if "current" in workspace.settings.systems else None
    files = write_training_set(folder, rows, instructions)
    by_source = dict(rows.group_by("source").len().sort("source").iter_rows())
    told = ", ".join(f"{count:,} {source}" for source, count in by_source.items()) or "nothing to learn from yet"
    lines = [f"{rows.height:,} rows: {told}.", *(f"  {name}: {path}" for name, path in files.items())]
    values = {
        "training_rows": rows.height,
        "by_source": by_source,
        "files": {name: str(path) for name, path in files.items()},
        "accounting": accounting(steps).model_dump(),
        "steps": {name: step.model_dump() for name, step in steps.items()},
    }
    return Answer("\n".join(lines), values)
