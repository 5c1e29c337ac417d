"""Intervals of one share and of the difference of two, against published figures."""

import pytest

from tasks.domain.estimate import Estimate
from tasks.stats.proportion import clopper_pearson, paired_score, rate_difference, wilson


def share(successes: int, trials: int) -> Estimate:
    low, high = wilson(successes, trials)
    return Estimate(value=successes / trials, low=low, high=high, n=trials, method="wilson")


@pytest.mark.parametrize(
    ("successes", "trials", "by_wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_intervals_of_a_share_reproduce_newcombe_1998_table_1(
    successes: int, trials: int, by_wilson: tuple[float, float], exact: tuple[float, float]
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, methods 3 and 5."""
    assert wilson(successes, trials) == pytest.approx(by_wilson, abs=6e-5)
    assert clopper_pearson(successes, trials) == pytest.approx(exact, abs=6e-5)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_difference_of_two_shares_reproduces_newcombe_1998_table_2(
    first: tuple[int, int], second: tuple[int, int], expected: tuple[float, float]
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10."""
    found = rate_difference(share(*first), share(*second))
    assert (found.low, found.high) == pytest.approx(expected, abs=6e-5)


def test_exchanging_the_two_rates_negates_their_difference() -> None:
    there, back = rate_difference(share(8, 10), share(40, 90)), rate_difference(share(40, 90), share(8, 10))
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))  # type: ignore[operator]


def test_a_difference_to_an_unknown_rate_is_unknown_and_says_why() -> None:
    found = rate_difference(share(8, 10), Estimate.unknown("nothing was judged"))
    assert found.value is None
    assert found.why == "nothing was judged"


def test_rates_at_two_levels_have_no_common_difference() -> None:
    with pytest.raises(ValueError, match="levels differ"):
        rate_difference(share(8, 10), share(8, 10).model_copy(update={"level": 0.9}))


def test_the_paired_score_interval_reproduces_fagerland_2014() -> None:
    """Airway hyper-responsiveness, 1 pair against 7 of 21: Fagerland, Lydersen and Laake (2014), Statistics in Medicine
    33, 2850-2875, Tango's interval.
    """
    assert paired_score(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=6e-4)


def test_the_paired_score_interval_is_honest_where_no_pair_differs() -> None:
    """Solved by hand: with no difference seen, n d = z^2 (1 - d)."""
    z_squared = 1.959964**2
    limit = z_squared / (400 + z_squared)
    assert paired_score(0, 0, 400) == pytest.approx((-limit, limit), abs=1e-6)
