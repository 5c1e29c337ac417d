"""How far do annotators agree, two by two? Percent agreement and Cohen's kappa, for one pair and for all pairs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import Bools, Floats
from tasks.stats.coefficient import DEFAULT, Resampling
from tasks.stats.comparisons import SOURCES, Comparisons, Measure, Weights
from tasks.stats.ratings import Ratings, rating_pairs
from tasks.stats.survey import stratified_rate

FEWEST_COMMON = 10
"""Annotator pairs with fewer common items are listed and left out of means: their kappa is noise."""


@dataclass(frozen=True)
class Pairwise:
    """An estimate for each two annotators, named "a|b", their unweighted mean, and pairs with too few common items."""

    mean: Estimate
    pairs: dict[str, Estimate]
    left_out: dict[str, int]


def percent_agreement(
    first: ArrayLike, second: ArrayLike, *, cluster: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """The share of rows (rows,) on which two annotators agree; rows that one of them left out do not count."""
    pair = side_by_side(first, second, cluster)
    equal = (pair.first == pair.second).astype(np.float64)
    return stratified_rate(equal, cluster=None if cluster is None else pair.cluster, level=level)


def kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    weights: Weights = "nominal",
    cluster: ArrayLike | None = None,
    how: Resampling = DEFAULT,
) -> Estimate:
    """Cohen's kappa of two annotators (rows,), None or NaN where one of them gave no value; weighted for numbers only.

    The interval resamples clusters; without clusters each row is its own.
    """
    pair = side_by_side(first, second, cluster)
    return pair.estimate(weights, SOURCES[weights], how)


def pairwise_kappa(labels: Ratings, *, weights: Weights = "nominal", how: Resampling = DEFAULT) -> Pairwise:
    """Kappa of every two annotators with at least 10 common items, and its unweighted mean."""
    return _pairwise(labels, weights, how)


def pairwise_percent(labels: Ratings, *, how: Resampling = DEFAULT) -> Pairwise:
    """Percent agreement of every two annotators with at least 10 common items, and its unweighted mean."""
    return _pairwise(labels, "percent", how)


def side_by_side(first: ArrayLike, second: ArrayLike, cluster: ArrayLike | None) -> Comparisons:
    """Two annotators' values of the same items as one block; words become codes, numbers stay.

    Raises ValueError when the arrays differ in length.
    """
    one, two = np.asarray(first), np.asarray(second)
    if one.shape != two.shape:
        raise ValueError(f"{one.size} values against {two.size}; both must be of the same items")
    rows = _given(one) & _given(two)
    left, right = _numbers(one[rows], two[rows])
    groups = np.arange(one.size) if cluster is None else np.asarray(cluster)
    return Comparisons.of(left, right, np.zeros(left.size, dtype=np.int64), groups[rows])


def _pairwise(labels: Ratings, measure: Measure, how: Resampling) -> Pairwise:
    first, second = rating_pairs(labels)
    people = max(len(labels.annotators), 1)
    pair, block = np.unique(labels.annotator[first] * people + labels.annotator[second], return_inverse=True)
    common = np.bincount(block, minlength=pair.size)
    names = [f"{labels.annotators[code // people]}|{labels.annotators[code % people]}" for code in pair]
    kept = common >= FEWEST_COMMON
    left_out = {names[place]: int(common[place]) for place in np.flatnonzero(~kept)}
    method = f"mean over {int(kept.sum())} annotator pairs, {SOURCES[measure]}"
    if not kept.any():
        why = f"no two annotators have {FEWEST_COMMON} items in common"
        return Pairwise(Estimate.unknown(why, method=method), {}, left_out)
    item, rows = labels.item[first], kept[block]
    compared = Comparisons.of(labels.value[first], labels.value[second], block, labels.cluster[item]).only(rows)
    each = compared.by_block(measure, SOURCES[measure], how)
    return Pairwise(
        mean=compared.estimate(measure, method, how, n=int(np.unique(item[rows]).size)),
        pairs={names[code]: estimate for code, estimate in zip(np.flatnonzero(kept), each, strict=True)},
        left_out=left_out,
    )


def _given(values: NDArray[Any]) -> Bools:
    if values.dtype.kind == "O":
        return np.array(
            [value is not None and (isinstance(value, str) or not np.isnan(value)) for value in values], dtype=np.bool_
        )
    return ~np.isnan(values) if values.dtype.kind == "f" else np.ones(values.shape, dtype=np.bool_)


def _numbers(one: NDArray[Any], two: NDArray[Any]) -> tuple[Floats, Floats]:
    together = np.concatenate([one, two])
    words = together.dtype.kind in "US" or any(isinstance(value, str) for value in together)
    if words:
        together = np.unique(together.astype(str), return_inverse=True)[1]
    values = together.astype(np.float64)
    return values[: one.size], values[one.size :]
