"""`flywheel report`: the last cycle's report, as a file that opens offline."""

import shutil
from pathlib import Path

import click

from flows.output import Answer, in_workspace, verb
from tasks.adapters.report.render import render_report
from tasks.adapters.store.cycles import CycleStore
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput


@click.command("report")
@click.argument("cycle_id", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also copy it to this file.")
@verb
@in_workspace
def command(workspace: Workspace, cycle_id: str | None, out: Path | None) -> Answer:
    """Say where the report of a cycle is: the last one, or the one that you name.

    \b
    Example:
      flywheel report --out this-morning.html
    """  # noqa: D301
    records = CycleStore(workspace.root / "cycles").all()
    if not records:
        fix = "`flywheel nightly` turns the wheel once."
        raise WrongInput("there is no cycle yet", file=str(workspace.root), fix=fix)
    named = [place for place, record in enumerate(records) if record.cycle_id == cycle_id]
    if cycle_id is not None and not named:
        last = ", ".join(record.cycle_id for record in records[-3:])
        raise WrongInput(f"there is no cycle '{cycle_id}'", fix=f"The last ones are {last}.")
    place = named[0] if named else len(records) - 1
    record = records[place]
    path = workspace.reports / f"{record.cycle_id}.html"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_report(record.summary, [each.summary for each in records[:place]]), encoding="utf-8")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out)
    return Answer(str(out or path), {"cycle_id": record.cycle_id, "report": str(out or path)})
