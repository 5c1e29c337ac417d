"""How many of a sample's rows go to each stratum? As many as its share of the window, two at least, all at most."""

from collections.abc import Mapping

LEAST = 2
"""Fewer than two groups say nothing of how much a stratum varies."""


def allocation(rows: Mapping[str, int], groups: Mapping[str, int], size: int) -> dict[str, int]:
    """Rows of the sample by stratum, by largest remainder; together `size`, or all groups where there are fewer.

    `rows` is how many rows of the window each stratum has, `groups` how many different requests; a stratum gives no
    more than these.
    """
    total = min(size, sum(groups.values()))
    wanted = _clipped_shares(rows, groups, total)
    given = {stratum: int(share + 1e-9) for stratum, share in wanted.items()}
    by_remainder = sorted(wanted, key=lambda stratum: (given[stratum] - wanted[stratum], stratum))
    for stratum in by_remainder[: total - sum(given.values())]:
        given[stratum] += 1
    return given


def _clipped_shares(rows: Mapping[str, int], groups: Mapping[str, int], total: int) -> dict[str, float]:
    """Shares proportional to the rows between the two limits, with the one factor (found by halving) that adds up."""
    least = min(LEAST, total)
    low, high = 0.0, 1.0
    for _ in range(64):
        factor = (low + high) / 2
        shares = {name: min(max(factor * rows[name], min(least, groups[name])), groups[name]) for name in rows}
        low, high = (factor, high) if sum(shares.values()) < total else (low, factor)
    return shares
