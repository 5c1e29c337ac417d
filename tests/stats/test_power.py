"""Planning figures against their formulas' published examples, and against what they promise."""

import pytest

from tasks.stats.power import (
    design_effect,
    labels_for_kappa,
    pairs_for_difference,
    pairs_to_decide,
    rows_for_rate,
)


def test_a_rate_within_five_points_takes_385_rows() -> None:
    """Cochran (1977), Sampling Techniques, section 4.4: p = 0.5, d = 0.05, t = 1.96."""
    assert rows_for_rate(0.5, 0.05) == 385


def test_clusters_multiply_the_rows_by_their_design_effect() -> None:
    assert design_effect(11, 0.1) == pytest.approx(2.0)
    assert rows_for_rate(0.5, 0.05, design=2.0) == 769


def test_a_kappa_of_60_within_ten_points_takes_246_items() -> None:
    """p_o = 0.8 and p_e = 0.5, so kappa 0.6: 1.96^2 x 0.16 / (0.1 x 0.5)^2 = 245.9."""
    assert labels_for_kappa(0.8, 0.5, 0.10) == 246


def test_five_points_at_twenty_percent_discordant_take_626_pairs() -> None:
    """A share of 0.2 discordant pairs and a difference of 0.05 have the standard deviation sqrt(0.2 - 0.05^2)."""
    assert pairs_for_difference(0.05, (0.2 - 0.05**2) ** 0.5, power=0.8) == pytest.approx(626, abs=7)


def test_an_interval_twice_too_wide_takes_four_times_the_pairs() -> None:
    assert pairs_to_decide(100, value=0.0, half_width=0.04, margin=0.02) == 400


def test_a_difference_on_its_way_to_fail_counts_from_zero() -> None:
    assert pairs_to_decide(100, value=-0.03, half_width=0.06, margin=0.02) == 400


def test_a_certain_difference_takes_one_pair_more_at_least() -> None:
    assert pairs_to_decide(100, value=0.5, half_width=0.1, margin=0.02) == 101


def test_without_margin_a_difference_of_zero_never_decides() -> None:
    assert pairs_to_decide(100, value=0.0, half_width=0.1, margin=0.0) is None
