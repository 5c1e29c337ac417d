"""Does the place of an answer decide for it? What a judge that is asked in both orders gives away about itself."""

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict

from tasks.domain.estimate import Estimate
from tasks.stats.signflip import mcnemar
from tasks.stats.survey import share_by_cluster


class Position(BaseModel):
    """How often the order decides (`flip_rate`, of the pairs judged in both orders), and for which place.

    Each flip favours one place: the one that both orders name, or, where one order says tie, that of the other's
    winner. `first_slot` is the share of flips that favour the first; without a bias it is a half, and `p_first_slot` is
    the exact two-sided binomial test of that, which takes the pairs as independent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flips: int
    flip_rate: Estimate
    first_slot: Estimate
    p_first_slot: float | None


def position_bias(favoured: ArrayLike, cluster: ArrayLike) -> Position:
    """The judge's bias, from the place that the order favoured in each pair (pairs,): 1 first, -1 second, 0 neither.

    Source: Zheng et al. (2023, arXiv 2306.05685), with clusters as the drawn units.
    """
    places, clusters = np.asarray(favoured, dtype=np.float64), np.asarray(cluster)
    flipped = places != 0
    first, second = int((places > 0).sum()), int((places < 0).sum())
    return Position(
        flips=first + second,
        flip_rate=share_by_cluster(flipped, clusters, nothing="no pair was judged in both orders"),
        first_slot=share_by_cluster(places[flipped] > 0, clusters[flipped], nothing="the order decided no pair"),
        p_first_slot=mcnemar(first, second) if flipped.any() else None,
    )
