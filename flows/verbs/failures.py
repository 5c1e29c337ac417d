"""`flywheel failures`: what went wrong in production, worst first, each with the command that shows it whole."""

from pathlib import Path

import click

from flows.output import Answer, in_workspace, verb
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace
from tasks.improve.failures import worst_first


@click.command("failures")
@click.option(
    "--as-of", metavar="DATE", help="The first day after the window; the day after the latest trace if absent."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write every failure as JSON lines.")
@click.option("--allow-unknown-cost", is_flag=True, help="Also call models whose price nobody knows.")
@verb
@in_workspace
def command(workspace: Workspace, as_of: str | None, out: Path | None, allow_unknown_cost: bool) -> Answer:
    """Judge the sample where it is not judged yet, and list the failures by criterion and stratum.

    \b
    Example:
      flywheel failures --out failures.jsonl
    """  # noqa: D301
    with Wheel(workspace, allow_unknown_cost=allow_unknown_cost) as wheel:
        traces = wheel.ingest()
        sampled = wheel.sample(traces, as_of)
        verdicts = wheel.judge("production", sampled.outputs, wheel.judges(wheel.labelled(traces)))
        failures = wheel.context.store.read(wheel.failures(sampled, verdicts))
        steps = wheel.summary()
    if out is not None:
        failures.write_ndjson(out)
    groups = worst_first(failures, workspace.settings.judge.gate)
    lines = [
        f"{failures.height:,} failed verdicts on {failures['trace_id'].n_unique():,} of {sampled.sample.rows:,} traces."
    ]
    for group in groups.head(12).iter_rows(named=True):
        example = failures.filter(criterion=group["criterion"], stratum=group["stratum"]).row(0, named=True)
        lines.append(f"  {group['count']:>4}  {group['criterion']} in {group['stratum']}")
        lines.append(f"        {_short(example['critique'])}")
        lines.append(f"        flywheel show {example['trace_id']}")
    values = {
        "failures": failures.height,
        "groups": groups.to_dicts(),
        "out": str(out) if out else None,
        "steps": {name: step.model_dump() for name, step in steps.items()},
    }
    return Answer("\n".join(lines), values)


def _short(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= 240 else f"{plain[:237]}..."
