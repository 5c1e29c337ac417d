"""`flywheel sample`: draw the production distribution, and say what it is made of."""

import click

from flows import options
from flows.output import Answer, in_workspace, verb
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace


@click.command("sample")
@options.as_of
@verb
@in_workspace
def command(workspace: Workspace, as_of: str | None) -> Answer:
    """Draw the sample of a window: the same seed and window give the same sample on any machine.

    \b
    Example:
      flywheel sample --as-of 2026-03-06
    """  # noqa: D301
    with Wheel(workspace) as wheel:
        sampled = wheel.sample(wheel.ingest(), as_of)
        strata = wheel.context.store.read(sampled.strata)
        steps = wheel.summary()
    first = strata.row(0, named=True)
    width = max(len(str(name)) for name in strata["stratum"])
    lines = [
        f"{sampled.sample.rows:,} of {strata['population'].sum():,} traces, {first['since']} up to {first['until']}.",
        f"  {'stratum':<{width}}  {'traces':>8}  {'sampled':>8}",
        *(
            f"  {row['stratum']:<{width}}  {row['population']:>8,}  {row['sampled']:>8,}"
            for row in strata.iter_rows(named=True)
        ),
    ]
    values = {
        "sample": sampled.sample.model_dump(),
        "seed": workspace.settings.sample.seed,
        "since": first["since"],
        "until": first["until"],
        "strata": strata.select("stratum", "population", "sampled").to_dicts(),
        "steps": {name: step.model_dump() for name, step in steps.items()},
    }
    return Answer("\n".join(lines), values)
