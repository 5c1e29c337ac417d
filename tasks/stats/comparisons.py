"""What do two raters' values, side by side, add up to? Sums by cluster, and Cohen's kappa as a function of them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from tasks.domain.estimate import Estimate
from tasks.stats.bootstrap import Statistic
from tasks.stats.clusters import Bools, Floats, Ints, codes, sums
from tasks.stats.coefficient import Coefficient, Dissent, Resampling, bounded
from tasks.stats.jackknife import Jackknife, agreement_interval

Weights: TypeAlias = Literal["nominal", "linear", "quadratic"]
Measure: TypeAlias = Weights | Literal["percent"]

SOURCES: dict[Measure, str] = {
    "percent": "percent agreement",
    "nominal": "Cohen's kappa (Cohen 1960)",
    "linear": "Cohen's kappa, linear weights (Cohen 1968)",
    "quadratic": "Cohen's kappa, quadratic weights (Cohen 1968)",
}

MANY = 50
"""More blocks than this are jackknifed: a bootstrap would take minutes, and each block would be small."""

NOTHING = 1e-9
"""Expected disagreement up to rounding: chance alone would agree always."""


@dataclass(frozen=True)
class Comparisons:
    """Values side by side (rows,), each row within a block (a pair of annotators, say) and a cluster."""

    first: Floats
    second: Floats
    block: Ints
    cluster: Ints

    @classmethod
    def of(cls, first: Floats, second: Floats, block: ArrayLike, cluster: ArrayLike) -> "Comparisons":
        """Blocks and clusters numbered anew, for some may have nothing to compare."""
        return cls(first, second, codes(block, first.size)[0], codes(cluster, first.size)[0])

    def only(self, rows: Bools) -> "Comparisons":
        return self.of(self.first[rows], self.second[rows], self.block[rows], self.cluster[rows])

    @property
    def blocks(self) -> int:
        return int(self.block.max(initial=-1)) + 1

    @property
    def clusters(self) -> int:
        return int(self.cluster.max(initial=-1)) + 1

    def estimate(self, measure: Measure, method: str, how: Resampling, *, n: int | None = None) -> Estimate:
        """The measure, averaged over blocks; by jackknife where blocks are many. `n` is the rows unless it is given."""
        rows = self.first.size if n is None else n
        if rows == 0:
            return Estimate.unknown("no item has two ratings to compare", method=method)
        if self.blocks > MANY:
            return self._jackknifed_mean(measure, method, rows, how)
        columns, statistic, smallest = self._columns(measure)
        width, blocks = columns.shape[1], max(self.blocks, 1)
        cells = sums(columns, self.cluster * blocks + self.block, self.clusters * blocks)
        totals = cells.reshape(self.clusters, blocks * width)

        def mean(some: Floats) -> Floats:
            return mean_defined(statistic(some.reshape(*some.shape[:-1], blocks, width)))

        # What one dissent of the smallest kind would cost, had there been one in each block.
        one_dissent = totals.sum(axis=0)
        one_dissent[::width] = smallest
        differing = int(np.unique(self.cluster[columns[:, 0] > 0]).size)
        return Coefficient(mean, totals, differing, 1 - float(mean(one_dissent))).estimate(rows, method, how)

    def by_block(self, measure: Measure, method: str, how: Resampling) -> list[Estimate]:
        """The measure of each block alone."""
        if self.blocks <= MANY:
            parts = (self.only(self.block == place) for place in range(self.blocks))
            return [part.estimate(measure, method, how) for part in parts]
        found, steps = self._jackknife(measure)
        rows = np.bincount(self.block)
        return [
            bounded(
                float(found.values[place]),
                agreement_interval(float(found.values[place]), float(found.errors[place]), int(clusters), how.level),
                Dissent(int(found.differing[place]), int(clusters), float(steps[place])),
                int(rows[place]),
                f"{method}, jackknife over {clusters} clusters",
                how.level,
            )
            for place, clusters in enumerate(found.clusters)
        ]

    def _jackknifed_mean(self, measure: Measure, method: str, n: int, how: Resampling) -> Estimate:
        found, steps = self._jackknife(measure)
        ends = agreement_interval(found.mean, found.mean_error, self.clusters, how.level)
        dissent = Dissent(min(int(found.differing.sum()), self.clusters), self.clusters, float(mean_defined(steps)))
        return bounded(found.mean, ends, dissent, n, f"{method}, jackknife over {self.clusters} clusters", how.level)

    def _jackknife(self, measure: Measure) -> tuple[Jackknife, Floats]:
        """The blocks left out one by one, and what a first dissent in a block would cost it (blocks,)."""
        columns, statistic, smallest = self._columns(measure)
        found = Jackknife.of(columns, statistic, self.block, self.cluster)
        one_dissent = found.totals.copy()
        one_dissent[:, 0] = smallest
        return found, 1 - statistic(one_dissent)

    def _columns(self, measure: Measure) -> tuple[Floats, Statistic, float]:
        """What to sum (rows, k), beginning with disagreement; the figure as a function of sums; the smallest dissent.

        Kappa is 1 - observed / expected disagreement (Cohen 1960, Educational and Psychological Measurement 20, 37;
        weighted: Cohen 1968, Psychological Bulletin 70, 213). Distances are those of the values: on a scale of which
        1, 2 and 5 occur, five is three from two.
        """
        a, b = self.first, self.second
        if measure == "percent":
            return np.stack([a != b, np.ones(a.size)], axis=1).astype(np.float64), share_of_equals, 1.0
        names, coded = np.unique(np.concatenate([a, b]), return_inverse=True)
        distance = _distances(names, measure)
        smallest = float(distance[distance > 0].min()) if len(names) > 1 else 1.0
        if measure == "quadratic":
            moments = np.stack([(a - b) ** 2, np.ones_like(a), a, b, a * a, b * b], axis=1)
            return moments, kappa_of_moments, smallest
        one, two, each = coded[: a.size], coded[a.size :], np.eye(len(names))
        margins = np.concatenate([distance[one, two][:, None], each[one], each[two]], axis=1)
        return margins, kappa_of_margins(distance), smallest


def kappa_of_margins(distance: Floats) -> Statistic:
    """Kappa from totals (..., 1 + 2k): disagreement, then how often each annotator gave each of the k values."""
    k = distance.shape[0]

    def statistic(totals: Floats) -> Floats:
        one, two = totals[..., 1 : k + 1], totals[..., k + 1 :]
        expected = ((one @ distance) * two).sum(axis=-1)
        return one_less_ratio(totals[..., 0] * one.sum(axis=-1), expected)

    return statistic


def kappa_of_moments(totals: Floats) -> Floats:
    """Kappa with quadratic weights from totals (..., 6) of (a - b)^2, 1, a, b, a^2 and b^2: no table is needed."""
    apart, n, a, b, aa, bb = np.moveaxis(totals, -1, 0)
    return one_less_ratio(apart * n, n * (aa + bb) - 2 * a * b)


def share_of_equals(totals: Floats) -> Floats:
    """Agreement from totals (..., 2) of differing rows and rows."""
    return one_less_ratio(totals[..., 0], totals[..., 1])


def one_less_ratio(observed: Floats, expected: Floats) -> Floats:
    """1 - observed / expected, NaN where nothing is expected."""
    known = expected > NOTHING
    return np.where(known, 1 - observed / np.where(known, expected, 1.0), np.nan)


def mean_defined(parts: Floats) -> Floats:
    """The mean of the defined blocks (..., blocks), NaN where none is."""
    known = np.isfinite(parts)
    count = known.sum(axis=-1)
    return np.where(count > 0, np.where(known, parts, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def _distances(names: Floats, weights: Weights) -> Floats:
    apart = np.abs(names[:, None] - names[None, :])
    match weights:
        case "nominal":
            return (apart > 0).astype(np.float64)
        case "linear":
            return apart
        case "quadratic":
            return apart**2
