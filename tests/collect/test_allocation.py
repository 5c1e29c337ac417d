"""Strata share a sample by their rows, within what they hold."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.collect.allocation import allocation


def test_shares_are_proportional_by_largest_remainder() -> None:
    rows = {"a": 500, "b": 333, "c": 167}
    assert allocation(rows, rows, 10) == {"a": 5, "b": 3, "c": 2}
    assert allocation(rows, rows, 11) == {"a": 5, "b": 4, "c": 2}


def test_a_small_stratum_gives_two() -> None:
    rows = {"large": 9_990, "small": 9, "single": 1}
    assert allocation(rows, rows, 100) == {"large": 97, "small": 2, "single": 1}


def test_a_stratum_of_few_different_requests_gives_what_it_has() -> None:
    assert allocation({"same": 900, "other": 100}, {"same": 3, "other": 100}, 50) == {"same": 3, "other": 47}


def test_one_row_is_one_row() -> None:
    assert allocation({"(rest)": 50}, {"(rest)": 50}, 1) == {"(rest)": 1}


STRATA = st.dictionaries(
    st.text(max_size=3), st.tuples(st.integers(1, 500), st.integers(1, 20)), min_size=1, max_size=9
)


@given(STRATA, st.integers(0, 300))
def test_the_parts_add_up_and_stay_within_their_limits(strata: dict[str, tuple[int, int]], more: int) -> None:
    groups = {name: count for name, (count, _) in strata.items()}
    rows = {name: count * size for name, (count, size) in strata.items()}
    size = 2 * len(strata) + more
    given_rows = allocation(rows, groups, size)
    assert sum(given_rows.values()) == min(size, sum(groups.values()))
    assert all(min(2, groups[name]) <= given_rows[name] <= groups[name] for name in strata)
    assert allocation(dict(reversed(rows.items())), groups, size) == given_rows
