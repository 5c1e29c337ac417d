"""What is the rate over the whole window, judged from a stratified sample of it?

The sample is drawn without replacement, each row with its own inclusion probability; where near-duplicates are
represented by one random member, that probability is P(group drawn) / size of the group. Limits: the interval treats
the judge's verdicts as the truth (the judge's own errors are another question), and rows without a verdict as missing
at random; `unscored_bounds` says how far that could lead astray.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import Bools, Floats, Ints, codes, effective_number
from tasks.stats.proportion import clopper_pearson, normal_quantile, t_quantile

PRIOR_ROWS = 2.0
"""A stratum's rate is drawn towards the overall rate by so many rows where its variance is judged: a stratum of three
passes is no proof of no variance."""


def stratified_rate(
    value: ArrayLike,
    weight: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    population: ArrayLike | None = None,
    *,
    cluster: ArrayLike | None = None,
    domain: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The rate of ones over the window that a sample stands for, or over a domain (a slice) of it.

    All arguments are arrays (rows,) over the whole sample, the rows outside the domain and without a verdict included:
    `value` is 1, 0 or NaN (unscored), `weight` is 1 / inclusion probability, `population` is the number of rows that
    the window holds in the row's stratum. `n` of the answer counts the judged rows of the domain.

    With `population` the weights are scaled to it within each stratum and the interval is about this very window: the
    share that was looked at is known (finite population correction). Without it, or with `cluster`, it is about all
    that such clusters might have sent.

    Point estimate: Hajek's ratio, separate within strata (Sarndal, Swensson and Wretman 1992, Model Assisted Survey
    Sampling, 5.7 and 7.3). Variance: Taylor linearisation over all sampled rows with the factor 1 - pi (Hajek 1964,
    Annals of Mathematical Statistics 35, 1491), strata of one row collapsed (Cochran 1977, Sampling Techniques, 5A.12).
    Interval: Clopper-Pearson on the effective sample size (Korn and Graubard 1998), widened where rows of unequal
    weight make the estimate skew.
    """
    y = np.asarray(value, dtype=np.float64)
    rows = y.size
    inside = np.ones(rows, dtype=np.bool_) if domain is None else np.asarray(domain, dtype=np.bool_)
    counted = inside & ~np.isnan(y)
    n = int(counted.sum())
    if n == 0:
        why = f"none of the {int(inside.sum())} sampled rows has a verdict" if inside.any() else "no row was sampled"
        return Estimate.unknown(why, method="stratified rate")
    strata, names = codes(np.zeros(rows, dtype=np.int64) if stratum is None else stratum, rows)
    size = None if population is None else np.asarray(population, dtype=np.float64)
    w = _weights(weight, strata, len(names), size)
    known = (1 - 1 / np.maximum(w, 1.0)) if size is not None and cluster is None else np.ones(rows)
    shape = _shape(np.where(counted, y, 0.0), counted, w, strata, known, calibrated=size is not None)
    if cluster is None:
        low, high = shape.interval(level)
        method = "stratified Hajek rate, Clopper-Pearson on the effective sample size (Korn and Graubard 1998)"
    else:
        groups, group_names = codes(cluster, rows)
        low, high = shape.clustered(groups, len(group_names), level)
        method = "weighted rate, clusters as drawn units, Clopper-Pearson on the effective sample size"
    return Estimate(value=shape.rate, low=low, high=high, level=level, n=n, method=method)


def share_by_cluster(value: ArrayLike, cluster: ArrayLike, *, nothing: str) -> Estimate:
    """The share of ones among rows (rows,) of 1 and 0, clusters as the drawn units; `nothing` says why there is none.

    Where every row says the same, nothing tells how alike the rows of a cluster are: each cluster then counts once.
    """
    y = np.asarray(value, dtype=np.float64)
    if not y.size:
        return Estimate.unknown(nothing, method="share of rows")
    if 0 < y.mean() < 1:
        return stratified_rate(y, cluster=cluster)
    clusters = len(set(np.asarray(cluster).tolist()))
    low, high = clopper_pearson(float(y[0]) * clusters, clusters)
    method = "share of rows that all say the same, Clopper-Pearson with each cluster once"
    return Estimate(value=float(y[0]), low=low, high=high, n=y.size, method=method)


def unscored_bounds(
    value: ArrayLike,
    weight: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    population: ArrayLike | None = None,
    *,
    cluster: ArrayLike | None = None,
    domain: ArrayLike | None = None,
    level: float = 0.95,
) -> tuple[Estimate, Estimate]:
    """The rate if every unscored row failed, and if every one passed: the true verdicts' rate lies between the two."""
    y = np.asarray(value, dtype=np.float64)
    filled = (np.where(np.isnan(y), verdict, y) for verdict in (0.0, 1.0))
    worst, best = (
        stratified_rate(each, weight, stratum, population, cluster=cluster, domain=domain, level=level)
        for each in filled
    )
    return worst, best


def rates_by(
    slices: ArrayLike,
    value: ArrayLike,
    weight: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    population: ArrayLike | None = None,
    *,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """The rate within each slice, as domain estimates: slices may cut across the strata (Cochran 1977, 5A.14)."""
    labels = np.asarray(slices)
    return {
        str(name): stratified_rate(
            value, weight, stratum, population, cluster=cluster, domain=labels == name, level=level
        )
        for name in np.unique(labels)
    }


@dataclass(frozen=True)
class _Shape:
    """How the estimated rate varies: its variance in two ways, and what one row can do to it.

    `share` is each row's share of the weight, `spread` its variance as a coin with its stratum's rate, `free` the part
    of a row that sampling left open, `pull` a row's linearised influence on the rate, all (rows,).
    """

    rate: float
    share: Floats
    rates: Floats
    free: Floats
    pull: Floats
    linear: float

    @property
    def mixed(self) -> bool:
        return 0.0 < self.rate < 1.0

    def interval(self, level: float) -> tuple[float, float]:
        """The wider of two on each side: on the effective sample size, and on the binomial with the same skewness.

        The first alone misses where one stratum makes most of the variance at a rate of its own near 0 or 1.
        """
        square = self.free * np.square(self.share)
        if square.sum() <= 0:
            return self.rate, self.rate
        spread = self.rates * (1 - self.rates) if self.mixed else np.ones_like(square)
        second, third = float((square * spread).sum()), float((square * self.share * spread).sum())
        variance = max(second, self.linear) if self.mixed else second
        low, high = self._effective(variance, level)
        # One row of the matching binomial moves the rate by `step`; it has `trials` rows and the rate `inner`.
        step = third / second
        inner = self.rate
        trials = variance / step**2
        if self.mixed:
            inner = 0.5 - 0.5 * float((square * self.share * spread * (1 - 2 * self.rates)).sum()) / third
            trials /= inner * (1 - inner)
        matched = clopper_pearson(inner * trials, trials, level)
        reach = step * trials
        return (
            max(0.0, min(low, self.rate - reach * (inner - matched[0]))),
            min(1.0, max(high, self.rate + reach * (matched[1] - inner))),
        )

    def clustered(self, cluster: Ints, clusters: int, level: float) -> tuple[float, float]:
        """Clusters as the drawn units, with replacement; never narrower than independent rows would be.

        Degrees of freedom: the effective number of clusters less one, since unequal clusters count for fewer.
        """
        if clusters < 2:
            return 0.0, 1.0
        totals = np.bincount(cluster, weights=self.pull, minlength=clusters)
        between = clusters / (clusters - 1) * float(np.square(totals).sum())
        square = np.square(self.share)
        spread = self.rates * (1 - self.rates) if self.mixed else np.ones_like(square)
        freedom = max(effective_number(np.bincount(cluster, weights=self.share, minlength=clusters)) - 1, 1.0)
        stretch = t_quantile((1 + level) / 2, freedom) / normal_quantile((1 + level) / 2)
        return self._effective(max(between, float((square * spread).sum())) * stretch**2, level)

    def _effective(self, variance: float, level: float) -> tuple[float, float]:
        trials = (self.rate * (1 - self.rate) if self.mixed else 1.0) / variance
        return clopper_pearson(self.rate * trials, trials, level)


def _shape(y: Floats, counted: Bools, w: Floats, strata: Ints, free: Floats, *, calibrated: bool) -> _Shape:
    """Estimate and linearised influences; y is 0 where a row does not count."""
    live = np.where(counted, w, 0.0)
    total = float(live.sum())
    rate = float(min(max((live * y).sum() / total, 0.0), 1.0))
    residual = np.where(counted, y - rate, 0.0)
    if calibrated:
        residual = residual - _means(residual, w, strata)[strata]
    pull = w * residual / total
    share = live / total
    rows = np.bincount(strata, weights=counted.astype(np.float64))
    rates = (rows * _means(y, live, strata) + PRIOR_ROWS * rate) / (rows + PRIOR_ROWS)
    linear = _between_rows(pull, strata, free)
    return _Shape(rate=rate, share=share, rates=rates[strata], free=free, pull=pull, linear=linear)


def _between_rows(pull: Floats, strata: Ints, free: Floats) -> float:
    """The stratified variance of a sum of influences, sum over strata of n / (n - 1) sum free (u - mean u)^2."""
    merged = _collapsed(strata, free)
    rows = np.bincount(merged)
    centred = pull - (np.bincount(merged, weights=pull) / np.maximum(rows, 1))[merged]
    factor = np.where(rows > 1, rows / np.maximum(rows - 1, 1), 1.0)[merged]
    return float((free * factor * np.square(centred)).sum())


def _collapsed(strata: Ints, free: Floats) -> Ints:
    """Strata of one sampled row joined into one; a single such stratum joins the smallest other.

    Conservative, since differences between the joined strata count as variance. A stratum that was taken whole stays.
    """
    rows = np.bincount(strata)
    lonely = (rows == 1)[strata] & (free > 0)
    if not lonely.any():
        return strata
    if lonely.sum() > 1:
        return np.where(lonely, rows.size, strata)
    others = np.where(rows > 1, rows, np.iinfo(np.int64).max)
    return strata if (rows <= 1).all() else np.where(lonely, int(others.argmin()), strata)


def _weights(weight: ArrayLike | None, strata: Ints, count: int, size: Floats | None) -> Floats:
    """Weights that add up to each stratum's population, or as they were given."""
    w = np.ones(strata.size) if weight is None else np.asarray(weight, dtype=np.float64)
    if w.shape != strata.shape or not np.isfinite(w).all() or (w <= 0).any():
        raise ValueError("weights must be positive and finite, one for each row")
    if size is None:
        return w
    held = np.zeros(count)
    held[strata] = size
    if (held[strata] != size).any():
        raise ValueError("two rows of one stratum state different populations")
    return w * (held / np.bincount(strata, weights=w, minlength=count))[strata]


def _means(values: Floats, w: Floats, strata: Ints) -> Floats:
    """Weighted means by stratum; 0 for a stratum without weight."""
    mass = np.bincount(strata, weights=w)
    filled = np.where(mass > 0, mass, math.inf)
    return np.asarray(np.bincount(strata, weights=w * values) / filled, dtype=np.float64)
