"""How many labels, pairs or clusters does it take? So that `not enough evidence` can say what would be enough."""

import math

from tasks.stats.proportion import normal_quantile


def design_effect(rows_per_cluster: float, correlation: float) -> float:
    """How many rows of a cluster carry the information of one independent row (Kish 1965, section 5.4).

    1 + (m - 1) x the intra-cluster correlation.
    """
    return 1 + (rows_per_cluster - 1) * correlation


def rows_for_rate(rate: float, half_width: float, *, design: float = 1.0, level: float = 0.95) -> int:
    """Judged rows for a rate within +- half_width: z^2 p (1 - p) / h^2 (Cochran 1977, section 4.4) x design effect."""
    z = normal_quantile((1 + level) / 2)
    return _whole(design * rate * (1 - rate) * (z / half_width) ** 2)


def labels_for_kappa(observed: float, by_chance: float, half_width: float, *, level: float = 0.95) -> int:
    """Items that two annotators label for a kappa within +- half_width.

    From the large-sample variance p_o (1 - p_o) / (n (1 - p_e)^2) (Cohen 1960, Educational and Psychological
    Measurement 20, 37); right for planning, too small near 0 and 1.
    """
    z = normal_quantile((1 + level) / 2)
    return _whole(observed * (1 - observed) * (z / (half_width * (1 - by_chance))) ** 2)


def pairs_for_difference(
    difference: float, deviation: float, *, power: float = 0.8, design: float = 1.0, level: float = 0.95
) -> int:
    """Pairs that show a mean difference with the given power in a two-sided test.

    n = (z_{alpha/2} + z_beta)^2 s^2 / d^2 with s the deviation of one paired difference (Miller 2024, arXiv 2411.00640,
    section 5), times the design effect where pairs come in clusters.
    """
    z = normal_quantile((1 + level) / 2) + normal_quantile(power)
    return _whole(design * (z * deviation / difference) ** 2)


def pairs_to_decide(pairs: int, value: float, half_width: float, margin: float) -> int | None:
    """Pairs, new ones included, after which a gate would decide if the difference stays what it is.

    An interval shrinks with the root of its pairs. It passes when it is narrower than value + margin, and fails when it
    is narrower than -value. None where neither can be reached: the difference lies on the margin.
    """
    room = max(value + margin, -value)
    if room <= 0 or half_width <= 0:
        return None
    return max(pairs + 1, _whole(pairs * (half_width / room) ** 2))


def _whole(number: float) -> int:
    return math.ceil(round(number, 9))
