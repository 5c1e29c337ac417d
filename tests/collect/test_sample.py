"""The sample is the same on any machine, says what it stands for, and its estimates are right on average."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.collect.sample import TIMELESS, draw, latest_day, sample_traces
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.settings import Sample
from tests.collect.conftest import Door
from tests.collect.logs import trace

SETTINGS = Sample(size=60, strata=("feature",), seed=3)
UNTIL = "2026-03-15"
FEATURES = ("orders", "orders", "orders", "refunds", "refunds", "e-mail")
COMMON = ("tag big orders please", "hide what is sold out", "mail me when stock is low")


def wishes(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Two weeks of made-up traffic: some wishes are common, most are one of a kind."""
    rng = random.Random(seed)
    end = datetime(2026, 3, 15, tzinfo=UTC)
    rows = []
    for n in range(count):
        request = rng.choice(COMMON) if rng.random() < 0.3 else " ".join(f"w{rng.randrange(900)}" for _ in range(9))
        rows.append(
            trace(
                f"t{seed}-{n:05}",
                request=request,
                timestamp=(end - timedelta(minutes=1 + rng.randrange(14 * 1440))).isoformat(),
                tenant=f"shop-{rng.randrange(40)}",
                metadata={"feature": rng.choice(FEATURES)},
            )
        )
    return rows


def sampled(
    door: Door, files: Iterable[Artifact], settings: Sample = SETTINGS, until: str = UNTIL
) -> dict[str, Artifact]:
    return sample_traces(door.bench.context, traces=tuple(files), settings=settings, until=until)


def test_no_order_of_rows_or_files_changes_the_sample(door: Door) -> None:
    rows = wishes(500)
    whole = sampled(door, [door.ingest(rows)["traces"]])
    random.Random(2).shuffle(rows)
    parts = [
        door.ingest(part, f"traces/{n}.jsonl")["traces"] for n, part in enumerate((rows[:90], rows[60:], rows[:5]))
    ]
    assert sampled(door, parts) == whole, "one file in order, three that overlap in none"
    assert sampled(door, [*parts[::-1], door.ingest([], "traces/empty.jsonl")["traces"]]) == whole


def test_another_seed_draws_another_sample(door: Door) -> None:
    files = [door.ingest(wishes(500))["traces"]]
    one, two = (
        door.frame(sampled(door, files, SETTINGS.model_copy(update={"seed": seed}))["sample"]) for seed in (3, 4)
    )
    assert len(set(one["trace_id"]) & set(two["trace_id"])) < 30


def test_ten_new_traces_leave_most_of_the_sample(door: Door) -> None:
    before = door.ingest(wishes(2000))["traces"]
    after = door.ingest(wishes(10, seed=2), "traces/new.jsonl")["traces"]
    one, two = (set(door.frame(sampled(door, files)["sample"])["trace_id"]) for files in ([before], [before, after]))
    assert len(one & two) >= 54


def test_a_trace_knows_what_it_stands_for(door: Door) -> None:
    made = sampled(door, [door.ingest(wishes(600))["traces"]])
    sample, strata, population = (door.frame(made[name]) for name in ("sample", "strata", "population"))
    assert sample.height == strata["sampled"].sum() == 60
    assert strata["stratum"].to_list() == ["feature=e-mail", "feature=orders", "feature=refunds"]
    assert strata["population"].sum() == population.height == 600
    assert strata["groups"].sum() == population["near_duplicates"].n_unique() < 500
    assert np.allclose(sample["pi"] * sample["weight"], 1.0)
    assert (sample["weight"] >= sample["group_size"]).all()
    totals = (
        sample.group_by("stratum").agg(pl.col("weight").sum(), pl.col("stratum_population").first()).sort("stratum")
    )
    assert np.allclose(totals["weight"], totals["stratum_population"])
    assert totals["stratum_population"].to_list() == strata["population"].to_list()
    assert sample["trace_id"].is_sorted()
    assert not {"source", "line"} & set(sample.columns)


def test_near_duplicates_are_drawn_once(door: Door) -> None:
    made = sampled(door, [door.ingest(wishes(600))["traces"]], SETTINGS.model_copy(update={"size": 300}))
    requests = [json.loads(messages)[0]["content"] for messages in door.frame(made["sample"])["messages"]]
    assert len(set(requests)) == len(requests)
    assert set(COMMON) <= set(requests), "a group larger than its share is drawn for sure"


def test_the_manifest_says_seed_window_and_hash(door: Door) -> None:
    files = [door.ingest(wishes(300))["traces"]]
    strata = door.frame(sampled(door, files)["strata"])
    assert strata.select("seed", "since", "until", "has_times").unique().rows() == [(3, "2026-03-01", UNTIL, True)]
    (known,) = strata["sample_hash"].unique()
    assert (
        door.frame(sampled(door, files, SETTINGS.model_copy(update={"size": 61}))["strata"])["sample_hash"][0] != known
    )


def test_the_window_ends_before_its_last_day(door: Door) -> None:
    days = ("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-03-14T23:59:59Z", "2026-03-15T00:00:00Z")
    rows = [trace(f"t{n}", request=f"wish number {n} of four", timestamp=day) for n, day in enumerate(days)]
    made = sampled(door, [door.ingest(rows)["traces"]], Sample())
    assert door.frame(made["population"])["trace_id"].to_list() == ["t1", "t2"]
    assert latest_day(door.bench.context, (door.ingest(rows)["traces"],)) == "2026-03-16"


def test_traces_without_times_are_in_every_window(door: Door) -> None:
    rows = [trace(f"t{n}", request=f"wish number {n} of many", timestamp=None, tenant=None) for n in range(9)]
    files = (door.ingest(rows)["traces"],)
    assert latest_day(door.bench.context, files) == TIMELESS
    made = sampled(door, files, Sample(), until=TIMELESS)
    assert door.frame(made["sample"]).height == 9
    assert door.frame(made["strata"])["has_times"].to_list() == [False]
    assert door.frame(made["sample"])["cluster"].to_list() == [row["trace_id"] for row in rows]


def test_an_empty_window_says_what_there_is(door: Door) -> None:
    files = [door.ingest(wishes(50))["traces"]]
    said = r"window from 2025-12-18 up to, not including, 2026-01-01; the traces run from 2026-03-\d\d to 2026-03-14"
    with pytest.raises(WrongInput, match=said) as told:
        sampled(door, files, until="2026-01-01")
    assert told.value.fix is not None
    assert "2026-03-15" in told.value.fix
    with pytest.raises(WrongInput, match="there are no traces at all"):
        sampled(door, [door.ingest([], "traces/none.jsonl")["traces"]], Sample())
    with pytest.raises(WrongInput, match="'soon' is not a day"):
        sampled(door, files, until="soon")


def test_an_unknown_dimension_names_those_that_exist(door: Door) -> None:
    rows = [trace(outcome="kept", metadata={"feature": "orders", "scenario/kind": 1})]
    with pytest.raises(WrongInput, match="no trace has 'persona'") as told:
        sampled(door, [door.ingest(rows)["traces"]], Sample(strata=("feature", "persona")))
    assert told.value.fix == "Name some of: feature, outcome, scenario/kind, tenant."


def test_strata_are_named_by_their_dimensions(door: Door) -> None:
    rows = [
        trace("a", request="one wish of three", outcome="kept", metadata={"scenario/kind": 1}),
        trace("b", request="second wish of three", metadata={"scenario/kind": None}),
        trace("c", request="wish number three here", tenant=None, metadata={}),
    ]
    settings = Sample(strata=("tenant", "outcome", "scenario/kind"))
    sample = door.frame(sampled(door, [door.ingest(rows)["traces"]], settings)["sample"])
    assert sample["stratum"].to_list() == [
        "tenant=shop, outcome=kept, scenario/kind=1",
        "tenant=shop, outcome=(none), scenario/kind=(none)",
        "tenant=(none), outcome=(none), scenario/kind=(none)",
    ]


def test_more_strata_than_the_sample_can_hold_are_pooled(door: Door) -> None:
    rows = [trace(f"t{n:03}", request=f"wish number {n} of many", tenant=f"shop-{min(n % 30, 25)}") for n in range(300)]
    strata = door.frame(sampled(door, [door.ingest(rows)["traces"]], Sample(size=12, strata=("tenant",)))["strata"])
    assert strata.height == 6
    assert strata["sampled"].sum() == 12
    assert strata["population"].sum() == 300
    assert {"(rest)", "tenant=shop-25"} <= set(strata["stratum"]), "the largest keep their names"


def test_splits_are_those_of_the_tenants(door: Door) -> None:
    population = door.frame(sampled(door, [door.ingest(wishes(600))["traces"]])["population"])
    assert population.group_by("cluster").agg(pl.col("split").n_unique())["split"].max() == 1
    assert set(population["split"]) == {"train", "dev", "test"}


def skewed_population() -> tuple[pl.DataFrame, dict[str, float]]:
    """Groups of one to 200 near-duplicates that lie across strata, and a value that depends on group and stratum."""
    rng = np.random.default_rng(4)
    rows, values = [], {}
    for group, size in enumerate([*np.minimum(40, rng.geometric(0.35, 250) ** 2), *[200] * 5]):
        for member in range(size):
            stratum = "abc"[int(rng.integers(0, 3)) if rng.random() < 0.5 else group % 3]
            name = f"g{group}-{member}"
            rows.append((name, f"h{name}", stratum, f"g{group}", int(size), "train"))
            values[name] = float(rng.random() < (0.1 if size > 99 else 0.6) - 0.2 * (stratum == "b"))
    columns = ["trace_id", "row_hash", "stratum", "near_duplicates", "group_size", "split"]
    return pl.DataFrame(rows, schema=columns, orient="row"), values


def drawn_rates(population: pl.DataFrame, values: dict[str, float], seeds: int) -> tuple[Any, Any]:
    """The weighted and the plain mean of each of many samples."""
    weighted, plain = [], []
    for seed in range(seeds):
        drawn, _ = draw(population, size=45, seed=seed)
        value = np.array([values[name] for name in drawn["trace_id"]])
        weighted.append(float((value * drawn["weight"].to_numpy()).sum()) / population.height)
        plain.append(float(value.mean()))
    return np.array(weighted), np.array(plain)


def test_weighted_estimates_are_unbiased_for_the_window() -> None:
    population, values = skewed_population()
    truth = np.mean(list(values.values()))
    weighted, plain = drawn_rates(population, values, seeds=120)
    error = weighted.std() / np.sqrt(len(weighted))
    assert abs(weighted.mean() - truth) < 3.5 * error
    assert abs(plain.mean() - truth) > 7 * error, "near-duplicates once would mislead without their weights"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_over_thousands_of_samples_no_bias_is_left() -> None:
    population, values = skewed_population()
    weighted, _ = drawn_rates(population, values, seeds=2000)
    assert abs(weighted.mean() - np.mean(list(values.values()))) < 0.004


def test_every_row_of_a_stratum_is_as_likely_as_its_pi_says() -> None:
    sizes = [1] * 12 + [3] * 6 + [15]
    rows = [
        (f"g{group}-{member}", "h", "a", f"g{group}", size, "train")
        for group, size in enumerate(sizes)
        for member in range(size)
    ]
    columns = ["trace_id", "row_hash", "stratum", "near_duplicates", "group_size", "split"]
    population = pl.DataFrame(rows, schema=columns, orient="row")
    drawn = pl.concat([draw(population, size=8, seed=seed)[0] for seed in range(200)])
    by_size = drawn.group_by("group_size").agg(pl.len(), pl.col("pi").first(), pl.col("trace_id").n_unique())
    for size, count, pi, members in by_size.rows():
        rows_of_size = size * sizes.count(size)
        assert count / 200 == pytest.approx(pi * rows_of_size, rel=0.12)
        assert members == rows_of_size, "every member is chosen now and then"
    certain = by_size.filter(pl.col("group_size") == 15)
    assert certain["len"].to_list() == [200], "larger than its share: drawn for sure"
