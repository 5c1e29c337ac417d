"""Is a paired difference more than chance? Signs of whole clusters flipped, studentised, and the interval inverted.

Under no difference a cluster's sum is as likely to be positive as negative. Flipping whole clusters keeps what rows of
one tenant have in common; studentising keeps the test right where clusters differ in size and spread. It is the wild
cluster bootstrap with the null imposed (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, 414)
and the approximate randomisation test of Canay, Romano and Shaikh (2017, Econometrica 85, 1013). Where every cluster
is one pair that won, lost or tied, the one-sided test is the exact test of McNemar.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.stats.bootstrap import flipped_totals
from tasks.stats.clusters import Floats
from tasks.stats.proportion import bisect

FLIPS = 3_999
TIE = 1e-9
"""Flips whose statistics differ by less are ties; both count, so a tie is never evidence."""


@dataclass(frozen=True)
class SignFlip:
    """The test of one mean difference from cluster sums of differences and of weights (clusters,)."""

    differences: Floats
    weights: Floats
    flips: int = FLIPS
    seed: int = 0

    @property
    def mean(self) -> float:
        return float(self.differences.sum() / self.weights.sum())

    @cached_property
    def _side(self) -> float:
        """The side that the differences lean to. Flips are drawn for the mirrored sums where they lean below zero, so
        that exchanging the two systems exchanges the bounds exactly.
        """
        s, w = self.differences, self.weights
        leans = (float(odd.sum().round(9)) for odd in (s, s * w, s**3))
        return next((1.0 if lean > 0 else -1.0 for lean in leans if lean), 1.0)

    @cached_property
    def _flipped(self) -> Floats:
        """Flipped totals (flips, 4) of difference, weight, difference x weight and weight squared."""
        s, w = self._side * self.differences, self.weights
        return flipped_totals(np.stack([s, w, s * w, w * w], axis=1), self.flips, self.seed)

    def p_value(self, delta: float = 0.0) -> float:
        """Two-sided: twice the smaller tail, at most 1."""
        return min(1.0, 2 * min(self.p_above(delta), self.p_below(delta)))

    def p_above(self, delta: float = 0.0) -> float:
        """One-sided p-value against a mean of `delta`, for a mean above it."""
        return self._tail(delta, above=True)

    def p_below(self, delta: float = 0.0) -> float:
        """One-sided p-value against a mean of `delta`, for a mean below it."""
        return self._tail(delta, above=False)

    def interval(self, level: float, span: float = 1.0) -> tuple[float, float]:
        """The means that the test does not reject, within -span and span; all of them with fewer than 6 clusters."""
        tail = (1 - level) / 2
        low = bisect(lambda delta: self.p_above(delta) > tail, -span, self.mean)
        high = bisect(lambda delta: self.p_below(delta) <= tail, self.mean, span)
        # Where the test of no difference is exact, the interval must not contradict it by the luck of the flips.
        return (min(low, 0.0) if self.p_above() > tail else low, max(high, 0.0) if self.p_below() > tail else high)

    @cached_property
    def single_pairs(self) -> bool:
        """Whether each cluster is one pair of equal weight that won, lost or tied, so that McNemar is exact."""
        unit = float(self.weights[0])
        return bool((self.weights == unit).all() and np.isin(np.abs(self.differences), [0.0, unit]).all())

    def _tail(self, delta: float, *, above: bool) -> float:
        if delta == 0.0 and self.single_pairs:
            wins, losses = int((self.differences > 0).sum()), int((self.differences < 0).sum())
            return binomial_tail(wins if above else losses, wins + losses)
        flipped = self._statistics(self._side * delta)
        if above == (self._side > 0):
            return float((flipped >= flipped[0] - TIE).mean())
        return float((flipped <= flipped[0] + TIE).mean())

    def _statistics(self, delta: float) -> Floats:
        """Studentised means of the flipped clusters (flips,) under the null of a mean of `delta`."""
        s, w = self._side * self.differences, self.weights
        total = float(w.sum())
        centred = s - delta * w
        shift = self._flipped[:, 0] - delta * self._flipped[:, 1]
        cross = self._flipped[:, 2] - delta * self._flipped[:, 3]
        means = shift / total
        square = float((centred**2).sum()) - 2 * means * cross + means**2 * float((w**2).sum())
        return np.asarray(shift / np.sqrt(np.maximum(square, 1e-12 * total)), dtype=np.float64)


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Adjusted p-values by Holm's step-down method (1979, Scandinavian Journal of Statistics 6, 65).

    Rejecting those at or below alpha keeps the chance of any false rejection at alpha, whatever their dependence.
    """
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda pair: (pair[1], pair[0]))):
        largest = max(largest, min(1.0, p * (len(p_values) - rank)))
        adjusted[name] = largest
    return adjusted


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p-value of McNemar (1947) from the pairs that differ, for pairs that are independent."""
    return min(1.0, 2 * binomial_tail(max(wins, losses), wins + losses))


def binomial_tail(successes: int, trials: int) -> float:
    """The chance of so many heads or more among `trials` tosses of a fair coin."""
    from scipy.special import bdtrc

    return float(bdtrc(successes - 1, trials, 0.5)) if successes else 1.0
