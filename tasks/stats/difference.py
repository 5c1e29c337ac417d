"""How much better is the candidate on the same requests? The paired difference, with clusters as the unit.

Requests of one tenant are not independent, so interval and tests flip whole clusters (`signflip`). With weights
1 / inclusion probability the difference is production's.
"""

from dataclasses import dataclass, replace

import numpy as np

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import Bools, Floats, Ints, codes, effective_number, sums
from tasks.stats.proportion import paired_score
from tasks.stats.signflip import FLIPS, SignFlip

METHOD = (
    "mean paired difference, studentised sign-flip of clusters inverted, never narrower than Tango's score interval"
)


@dataclass(frozen=True)
class Pairs:
    """Differences candidate - current (rows,), NaN where a pair is unscored, with cluster codes and weights.

    `span` is the widest difference that the scale allows: 1 for pass or fail, 4 on a scale from 1 to 5.
    """

    difference: Floats
    cluster: Ints
    weight: Floats
    span: float = 1.0

    @property
    def scored(self) -> "Pairs":
        return self.only(~np.isnan(self.difference))

    @property
    def unscored(self) -> int:
        return int(np.isnan(self.difference).sum())

    @property
    def clusters(self) -> int:
        return int(np.unique(self.cluster).size)

    @property
    def binary(self) -> bool:
        return self.span == 1.0

    def only(self, rows: Bools) -> "Pairs":
        return replace(self, difference=self.difference[rows], cluster=self.cluster[rows], weight=self.weight[rows])

    def unscored_lost(self) -> "Pairs":
        """Every unscored pair counted against the candidate."""
        return replace(self, difference=np.where(np.isnan(self.difference), -self.span, self.difference))

    def counts(self) -> dict[str, int]:
        """Wins, losses, ties and unscored pairs: they add up to the rows."""
        d = self.difference
        found = {"wins": d > 0, "losses": d < 0, "ties": d == 0, "unscored": np.isnan(d)}
        return {name: int(rows.sum()) for name, rows in found.items()}

    def test(self, *, flips: int = FLIPS, seed: int = 0) -> SignFlip:
        """The sign-flip test of the pairs, all of which must be scored."""
        found, names = codes(self.cluster, self.cluster.size)
        totals = sums(np.stack([self.weight * self.difference, self.weight], axis=1), found, len(names))
        return SignFlip(totals[:, 0], totals[:, 1], flips, seed)


def paired_difference(pairs: Pairs, *, level: float = 0.95, flips: int = FLIPS, seed: int = 0) -> Estimate:
    """The weighted mean difference of the scored pairs.

    The interval inverts the studentised sign-flip test, and is on either side at least as wide as the score interval of
    as many independent pairs: where few pairs differ, their clusters cannot say how rare a difference is.
    """
    scored = pairs.scored
    if not scored.difference.size:
        return Estimate.unknown("no pair is scored on both sides", method=METHOD)
    test = scored.test(flips=flips, seed=seed)
    low, high = test.interval(level, pairs.span)
    share = scored.weight / scored.weight.sum()
    better = float((share * np.maximum(scored.difference, 0.0)).sum())
    worse = float((share * np.maximum(-scored.difference, 0.0)).sum())
    if better + worse <= 1.0:  # beyond one step a pair, on a long scale, differences are not rare
        rows = effective_number(scored.weight)
        floor = paired_score(better * rows, worse * rows, rows, level)
        low, high = min(low, floor[0]), max(high, floor[1])
    n = scored.difference.size
    return Estimate(value=test.mean, low=low, high=high, level=level, n=n, method=METHOD)
