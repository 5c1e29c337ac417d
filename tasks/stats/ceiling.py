"""How good can a judge be? The human ceiling: how well each expert agrees with the majority of the others."""

from dataclasses import dataclass

import numpy as np

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import Floats
from tasks.stats.coefficient import DEFAULT, Resampling
from tasks.stats.comparisons import SOURCES, Comparisons, Weights
from tasks.stats.ratings import Ratings, majority_of_others


@dataclass(frozen=True)
class Ceiling:
    """The human ceiling, its part for each annotator, and how many ratings had a tie among the others."""

    mean: Estimate
    annotators: dict[str, Estimate]
    ties: int


def human_ceiling(labels: Ratings, *, weights: Weights | None = None, how: Resampling = DEFAULT) -> Ceiling:
    """The mean over annotators of kappa with the majority of the others; quadratic, with the median, on numbers.

    Ratings whose others are tied are left out and counted. The same clusters are drawn for all annotators, so that what
    they have in common stays in the interval. An annotator whose kappa is not defined is left out of the mean.
    """
    kind = weights or _natural(labels)
    others = majority_of_others(labels)
    known = ~np.isnan(others)
    compared = _against(labels, others).only(known)
    present = np.unique(labels.annotator[known])
    method = f"mean over {present.size} annotators against the others' majority, {SOURCES[kind]}"
    each = compared.by_block(kind, f"against the others' majority, {SOURCES[kind]}", how)
    return Ceiling(
        mean=compared.estimate(kind, method, how, n=int(np.unique(labels.item[known]).size)),
        annotators={labels.annotators[code]: part for code, part in zip(present, each, strict=True)},
        ties=int((~known & (labels.per_item[labels.item] > 1)).sum()),
    )


def kappa_with_majority(
    labels: Ratings, annotator: str, *, weights: Weights | None = None, how: Resampling = DEFAULT
) -> Estimate:
    """Kappa of one annotator, a judge say, with the majority (or median) of all the others.

    The judge's verdicts are rows of `labels` under its name, beside the experts'. Ties of the others are left out, as
    in the ceiling. Raises ValueError for an annotator who is not there.
    """
    kind = weights or _natural(labels)
    others = majority_of_others(labels)
    mine = labels.annotator == labels.annotators.index(annotator)
    compared = _against(labels, others).only(mine & ~np.isnan(others))
    return compared.estimate(kind, f"against the majority, {SOURCES[kind]}", how)


def _against(labels: Ratings, others: Floats) -> Comparisons:
    return Comparisons.of(labels.value, others, labels.annotator, labels.cluster[labels.item])


def _natural(labels: Ratings) -> Weights:
    return "nominal" if labels.level == "nominal" else "quadratic"
