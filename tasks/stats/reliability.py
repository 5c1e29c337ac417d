"""How far do all annotators of an item agree, beyond chance? Fleiss' kappa, Gwet's AC1 and Krippendorff's alpha.

Each item's counts are enough: who gave which value does not matter, so annotators may rotate or be anonymous, and items
may have any number of ratings.
"""

from collections.abc import Callable

import numpy as np

from tasks.domain.estimate import Estimate
from tasks.stats.bootstrap import Statistic
from tasks.stats.clusters import Floats, sums
from tasks.stats.coefficient import DEFAULT, Coefficient, Resampling
from tasks.stats.comparisons import one_less_ratio, share_of_equals
from tasks.stats.ratings import Ratings


def item_agreement(labels: Ratings, *, how: Resampling = DEFAULT) -> Estimate:
    """Percent agreement: the mean over items of the share of agreeing rating pairs (Fleiss 1971, P-bar)."""
    counts, _ = labels.counts()
    columns = _pair_columns(counts)[:, :2]
    method = "mean share of agreeing pairs within an item"
    return _estimate(labels, columns, share_of_equals, _one_dissent(labels, 2), method, how)


def fleiss_kappa(labels: Ratings, *, how: Resampling = DEFAULT) -> Estimate:
    """Fleiss' kappa (Fleiss 1971, Psychological Bulletin 76, 378), in Gwet's form for unequal numbers of ratings.

    With as many ratings an item it is Fleiss' own; else items weigh alike (Gwet 2014, Handbook of Inter-Rater
    Reliability, 4th edition, section 2.4).
    """
    return _by_chance(
        labels, lambda p: np.asarray((p * (1 - p)).sum(axis=-1)), "Fleiss' kappa (Fleiss 1971; Gwet 2014)", how
    )


def gwet_ac1(labels: Ratings, *, categories: int | None = None, how: Resampling = DEFAULT) -> Estimate:
    """Gwet's AC1 (Gwet 2008, British Journal of Mathematical and Statistical Psychology 61, 29).

    To be read beside kappa where nearly all ratings are alike and kappa falls though annotators agree. `categories` is
    the length of the scale where some values were never given.
    """
    q = max(categories or 0, len(labels.coded()[1]))

    def disagreement(p: Floats) -> Floats:
        return np.asarray(1 - (p * (1 - p)).sum(axis=-1) / (q - 1), dtype=np.float64)

    if q < 2:
        return Estimate.unknown("every rating has the same value, and the scale is not known", method="AC1 (Gwet 2008)")
    return _by_chance(labels, disagreement, "AC1 (Gwet 2008)", how)


def krippendorff_alpha(labels: Ratings, *, how: Resampling = DEFAULT) -> Estimate:
    """Krippendorff's alpha at the labels' level (Krippendorff 2019, Content Analysis, 4th edition, chapter 12).

    Any number of annotators and missing ratings; items with one rating do not count. The interval resamples clusters of
    items, where Krippendorff's own draws pairs of values as if they were independent. The krippendorff package gives
    the same figure; it cannot resample 100,000 labels in a second, and a test holds the two together.
    """
    counts, names = labels.counts()
    coincidences = _coincidences(counts)
    k = len(names)
    pairs = k * (k - 1) // 2
    dissents = 2 * np.eye(pairs, coincidences.shape[1], k=1)
    statistic = _alpha(k, _metric(names, labels.level))
    return _estimate(labels, coincidences, statistic, dissents, f"Krippendorff's alpha, {labels.level}", how)


def _by_chance(labels: Ratings, disagreement: Callable[[Floats], Floats], method: str, how: Resampling) -> Estimate:
    """1 - observed / expected disagreement, the expected one from the mean shares of the values."""

    def statistic(totals: Floats) -> Floats:
        shares = totals[..., 3:] / np.maximum(totals[..., 2:3], 1.0)  # of items that have a rating
        return one_less_ratio(totals[..., 0], totals[..., 1] * disagreement(shares))

    counts, _ = labels.counts()
    columns = _pair_columns(counts)
    return _estimate(labels, columns, statistic, _one_dissent(labels, columns.shape[1]), method, how)


def _pair_columns(counts: Floats) -> Floats:
    """For each item: share of disagreeing pairs, 1 if it has a pair, 1 if it has a rating, share of each value."""
    m = counts.sum(axis=1)
    paired = m > 1
    agreeing = (counts * (counts - 1)).sum(axis=1) / np.where(paired, m * (m - 1), 1.0)
    apart = np.where(paired, 1 - agreeing, 0.0)
    return np.concatenate([np.stack([apart, paired, m > 0], axis=1), counts / np.maximum(m, 1)[:, None]], axis=1)


def _coincidences(counts: Floats) -> Floats:
    """For each item: coincidences of different values, the same for every two values (k (k - 1) / 2), pairable values
    (k).
    """
    m = counts.sum(axis=1)
    paired = m > 1
    weight = np.where(paired, 1 / np.where(paired, m - 1, 1.0), 0.0)
    one, two = np.triu_indices(counts.shape[1], 1)
    crossed = 2 * counts[:, one] * counts[:, two] * weight[:, None]
    return np.concatenate([crossed.sum(axis=1)[:, None], crossed, np.where(paired[:, None], counts, 0.0)], axis=1)


def _alpha(k: int, metric: Callable[[Floats], Floats]) -> Statistic:
    """Alpha from totals (..., 1 + k (k - 1) / 2 + k); the metric maps margins to squared distances of value pairs."""
    one, two = np.triu_indices(k, 1)

    def statistic(totals: Floats) -> Floats:
        crossed, margins = totals[..., 1 : 1 + one.size], totals[..., 1 + one.size :]
        distance = metric(margins)
        n = margins.sum(axis=-1)
        observed = (crossed * distance).sum(axis=-1)
        expected = 2 * (margins[..., one] * margins[..., two] * distance).sum(axis=-1)
        return one_less_ratio(observed * (n - 1), expected)

    return statistic


def _metric(names: Floats, level: str) -> Callable[[Floats], Floats]:
    one, two = np.triu_indices(len(names), 1)
    if level == "nominal":
        return lambda margins: np.ones((*margins.shape[:-1], one.size))
    if level == "interval":
        apart = (names[one] - names[two]) ** 2
        return lambda margins: np.broadcast_to(apart, (*margins.shape[:-1], one.size))

    def ordinal(margins: Floats) -> Floats:
        """The number of ratings between two values, half of those at the ends, squared."""
        up_to = np.cumsum(margins, axis=-1)
        middle = up_to - margins / 2
        return np.asarray((middle[..., two] - middle[..., one]) ** 2, dtype=np.float64)

    return ordinal


def _estimate(
    labels: Ratings, columns: Floats, statistic: Statistic, dissents: Floats, method: str, how: Resampling
) -> Estimate:
    """Resampled over clusters of items; `dissents` (d, k) are what one item with one dissent may add to the totals."""
    totals = sums(columns, labels.cluster, labels.clusters)
    differing = int((totals[:, 0] > 0).sum())
    step = 0.0
    if not differing and dissents.size:
        step = 1 - float(np.nanmax(statistic(totals.sum(axis=0) + dissents), initial=-np.inf))
    return Coefficient(statistic, totals, differing, step).estimate(int((labels.per_item > 1).sum()), method, how)


def _one_dissent(labels: Ratings, width: int) -> Floats:
    """One rating apart from the others of its item makes 2 / m of its pairs disagree."""
    dissent = np.zeros((1, width))
    dissent[0, 0] = 2 / max(int(labels.per_item.max(initial=2)), 2)
    return dissent
