"""The gate's decision: each outcome, its symmetries, and how often it is wrong by simulation."""

from typing import NamedTuple

import numpy as np
import pytest

from tasks.stats.clusters import Floats, Ints
from tasks.stats.difference import Pairs, paired_difference
from tasks.stats.paired import Decision, decide


def systems(
    rng: np.random.Generator,
    tenants: int,
    *,
    taste: float,
    discordant: float = 0.25,
    better: float = 0.5,
    long: bool = False,
) -> tuple[Floats, Floats, Ints]:
    """Two systems' verdicts on the same requests. They differ on a share of pairs, of which the candidate wins `better`
    on average, each tenant with a taste of its own (standard deviation on the logit scale).
    """
    sizes = np.maximum(1, np.round(rng.lognormal(1.6, 0.8, tenants))).astype(int) if long else np.full(tenants, 10)
    tenant = np.repeat(np.arange(tenants), sizes)
    leaning = (
        np.log(better / (1 - better)) + rng.normal(0, taste, tenants) if 0 < better < 1 else np.full(tenants, np.inf)
    )
    current = (rng.random(tenant.size) < 0.7).astype(float)
    differ = rng.random(tenant.size) < discordant
    wins = rng.random(tenant.size) < (1 / (1 + np.exp(-leaning)))[tenant]
    return np.where(differ, 1.0 - wins, current), np.where(differ, wins, current).astype(float), tenant


def true_difference(taste: float, discordant: float, better: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    wins = 1 / (1 + np.exp(-(np.log(better / (1 - better)) + taste * nodes)))
    return float(discordant * (2 * (weights * wins).sum() / weights.sum() - 1))


def test_a_clearly_better_candidate_passes() -> None:
    found = decide(*systems(np.random.default_rng(0), 40, taste=0.5, better=0.8))
    assert found.decision == "PASS"
    assert found.why.startswith("The candidate is")
    assert "better than the current system" in found.why


def test_a_clearly_worse_candidate_fails() -> None:
    found = decide(*systems(np.random.default_rng(0), 40, taste=0.5, better=0.2))
    assert found.decision == "FAIL"
    assert "significantly worse" in found.why


def test_too_little_evidence_is_inconclusive_and_says_what_it_would_take() -> None:
    found = decide(*systems(np.random.default_rng(2), 12, taste=0.5))
    assert found.decision == "INCONCLUSIVE"
    assert found.pairs_needed is not None
    assert found.pairs_needed > found.delta.n
    assert f"{found.pairs_needed:,} pairs" in found.why


def test_the_same_verdicts_on_400_requests_pass() -> None:
    assert decide(np.ones(400), np.ones(400)).decision == "PASS"


def test_the_same_verdicts_on_50_requests_do_not_exclude_two_points() -> None:
    assert decide(np.ones(50), np.ones(50)).decision == "INCONCLUSIVE"


def test_five_tenants_are_too_few_for_any_decision() -> None:
    found = decide(np.zeros(50), np.ones(50), np.repeat(np.arange(5), 10))
    assert found.decision == "INCONCLUSIVE"
    assert "5 clusters are too few" in found.why


def test_wins_losses_ties_and_unscored_add_up() -> None:
    found = decide([1, 0, 1, np.nan, 1, 0], [1, 1, 0, 1, np.nan, 0])
    assert (found.wins, found.losses, found.ties, found.unscored) == (1, 1, 2, 2)


def test_exchanging_the_systems_negates_the_difference() -> None:
    current, candidate, tenant = systems(np.random.default_rng(3), 30, taste=1.0, better=0.6, long=True)
    there, back = decide(current, candidate, tenant), decide(candidate, current, tenant)
    assert (there.wins, there.losses) == (back.losses, back.wins)
    assert there.delta.value == pytest.approx(-back.delta.value)  # type: ignore[operator]
    assert (there.delta.low, there.delta.high) == pytest.approx((-back.delta.high, -back.delta.low))  # type: ignore[operator]
    assert there.p_value == back.p_value


def test_neither_the_order_of_rows_nor_the_names_of_tenants_count() -> None:
    current, candidate, tenant = systems(np.random.default_rng(4), 30, taste=1.0, long=True)
    order = np.random.default_rng(5).permutation(tenant.size)
    renamed = np.array([f"tenant-{(7 * code) % 31}" for code in tenant])
    assert decide(current[order], candidate[order], renamed[order]).delta == decide(current, candidate, tenant).delta


def test_a_stratum_that_is_significantly_worse_fails_the_gate_by_name() -> None:
    """100 points better for most, much worse for refunds: on average better, and yet not to be shipped."""
    rng = np.random.default_rng(6)
    current, candidate, tenant = systems(rng, 60, taste=0.3, better=0.9)
    stratum = np.where(tenant < 45, "orders", "refunds")
    worse = stratum == "refunds"
    current[worse], candidate[worse] = candidate[worse].copy(), current[worse].copy()
    found = decide(current, candidate, tenant, stratum=stratum)
    assert found.delta.low is not None
    assert found.delta.low > 0
    assert found.decision == "FAIL"
    assert found.strata["refunds"].worse
    assert not found.strata["orders"].worse
    assert "significantly worse in 'refunds'" in found.why


def test_unscored_pairs_turn_a_pass_into_inconclusive_and_their_share_is_named() -> None:
    current, candidate = np.ones(400), np.ones(400)
    candidate[:12] = np.nan
    found = decide(current, candidate)
    assert found.delta.low is not None
    assert found.delta.low > -0.02
    assert found.decision == "INCONCLUSIVE"
    assert "12 of 400 pairs (3.0%) are unscored" in found.why
    assert found.delta_if_unscored_lost.value == pytest.approx(-0.03)


def test_few_unscored_pairs_beside_a_clear_win_still_pass() -> None:
    current, candidate, tenant = systems(np.random.default_rng(0), 40, taste=0.5, better=0.8)
    candidate[:3] = np.nan
    found = decide(current, candidate, tenant)
    assert found.decision == "PASS"
    assert "even if all 3 unscored pairs are counted against it" in found.why


def test_unscored_pairs_never_excuse_a_fail() -> None:
    current, candidate, tenant = systems(np.random.default_rng(0), 40, taste=0.5, better=0.2)
    candidate[:20] = np.nan
    assert decide(current, candidate, tenant).decision == "FAIL"


def test_nothing_scored_is_inconclusive() -> None:
    found = decide([1, np.nan], [np.nan, 1])
    assert found.decision == "INCONCLUSIVE"
    assert found.delta.value is None
    assert found.p_value is None


def test_weights_make_the_difference_speak_for_production() -> None:
    found = decide([0, 0, 1, 1], [1, 0, 1, 0], weight=[30, 10, 5, 5])
    assert found.delta.value == pytest.approx((30 - 5) / 50)


def test_equal_weights_change_nothing() -> None:
    current, candidate, tenant = systems(np.random.default_rng(7), 20, taste=1.0)
    plain, weighted = (decide(current, candidate, tenant, weight=w) for w in (None, np.full(tenant.size, 4.0)))
    assert plain.delta.low == pytest.approx(weighted.delta.low)
    assert plain.delta.high == pytest.approx(weighted.delta.high)


def test_mcnemar_decides_where_every_cluster_is_one_pair() -> None:
    """5 losses to 0 are not significant at one-sided 2.5% (1/32), 6 to 0 are (1/64): the bound moves with the test."""
    for losses, significant in [(5, False), (6, True)]:
        current, candidate = np.ones(40), np.ones(40)
        candidate[:losses] = 0
        found = decide(current, candidate)
        assert found.pairs_are_independent
        assert found.p_value == pytest.approx(found.p_mcnemar)
        assert found.delta.high is not None
        assert (found.delta.high < 0) is significant
        assert (found.decision == "FAIL") is significant


def test_an_ordinal_scale_is_read_in_its_steps() -> None:
    rng = np.random.default_rng(8)
    current = rng.integers(1, 5, 200).astype(float)
    found = decide(current, current + (rng.random(200) < 0.5), np.arange(200) // 5, span=4, margin=0.1)
    assert found.decision == "PASS"
    assert "on the scale" in found.why
    assert found.p_mcnemar is None


def test_a_difference_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="span"):
        decide([1, 5], [1, 3])


def test_a_decision_is_one_json_document() -> None:
    found = decide(*systems(np.random.default_rng(9), 20, taste=1.0))
    assert Decision.model_validate_json(found.model_dump_json()) == found


def false_decisions(comparisons: int, seed: int, *, tenants: int = 40) -> dict[str, int]:
    """Decisions under no difference: worse (FAIL), and better (PASS with no margin), three strata looked at."""
    rng = np.random.default_rng(seed)
    counts = {"worse": 0, "better": 0}
    for turn in range(comparisons):
        current, candidate, tenant = systems(rng, tenants, taste=1.0)
        stratum = rng.integers(0, 3, tenant.size)
        found = decide(current, candidate, tenant, stratum=stratum, margin=0.0, flips=999, seed=turn)
        counts["worse"] += found.decision == "FAIL"
        counts["better"] += found.decision == "PASS"
    return counts


def test_no_difference_is_rarely_called_one() -> None:
    """150 comparisons at 6.5%: more than 18 would be a chance of less than one in a hundred."""
    assert sum(false_decisions(150, seed=1).values()) <= 18


@pytest.mark.slow
def test_no_difference_is_called_one_at_most_65_times_in_1000() -> None:
    counts = false_decisions(1000, seed=2)
    assert sum(counts.values()) <= 65, counts


class Case(NamedTuple):
    tenants: int
    taste: float
    discordant: float
    better: float
    long: bool = False


CASES = [
    Case(10, 1.0, 0.3, 0.5),
    Case(10, 1.0, 0.3, 0.2, long=True),
    Case(20, 1.0, 0.3, 0.2, long=True),
    Case(20, 0.5, 0.05, 0.2),
    Case(40, 1.0, 0.25, 0.35, long=True),
    Case(60, 1.0, 0.1, 0.2, long=True),
    Case(40, 0.0, 0.02, 0.1),
]


def coverage(case: Case, draws: int, seed: int) -> tuple[float, float]:
    """The share of samples of tenants whose interval holds the true difference, and the mean width."""
    rng = np.random.default_rng(seed)
    truth = true_difference(case.taste, case.discordant, case.better)
    held, width = 0, 0.0
    for turn in range(draws):
        current, candidate, tenant = systems(rng, **case._asdict())
        pairs = Pairs(candidate - current, tenant.astype(np.int64), np.ones(tenant.size))
        found = paired_difference(pairs, flips=999, seed=turn)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
        width += found.high - found.low
    return held / draws, width / draws


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_interval_holds_the_difference(case: Case) -> None:
    """A quick look: fewer than 88 of 100 would be a chance of less than one in a hundred at 94%."""
    assert coverage(case, 100, seed=1)[0] >= 0.88


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_interval_holds_the_difference_in_2000_draws(case: Case) -> None:
    share, width = coverage(case, 2000, seed=2)
    assert share >= 0.935, f"{share:.3f}, mean width {width:.3f}"
