"""How does a mean over hundreds of small blocks vary? Each cluster left out once, at the cost of its own blocks only.

For annotator pairs by the hundred, each with a few common items, a bootstrap is slow, and biased in every block; the
jackknife (Tukey 1958; Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11) is neither.
"""

import math
from dataclasses import dataclass

import numpy as np

from tasks.stats.bootstrap import Statistic
from tasks.stats.clusters import Floats, Ints, sums
from tasks.stats.proportion import t_quantile


@dataclass(frozen=True)
class Jackknife:
    """Values and standard errors of blocks (blocks,), with how many clusters each has and how many of them disagree."""

    totals: Floats
    values: Floats
    errors: Floats
    clusters: Ints
    differing: Ints
    mean: float
    mean_error: float

    @classmethod
    def of(cls, columns: Floats, statistic: Statistic, block: Ints, cluster: Ints) -> "Jackknife":
        """From columns (rows, k) that a statistic maps, summed over a block, to the block's value."""
        count, groups = int(block.max()) + 1, int(cluster.max()) + 1
        key, cell = np.unique(block * groups + cluster, return_inverse=True)
        cells = sums(columns, cell.astype(np.int64), key.size)
        owner, member = key // groups, key % groups
        totals = sums(cells, owner, count)
        values = statistic(totals)
        shift = values[owner] - statistic(totals[owner] - cells)
        shift = np.where(np.isfinite(shift), shift, 0.0)
        size = np.bincount(owner, minlength=count)
        centred = shift - (np.bincount(owner, weights=shift, minlength=count) / size)[owner]
        square = np.bincount(owner, weights=centred**2, minlength=count)
        known = np.isfinite(values)
        each = np.where(known[owner], shift, 0.0) / max(int(known.sum()), 1)
        moved = np.bincount(member, weights=each, minlength=groups)
        return cls(
            totals=totals,
            values=values,
            errors=np.sqrt(square * (size - 1) / size),
            clusters=size.astype(np.int64),
            differing=np.bincount(owner, weights=cells[:, 0] > 0, minlength=count).astype(np.int64),
            mean=float(values[known].mean()) if known.any() else math.nan,
            mean_error=float(np.sqrt(((moved - moved.mean()) ** 2).sum() * (groups - 1) / groups)),
        )


def agreement_interval(value: float, error: float, clusters: int, level: float) -> tuple[float, float] | None:
    """Student's t on Fisher's z scale, which keeps an agreement within -1 and 1; None at the ends of the scale."""
    if clusters < 2 or not abs(value) < 1:
        return None
    reach = t_quantile((1 + level) / 2, clusters - 1) * error / (1 - value**2)
    return math.tanh(math.atanh(value) - reach), math.tanh(math.atanh(value) + reach)
