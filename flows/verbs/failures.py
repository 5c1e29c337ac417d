"""`flywheel failures`: what went wrong in production, worst first, each with the command that shows it whole."""

from pathlib import Path

import click
import polars as pl

from flows import options
from flows.output import Answer, in_workspace, verb
from flows.running import dry
from flows.telling import accounting
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace
from tasks.improve.failures import worst_first


@click.command("failures")
@options.as_of
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write every failure as JSON lines.")
@options.dry_run
@options.allow_unknown_cost
@verb
@in_workspace
def command(
    workspace: Workspace, as_of: str | None, out: Path | None, dry_run: bool, allow_unknown_cost: bool
) -> Answer:
    """Judge the sample where it is not judged yet, and list the failures by criterion and stratum.

    \b
    Example:
      flywheel failures --out failures.jsonl
    """  # noqa: D301
    if dry_run:
        return dry(workspace, lambda wheel: _failures(wheel, as_of))
    with Wheel(workspace, allow_unknown_cost=allow_unknown_cost) as wheel:
        sampled, failures = _failures(wheel, as_of)
        steps = wheel.summary()
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        failures.write_ndjson(out)
    groups = worst_first(failures, workspace.settings.judge.gate)
    lines = [f"{failures.height:,} failed verdicts on {failures['trace_id'].n_unique():,} of {sampled:,} traces."]
    for group in groups.head(12).iter_rows(named=True):
        example = failures.filter(criterion=group["criterion"], stratum=group["stratum"]).row(0, named=True)
        lines.append(f"  {group['count']:>4}  {group['criterion']} in {group['stratum']}")
        lines.append(f"        {_short(example['critique'])}")
        lines.append(f"        flywheel show {example['trace_id']}")
    values = {
        "failures": failures.height,
        "groups": groups.to_dicts(),
        "out": str(out) if out else None,
        "accounting": accounting(steps).model_dump(),
        "steps": {name: step.model_dump() for name, step in steps.items()},
    }
    return Answer("\n".join(lines), values)


def _failures(wheel: Wheel, as_of: str | None) -> tuple[int, pl.DataFrame]:
    """How many traces were sampled, and the failed verdicts on them."""
    traces = wheel.ingest()
    sampled = wheel.sample(traces, as_of)
    verdicts = wheel.judge("production", sampled.outputs, wheel.judges(wheel.labelled(traces)))
    return sampled.sample.rows, wheel.context.store.read(wheel.failures(sampled, verdicts))


def _short(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= 240 else f"{plain[:237]}..."
