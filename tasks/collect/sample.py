"""What does production look like in a window? A sample that stands for all of it, the same on every machine.

The sample is drawn in two steps. Of each group of near-duplicate requests one member is chosen, every member as likely
as any other, and stands for its group in its own stratum. Of each stratum a fixed number of groups is drawn, with a
probability proportional to their size. A row's inclusion probability `pi` is that of its group divided by the group's
size; weighted by 1 / pi the sample's totals are, over many seeds, those of the window. All choices are hashes of seed
and trace id, so no order of rows or files matters, and ten new traces leave most of the sample as it was.

`pi` is exact where a stratum's groups are of one size. Where they are not, it is Pareto sampling's aim (Rosen 1997, On
sampling with probability proportional to size, Journal of Statistical Planning and Inference 62, 159-191). Simulated,
the true probability is within .001 of it where a stratum gives ten rows, .003 where it gives four, .03 where one.
"""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import memory_database
from tasks.collect.allocation import allocation
from tasks.collect.near_duplicates import near_duplicate_groups
from tasks.collect.splits import prove_disjoint, split_of
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import content_hash
from tasks.domain.settings import Sample

TIMELESS = "1970-01-01"
"""The `until` of traces without any time: all of them are in every window, so it only has to be the same each time."""


def latest_day(context: Context, traces: tuple[Artifact, ...]) -> str:
    """The day after the latest trace, as ISO text: the window that ends there (it is not in it) holds the latest."""
    latest = context.store.sql(query("collect/covered_days"), {"traces": traces})["latest"][0]
    return TIMELESS if latest is None else (latest.date() + timedelta(days=1)).isoformat()


def sample_traces(
    context: Context, *, traces: tuple[Artifact, ...], settings: Sample, until: str
) -> dict[str, Artifact]:
    """Step: the sample of the window of days before `until`, its manifest by stratum, and who was in the window."""
    since = _since(until, settings.window_days)
    population = window_population(context, traces, settings, since=since, until=until)
    prove_disjoint(context.store, population)
    drawn, strata = draw(population, size=settings.size, seed=settings.seed)
    sample = context.store.sql(query("collect/sampled_traces"), {"traces": traces, "drawn": drawn})
    manifest = strata.with_columns(
        seed=pl.lit(settings.seed, pl.Int64),
        since=pl.lit(since),
        until=pl.lit(until),
        has_times=pl.lit(population["timestamp"].is_not_null().any()),
        sample_hash=pl.lit(content_hash(drawn.select("trace_id", "row_hash", "stratum", "pi").rows())),
    )
    return {
        "sample": context.store.write(sample),
        "strata": context.store.write(manifest),
        "population": context.store.write(population),
    }


def window_population(
    context: Context, traces: tuple[Artifact, ...], settings: Sample, *, since: str, until: str
) -> pl.DataFrame:
    """Every trace of the window once, with its stratum, its group of near-duplicates and its split, in order of ids.

    `near_duplicates` names a group by its least trace id. Raises WrongInput where the window is empty.
    """
    _known(context, traces, settings.strata)
    window = context.store.sql(
        query("collect/window_traces"),
        {"traces": traces},
        since=since,
        until=until,
        dimensions=list(settings.strata),
    )
    if window.is_empty():
        raise _empty_window(context, traces, since, until)
    groups = near_duplicate_groups(window["request"].fill_null("").to_list(), settings.near_duplicates)
    return window.drop("request").with_columns(
        near_duplicates=pl.col("trace_id").min().over(pl.Series(groups)),
        group_size=pl.len().over(pl.Series(groups)).cast(pl.Int64),
        split=_splits(window["cluster"]),
    )


def draw(population: pl.DataFrame, *, size: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The drawn traces of a population with their probabilities and splits; and what each stratum held and gave."""
    with memory_database() as database:
        database.register("population", population.to_arrow())
        chosen = query("collect/representatives").text
        database.sql(chosen, params={"seed": str(seed), "size": size}).to_table("representatives")
        strata: pl.DataFrame = database.sql(query("collect/strata").text).pl()
        rows, groups = (dict(strata.select("stratum", column).iter_rows()) for column in ("population", "groups"))
        given = allocation(rows, groups, size)
        strata = strata.with_columns(sampled=pl.col("stratum").replace_strict(given, return_dtype=pl.Int64))
        database.register("allocation", strata.to_arrow())
        drawn: pl.DataFrame = database.sql(query("collect/draw").text).pl()
    return drawn.join(population.select("trace_id", "split"), on="trace_id", maintain_order="left"), strata


def _since(until: str, days: int) -> str:
    try:
        return (date.fromisoformat(until) - timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise WrongInput(f"'{until}' is not a day", fix="Write it as 2026-01-31.") from None


def _splits(clusters: pl.Series) -> pl.Series:
    distinct = clusters.unique().to_list()
    return clusters.replace_strict(distinct, [split_of(cluster) for cluster in distinct], return_dtype=pl.String)


def _known(context: Context, traces: tuple[Artifact, ...], dimensions: tuple[str, ...]) -> None:
    if not dimensions:
        return
    known = context.store.sql(query("collect/known_dimensions"), {"traces": traces})["name"].to_list()
    if unknown := [dimension for dimension in dimensions if dimension not in known]:
        raise WrongInput(
            f"no trace has '{unknown[0]}', which 'strata' in [sample] names",
            fix=f"Name some of: {', '.join(known)}." if known else "Traces have no tenant, outcome or metadata: [].",
        )


def _empty_window(context: Context, traces: tuple[Artifact, ...], since: str, until: str) -> WrongInput:
    days = context.store.sql(query("collect/covered_days"), {"traces": traces}).row(0, named=True)
    asked = f"no trace lies in the window from {since} up to, not including, {until}"
    if days["latest"] is None:
        return WrongInput(f"{asked}: there are no traces at all", fix="Ingest some: see 'traces' in [ingest].")
    first, last = (_day(days[name]) for name in ("earliest", "latest"))
    fix = f"Name another day by --as-of, or raise 'window_days' in [sample]; the day after the last is {_after(last)}."
    return WrongInput(f"{asked}; the traces run from {first} to {last}", fix=fix)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
