"""How sure is an agreement 1 - D_observed / D_expected? Resampled by cluster, and honest where dissents are few."""

import math
from dataclasses import dataclass

from tasks.domain.estimate import Estimate
from tasks.stats.bootstrap import RESAMPLES, Statistic, bca_interval
from tasks.stats.clusters import Floats
from tasks.stats.proportion import clopper_pearson

RARE = 10
"""With fewer disagreeing clusters than this, resampling them says little of how rare disagreement is."""


@dataclass(frozen=True)
class Resampling:
    """How an interval is made; the defaults are what the product reports."""

    level: float = 0.95
    resamples: int = RESAMPLES
    seed: int = 0


DEFAULT = Resampling()


@dataclass(frozen=True)
class Coefficient:
    """A coefficient as a function of sums by cluster (clusters, k), and what is known of disagreement.

    `differing` of the clusters disagree at all; where none does, one that did would cost the coefficient `step`.
    """

    statistic: Statistic
    sums: Floats
    differing: int
    step: float

    def estimate(self, n: int, method: str, how: Resampling) -> Estimate:
        """The coefficient with its interval, or unknown where chance alone would agree always."""
        clusters = self.sums.shape[0]
        value = float(self.statistic(self.sums.sum(axis=0))) if n else math.nan
        ends = bca_interval(self.statistic, self.sums, level=how.level, resamples=how.resamples, seed=how.seed)
        resampled = f"{method}, BCa bootstrap of {clusters} clusters ({how.resamples} resamples, seed {how.seed})"
        return bounded(value, ends, Dissent(self.differing, clusters, self.step), n, resampled, how.level)


@dataclass(frozen=True)
class Dissent:
    """How rare disagreement is: so many of the clusters disagree, and one more would cost `step` where none does."""

    differing: int
    clusters: int
    step: float

    def interval(self, value: float, level: float) -> tuple[float, float]:
        """From the exact interval of the share of disagreeing clusters, with the rest held fixed.

        A resample cannot see this uncertainty: from no disagreement it draws none.
        """
        low, high = clopper_pearson(self.differing, self.clusters, level)
        unit = (1 - value) / self.differing if self.differing else self.step
        return 1 - unit * self.clusters * high, 1 - unit * self.clusters * low


def bounded(
    value: float, ends: tuple[float, float] | None, dissent: Dissent, n: int, method: str, level: float
) -> Estimate:
    """An agreement with the given ends, widened where fewer than ten clusters disagree."""
    if n == 0:
        return Estimate.unknown("no item has two ratings to compare", method=method)
    if not math.isfinite(value):
        why = "every rating has the same value, so chance alone would agree always"
        return Estimate.unknown(why, n=n, method=method)
    if dissent.clusters < 2:
        return Estimate(value=value, level=level, n=n, method=f"{method}; one cluster alone has no interval")
    if ends is None or dissent.differing < RARE:
        rare = dissent.interval(value, level)
        ends = rare if ends is None else (min(ends[0], rare[0]), max(ends[1], rare[1]))
    low, high = max(-1.0, min(ends[0], value)), min(1.0, max(ends[1], value))
    return Estimate(value=value, low=low, high=high, level=level, n=n, method=method)
