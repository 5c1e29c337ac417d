"""The rate over a window from a stratified sample: textbook values, symmetries, and coverage by simulation."""

from dataclasses import dataclass

import numpy as np
import pytest

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import Floats, Ints
from tasks.stats.proportion import clopper_pearson
from tasks.stats.survey import rates_by, share_by_cluster, stratified_rate, unscored_bounds


def bounds(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def test_an_unweighted_sample_gives_the_exact_binomial_interval() -> None:
    found = stratified_rate([1] * 24 + [0] * 6)
    assert found.value == pytest.approx(0.8)
    assert bounds(found) == pytest.approx(clopper_pearson(24, 30), abs=0.02)
    assert found.n == 30


def test_the_stratified_rate_weighs_strata_by_their_population() -> None:
    """Cochran (1977), section 5.3: the mean is the sum over strata of (N_h / N) times the sample mean."""
    found = stratified_rate([1, 1, 0, 1, 0, 0], stratum=list("aaabbb"), population=[900] * 3 + [100] * 3)
    assert found.value == pytest.approx(0.9 * 2 / 3 + 0.1 * 1 / 3)


def test_the_variance_is_the_textbooks_for_equal_weights() -> None:
    """Cochran (1977), theorem 5.3: sum of W_h^2 (1 - f_h) s_h^2 / n_h, seen through the effective sample size."""
    value = [1] * 60 + [0] * 40 + [1] * 45 + [0] * 55
    found = stratified_rate(value, stratum=[0] * 100 + [1] * 100, population=[1000] * 100 + [1000] * 100)
    variance = 0.25 * 0.9 / 99 * (0.6 * 0.4 + 0.45 * 0.55)
    rate = 0.525
    expected = clopper_pearson(rate * rate * (1 - rate) / variance, rate * (1 - rate) / variance)
    assert bounds(found) == pytest.approx(expected, abs=0.002)


def test_a_census_is_certain() -> None:
    found = stratified_rate([1, 0, 1, 1], population=[4] * 4)
    assert (found.value, found.low, found.high) == (0.75, 0.75, 0.75)


def test_all_passes_of_300_exclude_what_the_rule_of_three_excludes() -> None:
    found = stratified_rate([1] * 300)
    assert found.low == pytest.approx(1 - 3.7 / 300, abs=0.001)
    assert found.high == 1.0


def test_weights_carry_near_duplicates() -> None:
    """A group of nine represented by one member counts nine times."""
    found = stratified_rate([0, 1, 1, 1], weight=[9, 1, 1, 1])
    assert found.value == pytest.approx(3 / 12)


def test_an_unscored_row_leaves_the_rate_over_the_judged() -> None:
    found = stratified_rate([1, 0, np.nan, 1, np.nan])
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3


def test_unscored_rows_move_the_rate_between_their_bounds() -> None:
    worst, best = unscored_bounds([1, 0, np.nan, 1, np.nan])
    assert (worst.value, best.value) == pytest.approx((2 / 5, 4 / 5))


def test_nothing_judged_is_unknown_with_a_reason() -> None:
    assert stratified_rate([np.nan, np.nan]).why == "none of the 2 sampled rows has a verdict"
    assert stratified_rate([]).why == "no row was sampled"


def test_failing_for_passing_mirrors_the_interval() -> None:
    rng = np.random.default_rng(3)
    value, stratum = (rng.random(80) < 0.85).astype(float), rng.integers(0, 6, 80)
    weight, population = rng.uniform(5, 50, 80), np.full(80, 900)
    low, high = bounds(stratified_rate(value, weight, stratum, population))
    assert bounds(stratified_rate(1 - value, weight, stratum, population)) == pytest.approx((1 - high, 1 - low))


def test_the_order_of_rows_does_not_count() -> None:
    rng = np.random.default_rng(4)
    value, stratum, order = (rng.random(60) < 0.7).astype(float), rng.integers(0, 20, 60), rng.permutation(60)
    there = stratified_rate(value, stratum=stratum, population=np.full(60, 40))
    back = stratified_rate(value[order], stratum=stratum[order], population=np.full(60, 40))
    assert bounds(there) == pytest.approx(bounds(back))


def test_slices_average_to_the_whole() -> None:
    value, slices = [1, 1, 0, 1, 0, 0, 1, 1], list("aabbbbcc")
    found = rates_by(slices, value)
    shares = {"a": 2 / 8, "b": 4 / 8, "c": 2 / 8}
    assert sum(shares[name] * (each.value or 0.0) for name, each in found.items()) == pytest.approx(5 / 8)
    assert [each.n for each in found.values()] == [2, 4, 2]


def test_rows_alike_within_tenants_widen_the_interval() -> None:
    value = np.repeat([1.0] * 20 + [0.0] * 10, 10)
    alone = bounds(stratified_rate(value))
    together = bounds(stratified_rate(value, cluster=np.repeat(np.arange(30), 10)))
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_two_populations_for_one_stratum_are_refused() -> None:
    with pytest.raises(ValueError, match="different populations"):
        stratified_rate([1, 0], stratum=["a", "a"], population=[10, 20])


def test_a_weight_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        stratified_rate([1, 0], weight=[0, 1])


@dataclass(frozen=True)
class Window:
    """A finite window: strata with long-tailed sizes and rates of their own, and near-duplicate groups."""

    stratum: Ints
    value: Floats
    group: Ints

    def sample(self, rng: np.random.Generator, rows: int, least: int) -> tuple[Ints, Floats]:
        """Groups drawn within strata in proportion, `least` a stratum, one random member of each: rows and weights."""
        first, size = np.unique(self.group, return_index=True, return_counts=True)[1:]
        of_group = self.stratum[first]
        held = np.bincount(of_group)
        wanted = np.maximum(np.minimum(held, least), np.round(rows * held / held.sum()).astype(int))
        order = np.lexsort((rng.random(first.size), of_group))
        rank = np.empty(first.size, dtype=np.int64)
        rank[order] = np.arange(first.size) - np.repeat(np.cumsum(held) - held, held)
        drawn = np.flatnonzero(rank < wanted[of_group])
        by_group = np.argsort(self.group, kind="stable")
        start = np.cumsum(size) - size
        member = by_group[start[drawn] + (rng.random(drawn.size) * size[drawn]).astype(int)]
        return member, (held / np.maximum(wanted, 1))[of_group[drawn]] * size[drawn]


def window(rng: np.random.Generator, rows: int, strata: int, rate: float, *, duplicates: bool) -> Window:
    stratum = np.sort(rng.choice(strata, rows, p=rng.dirichlet(np.full(strata, 0.7))))
    rates = 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + rng.normal(0, 1, strata))))
    value = (rng.random(rows) < rates[stratum]).astype(float)
    group = np.arange(rows)
    if duplicates:
        start = np.flatnonzero(rng.random(rows) < 0.7)
        group = np.maximum.accumulate(np.where(np.isin(group, start), group, 0))
        first = np.searchsorted(stratum, np.arange(strata))
        group = np.maximum(group, first[stratum])
        alike = rng.random(rows) < 0.8
        value[alike] = value[group[alike]]
    return Window(stratum, value, group)


def coverage(world: Window, draws: int, rows: int, least: int, seed: int) -> tuple[float, float]:
    """The share of redrawn samples whose interval holds the window's rate, and the mean width."""
    rng = np.random.default_rng(seed)
    population = np.bincount(world.stratum)
    held, width = 0, 0.0
    for _ in range(draws):
        chosen, weight = world.sample(rng, rows, least)
        strata = world.stratum[chosen]
        low, high = bounds(stratified_rate(world.value[chosen], weight, strata, population[strata]))
        held += low <= world.value.mean() <= high
        width += high - low
    return held / draws, width / draws


CASES = [
    (1, 30, 0.9, False),
    (1, 300, 0.98, False),
    (6, 60, 0.9, False),
    (30, 120, 0.8, False),
    (30, 300, 0.97, True),
    (12, 150, 0.7, True),
    (60, 300, 0.6, True),
]


@pytest.mark.parametrize(("strata", "rows", "rate", "duplicates"), CASES)
@pytest.mark.parametrize("least", [1, 2])
def test_the_interval_holds_the_windows_rate(strata: int, rows: int, rate: float, duplicates: bool, least: int) -> None:
    """A quick look: 200 draws; fewer than 179 would be a chance of one in a thousand at 94%."""
    world = window(np.random.default_rng(11), 5000, strata, rate, duplicates=duplicates)
    assert coverage(world, 200, rows, least, seed=1)[0] >= 179 / 200


@pytest.mark.slow
@pytest.mark.parametrize(("strata", "rows", "rate", "duplicates"), CASES)
def test_the_interval_holds_the_windows_rate_in_2000_draws(
    strata: int, rows: int, rate: float, duplicates: bool
) -> None:
    world = window(np.random.default_rng(12), 8000, strata, rate, duplicates=duplicates)
    share, width = coverage(world, 2000, rows, 2, seed=2)
    assert share >= 0.935, f"{share:.3f}, mean width {width:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize(("tenants", "correlation", "rate"), [(10, 0.1, 0.8), (20, 0.2, 0.8), (40, 0.1, 0.95)])
def test_the_tenants_interval_holds_the_rate_of_all_tenants(tenants: int, correlation: float, rate: float) -> None:
    rng = np.random.default_rng(13)
    scale = 1 / correlation - 1
    held = 0
    for _ in range(2000):
        sizes = np.maximum(1, np.round(rng.lognormal(2.0, 0.6, tenants))).astype(int)
        own = rng.beta(rate * scale, (1 - rate) * scale, tenants)
        tenant = np.repeat(np.arange(tenants), sizes)
        low, high = bounds(stratified_rate((rng.random(tenant.size) < own[tenant]).astype(float), cluster=tenant))
        held += low <= rate <= high
    assert held / 2000 >= 0.935


def test_a_share_of_none_or_all_counts_each_cluster_once() -> None:
    """Ten clusters of twenty rows, and whole clusters say one thing: a row-wise interval would miss the truth often."""
    random = np.random.default_rng(5)
    missed = {"rows": 0, "clusters": 0}
    for _ in range(400):
        value = np.repeat(random.random(10) < 0.05, 20).astype(float)
        found = share_by_cluster(value, np.repeat(np.arange(10), 20), nothing="nothing")
        assert found.low is not None
        assert found.high is not None
        missed["clusters"] += not found.low <= 0.05 <= found.high
        if value.max() == 0:
            by_rows = share_by_cluster(value, np.arange(200), nothing="nothing")
            assert by_rows.high is not None
            missed["rows"] += by_rows.high < 0.05
    assert missed["clusters"] <= 0.065 * 400
    assert missed["rows"] > 0.3 * 400


def test_a_share_of_nothing_says_why() -> None:
    assert share_by_cluster([], [], nothing="no item was judged twice").why == "no item was judged twice"
