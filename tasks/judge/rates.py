"""How often does the judge pass what production answered? For the whole window, by criterion and by stratum."""

from collections.abc import Mapping

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.estimate import Estimate
from tasks.stats.survey import stratified_rate

ESTIMATE = pl.Schema(
    {
        "name": pl.String,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "level": pl.Float64,
        "n": pl.Int64,
        "method": pl.String,
        "why": pl.String,
    }
)
"""One named estimate."""


def recorded_outputs(context: Context, *, sample: Artifact) -> dict[str, Artifact]:
    """Step: what production answered, without anything that a judge must not see."""
    outputs = context.store.sql(query("judge/recorded_outputs"), {"sample": sample})
    return {"outputs": context.store.write(outputs)}


def production_rates(context: Context, *, sample: Artifact, verdicts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    """Step: the judged pass rate of the whole window, `<criterion>`, and of each stratum, `<criterion>/<stratum>`."""
    judged = context.store.sql(query("judge/judged_sample"), {"sample": sample, "verdicts": verdicts})
    estimates: dict[str, Estimate] = {}
    for (criterion,), rows in judged.group_by("criterion", maintain_order=True):
        estimates[str(criterion)] = window_rate(rows)
        for stratum in rows["stratum"].unique().sort():
            estimates[f"{criterion}/{stratum}"] = window_rate(rows, stratum=stratum)
    return {"rates": context.store.write(estimate_table(estimates))}


def window_rate(rows: pl.DataFrame, stratum: str | None = None) -> Estimate:
    """The pass rate of the window that the sample stands for, or of one stratum of it.

    `rows` has `passed` (1, 0 or null), `weight`, `stratum`, `stratum_population`, over the whole sample; without a
    population (synthetic requests) the rate speaks of such requests by tenant.
    """
    population = rows["stratum_population"]
    whole_window = not population.has_nulls()
    return stratified_rate(
        rows["passed"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        rows["weight"].to_numpy(),
        rows["stratum"].to_numpy(),
        population.to_numpy() if whole_window else None,
        cluster=None if whole_window else rows["cluster"].to_numpy(),
        domain=None if stratum is None else (rows["stratum"] == stratum).to_numpy(),
    )


def simple_rate(verdicts: pl.DataFrame, clusters: Mapping[str, str]) -> Estimate:
    """The pass rate of a set that stands for itself (a benchmark), its items in their clusters."""
    passed = verdicts["value"].replace_strict({"pass": 1.0, "fail": 0.0}, default=None, return_dtype=pl.Float64)
    return stratified_rate(
        passed.fill_null(float("nan")).to_numpy(), cluster=[clusters[item] for item in verdicts["item_id"]]
    )


def estimate_table(estimates: Mapping[str, Estimate]) -> pl.DataFrame:
    """The estimates as rows, by name."""
    return pl.DataFrame([{"name": name} | each.model_dump() for name, each in estimates.items()], schema=ESTIMATE)


def read_estimates(table: pl.DataFrame) -> dict[str, Estimate]:
    """The rows as estimates, by name."""
    return {row.pop("name"): Estimate(**row) for row in table.iter_rows(named=True)}
