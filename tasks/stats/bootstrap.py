"""How would a figure vary if other clusters had been drawn? The cluster bootstrap on sums, and flips of whole clusters.

A figure is a function of column sums, so a resample is a row of counts times the clusters' sums: no row is copied, and
the same seed gives the same resamples whatever the order of the rows.
"""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from tasks.stats.clusters import Floats, Ints, distinct
from tasks.stats.proportion import normal_quantile, t_quantile

RESAMPLES = 2_000
CHUNK = 4_000_000
"""So many random numbers at once, to keep the memory of a large sample small."""

Statistic: TypeAlias = Callable[[Floats], Floats]
"""Totals (..., k) to figures (...,), NaN where the figure is not defined."""


def resampled_totals(sums: Floats, resamples: int, seed: int) -> Iterator[Floats]:
    """Totals (some, k), `resamples` in all, of as many clusters as there are, drawn with replacement.

    Efron (1979, Annals of Statistics 7, 1); whole clusters and nothing within them (Davison and Hinkley 1997, Bootstrap
    Methods, section 3.8); `sums` is (clusters, k).
    """
    rows, counts = distinct(sums)
    rng = np.random.default_rng(seed)
    for size in _sizes(resamples, max(counts.size, sums.shape[1])):
        yield _drawn(counts, size, rng) @ rows


def flipped_totals(sums: Floats, resamples: int, seed: int) -> Floats:
    """Totals (flips, k) with each cluster's sign flipped by a fair coin; the first row is unflipped.

    Up to 12 clusters all 2^n sign patterns are listed, so that a test on them is exact; beyond, `resamples` are drawn.
    """
    clusters = sums.shape[0]
    if clusters <= 12:
        bits = np.arange(2**clusters)[:, None] >> np.arange(clusters)
        return np.asarray((1.0 - 2.0 * (bits & 1)) @ sums, dtype=np.float64)
    rows, counts = distinct(sums)
    if counts.size * 4 > clusters:
        rows, counts = np.repeat(rows, counts, axis=0), np.ones(clusters, dtype=np.int64)
    rng = np.random.default_rng(seed)
    parts = [_signs(counts, size, rng) @ rows for size in _sizes(resamples, counts.size)]
    return np.concatenate([sums.sum(axis=0, keepdims=True), *parts])


def bca_interval(
    statistic: Statistic, sums: Floats, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """The bias-corrected and accelerated cluster bootstrap interval, or None where fewer than two clusters were drawn.

    Efron (1987, JASA 82, 171), with the acceleration from the jackknife over clusters and the tails widened from the
    normal to Student's t for few clusters (Hesterberg 2015, American Statistician 69, 371: expanded percentiles).
    Resamples in which the figure is not defined are left out.
    """
    rows, counts = distinct(sums)
    clusters = int(counts.sum())
    total = counts.astype(np.float64) @ rows
    found = float(statistic(total))
    drawn = np.concatenate([statistic(part) for part in resampled_totals(sums, resamples, seed)])
    drawn = np.sort(drawn[np.isfinite(drawn)])
    if clusters < 2 or drawn.size < resamples / 2 or not math.isfinite(found):
        return None
    acceleration = _acceleration(_without_each(statistic, rows, total), counts, found)
    below = (np.searchsorted(drawn, found, "left") + np.searchsorted(drawn, found, "right")) / (2 * drawn.size)
    bias = normal_quantile(min(max(float(below), 1 / drawn.size), 1 - 1 / drawn.size))
    reach = math.sqrt(clusters / (clusters - 1)) * t_quantile((1 + level) / 2, clusters - 1)
    ends = [_bca_point(bias, acceleration, side * reach) for side in (-1, 1)]
    low, high = np.quantile(drawn, ends)
    return float(low), float(high)


def _sizes(resamples: int, columns: int) -> Iterator[int]:
    at_once = max(1, min(resamples, CHUNK // max(columns, 1)))
    for start in range(0, resamples, at_once):
        yield min(at_once, resamples - start)


def _drawn(counts: Ints, size: int, rng: np.random.Generator) -> Floats:
    """How often each distinct row is drawn (size, rows): multinomial, by whichever way is quicker."""
    clusters = int(counts.sum())
    if counts.size * 4 <= clusters:
        return rng.multinomial(clusters, counts / clusters, size).astype(np.float64)
    owner = np.repeat(np.arange(counts.size), counts)
    picks = owner[rng.integers(0, clusters, (size, clusters))] + (np.arange(size) * counts.size)[:, None]
    return np.bincount(picks.ravel(), minlength=size * counts.size).reshape(size, -1).astype(np.float64)


def _signs(counts: Ints, size: int, rng: np.random.Generator) -> Floats:
    """Sums of so many fair signs as each row occurs (size, rows); single bits where each occurs once."""
    if counts.max() > 1:
        return np.asarray(2.0 * rng.binomial(counts, 0.5, (size, counts.size)) - counts, dtype=np.float64)
    octets = rng.integers(0, 256, (size, -(-counts.size // 8)), dtype=np.uint8)
    return np.asarray(1.0 - 2.0 * np.unpackbits(octets, axis=1, count=counts.size), dtype=np.float64)


def _without_each(statistic: Statistic, rows: Floats, total: Floats) -> Floats:
    """The figure without one cluster of each distinct row (rows,), in pieces where rows are many."""
    step = max(1, CHUNK // max(total.size, 1))
    pieces = (rows[start : start + step] for start in range(0, rows.shape[0], step))
    return np.concatenate([statistic(total - piece) for piece in pieces])


def _acceleration(without: Floats, counts: Ints, found: float) -> float:
    left = np.where(np.isfinite(without), without, found)
    gap = float((counts * left).sum()) / float(counts.sum()) - left
    square = float((counts * gap**2).sum())
    return float((counts * gap**3).sum()) / (6 * square**1.5) if square > 0 else 0.0


def _bca_point(bias: float, acceleration: float, reach: float) -> float:
    from scipy.special import ndtr

    tilt = 1 - acceleration * (bias + reach)
    if tilt <= 0:
        return 1.0 if bias + reach > 0 else 0.0
    return float(ndtr(bias + (bias + reach) / tilt))
