"""Which rows belong together? Whole clusters are the unit of every resampling, and their sums are all that it needs."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

DIGITS = 10
"""Sums are rounded to so many decimals, so that a figure depends neither on the order of rows nor on a last bit."""


def codes(labels: ArrayLike | None, rows: int) -> tuple[Ints, NDArray[Any]]:
    """Labels (rows,) as numbers 0, 1, ... and the sorted names; without labels every row is its own cluster.

    Raises ValueError when there are more or fewer labels than rows.
    """
    if labels is None:
        return np.arange(rows, dtype=np.int64), np.arange(rows)
    names, found = np.unique(np.asarray(labels), return_inverse=True)
    if found.shape != (rows,):
        raise ValueError(f"{found.size} labels for {rows} rows; there must be one for each row")
    return found.astype(np.int64), names


def sums(columns: Floats, cluster: Ints, clusters: int) -> Floats:
    """Column sums of each cluster: columns (rows, k) and cluster codes (rows,) give (clusters, k)."""
    totals = [np.bincount(cluster, weights=column, minlength=clusters) for column in columns.T]
    return np.asarray(np.stack(totals, axis=1).round(DIGITS), dtype=np.float64)


def distinct(rows: Floats) -> tuple[Floats, Ints]:
    """The distinct rows, sorted, and how often each occurs.

    Clusters with equal sums are exchangeable: drawing how often each distinct row comes up is the same experiment as
    drawing clusters one by one, and far cheaper when values are few.
    """
    found, counts = np.unique(rows, axis=0, return_counts=True)
    return found, counts.astype(np.int64)


def effective_number(weights: ArrayLike) -> float:
    """How many equal parts vary as these do: (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling, section 11.7)."""
    parts = np.asarray(weights, dtype=np.float64)
    square = float(np.square(parts).sum())
    return float(parts.sum()) ** 2 / square if square > 0 else 0.0
