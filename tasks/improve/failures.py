"""What went wrong, and where? Production's failed verdicts, each with the trace, the judge and the call behind it."""

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact


def collect_failures(context: Context, *, sample: Artifact, verdicts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    """Step: every failed verdict on a sampled trace."""
    failures = context.store.sql(query("improve/failures"), {"sample": sample, "verdicts": verdicts})
    return {"failures": context.store.write(failures)}


def worst_first(failures: pl.DataFrame, gate: str) -> pl.DataFrame:
    """Failures grouped by criterion and stratum: how many sampled, and how many of production they stand for.

    The gate's criterion stands before the others, since decisions are made on it.
    """
    return (
        failures.group_by("criterion", "stratum")
        .agg(pl.len().alias("count"), pl.col("weight").sum().alias("of_production"))
        .sort(
            [pl.col("criterion") != gate, "of_production", "criterion", "stratum"],
            descending=[False, True, False, False],
        )
    )
