"""Flips of whole clusters: exact where they can be, equal to McNemar where every cluster is one pair."""

import numpy as np
import pytest

from tasks.stats.signflip import SignFlip, binomial_tail, holm, mcnemar


def test_exact_mcnemar_reproduces_fagerland_2014() -> None:
    """1 pair against 7: Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, 2850, exact conditional."""
    assert mcnemar(1, 7) == pytest.approx(0.0703, abs=5e-5)


def test_exact_mcnemar_agrees_with_statsmodels() -> None:
    from statsmodels.stats.contingency_tables import mcnemar as reference

    for wins, losses in [(0, 0), (0, 1), (3, 9), (12, 12), (40, 21)]:
        expected = reference(np.array([[5, wins], [losses, 5]]), exact=True).pvalue if wins + losses else 1.0
        assert mcnemar(wins, losses) == pytest.approx(min(1.0, expected))


def test_single_pairs_are_tested_by_exact_mcnemar() -> None:
    differences = np.array([1.0] * 3 + [-1.0] * 12 + [0.0] * 30)
    test = SignFlip(differences, np.ones(45))
    assert test.p_value() == pytest.approx(mcnemar(3, 12))
    assert test.p_below() == pytest.approx(binomial_tail(12, 15))


def test_single_pairs_by_drawn_flips_come_to_the_same() -> None:
    """The studentised statistic is monotone in the sum here, so drawing flips estimates the binomial tail."""
    differences = np.array([1.0] * 3 + [-1.0] * 12 + [0.0] * 30)
    drawn = SignFlip(differences, np.ones(45), flips=20_000)
    assert drawn.p_below(1e-12) == pytest.approx(binomial_tail(12, 15), abs=0.004)


def test_few_clusters_are_tested_exactly() -> None:
    """Eight clusters that all won: of 256 sign patterns one is as extreme, on either side."""
    test = SignFlip(np.arange(1.0, 9.0, dtype=np.float64), np.repeat(10.0, 8))
    assert test.p_above() == pytest.approx(1 / 256)
    assert test.p_value() == pytest.approx(2 / 256)


def test_with_fewer_than_six_clusters_nothing_is_excluded() -> None:
    assert SignFlip(np.repeat(9.0, 5), np.repeat(10.0, 5)).interval(0.95) == (-1.0, 1.0)


def test_the_interval_holds_exactly_what_the_test_does_not_reject() -> None:
    rng = np.random.default_rng(5)
    test = SignFlip(rng.normal(1, 3, 30), rng.integers(5, 15, 30).astype(float))
    low, high = test.interval(0.95)
    assert test.p_above(low - 1e-4) <= 0.025 < test.p_above(low + 1e-4)
    assert test.p_below(high + 1e-4) <= 0.025 < test.p_below(high - 1e-4)


def test_exchanging_the_systems_mirrors_the_interval() -> None:
    rng = np.random.default_rng(6)
    differences, weights = rng.normal(1, 3, 40), rng.integers(5, 15, 40).astype(float)
    low, high = SignFlip(differences, weights).interval(0.95)
    assert SignFlip(-differences, weights).interval(0.95) == pytest.approx((-high, -low), abs=1e-9)


def test_the_order_of_clusters_does_not_count() -> None:
    rng = np.random.default_rng(7)
    differences, weights, order = rng.integers(-3, 4, 40).astype(np.float64), np.repeat(5.0, 40), rng.permutation(40)
    assert SignFlip(differences, weights).interval(0.95) == SignFlip(differences[order], weights[order]).interval(0.95)


def test_holm_agrees_with_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = [0.01, 0.04, 0.03, 0.005, 0.5]
    expected = multipletests(p_values, method="holm")[1]
    assert list(holm(dict(zip("abcde", p_values, strict=True)))) == ["d", "a", "c", "b", "e"]
    found = holm(dict(zip("abcde", p_values, strict=True)))
    assert [found[name] for name in "abcde"] == pytest.approx(list(expected))
