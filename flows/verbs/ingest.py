"""`flywheel ingest`: read new logs, and say what was refused and why."""

import click

from flows.output import Answer, in_workspace, verb
from flows.wheel import Wheel
from tasks.adapters.queries import query
from tasks.adapters.workspace import Workspace


@click.command("ingest")
@verb
@in_workspace
def command(workspace: Workspace) -> Answer:
    """Read the log files of [ingest]; a file that has not changed is not read again.

    \b
    Example:
      flywheel ingest --workspace my-product
    """  # noqa: D301
    with Wheel(workspace) as wheel:
        traces = wheel.ingest()
        refused = tuple(run["quarantine"] for run in wheel.steps["ingest"])
        counted = wheel.context.store.sql(query("collect/quarantined_by_reason"), {"quarantine": refused})
        shown = wheel.context.store.sql(query("collect/quarantine_shown"), {"quarantine": refused}, most=10)
        steps = wheel.summary()
    kept, by_reason = sum(table.rows for table in traces), dict(counted.iter_rows())
    lines = [f"{kept:,} traces from {len(traces):,} files; {sum(by_reason.values()):,} rows refused."]
    lines += [f"  {count:>8,}  {reason}" for reason, count in by_reason.items()]
    lines += [f"  {row['source']}:{row['line']}: {row['reason']}" for row in shown.iter_rows(named=True)]
    values = {
        "traces": kept,
        "files": len(traces),
        "quarantined": by_reason,
        "refused_rows": shown.to_dicts(),
        "steps": {name: step.model_dump() for name, step in steps.items()},
    }
    return Answer("\n".join(lines), values)
