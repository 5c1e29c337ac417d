"""How sure is a share of n? Intervals for one proportion and for the difference of two, without resampling."""

import math
from collections.abc import Callable

from tasks.domain.estimate import Estimate


def normal_quantile(probability: float) -> float:
    """The standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def t_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t with any positive number of degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def clopper_pearson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934, Biometrika 26, 404).

    Neither number need be whole: on an effective sample size it is the interval of Korn and Graubard (1998, Survey
    Methodology 24, 193).
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    failures = trials - successes
    low = 0.0 if successes <= 0 else float(betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures <= 0 else float(betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def wilson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, JASA 22, 209); narrower than the exact one, right on average."""
    if trials <= 0:
        return 0.0, 1.0
    z = normal_quantile((1 + level) / 2)
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    centre = share + z * z / (2 * trials)
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def paired_score(wins: float, losses: float, pairs: float, level: float = 0.95) -> tuple[float, float]:
    """The score interval of (wins - losses) / pairs (Tango 1998, Statistics in Medicine 17, 891), by bisection.

    It stays honest where few pairs differ or none does: the variance is the one that the hypothesis itself implies.
    """
    z = normal_quantile((1 + level) / 2)
    found = (wins - losses) / pairs

    def score(delta: float) -> float:
        b = -wins - losses + (2 * pairs - wins + losses) * delta
        c = -losses * delta * (1 - delta)
        share = (math.sqrt(max(b * b - 8 * pairs * c, 0.0)) - b) / (4 * pairs)
        variance = pairs * (2 * share + delta * (1 - delta))
        gap = wins - losses - pairs * delta
        return gap / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gap) if gap else 0.0

    low = bisect(lambda delta: score(delta) <= z, -1.0, found)
    high = bisect(lambda delta: score(delta) < -z, found, 1.0)
    return low, high


def bisect(holds: Callable[[float], bool], low: float, high: float, steps: int = 40) -> float:
    """Where `holds` turns from false to true between low and high; low when it holds there already."""
    if holds(low):
        return low
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def rate_difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second, two independent estimates, from their own intervals.

    The method of variance estimates recovery: Newcombe (1998, Statistics in Medicine 17, 873, method 10), for any two
    estimates Zou and Donner (2008, Statistics in Medicine 27, 1693). Raises ValueError when the levels differ.
    """
    if first.level != second.level:
        raise ValueError(f"the levels differ: {first.level} and {second.level}")
    n = first.n + second.n
    if first.value is None or second.value is None:
        return Estimate.unknown(first.why or second.why or "one of the two is unknown", n=n)
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Estimate.unknown("one of the two has no interval", n=n)
    delta = first.value - second.value
    return Estimate(
        value=delta,
        low=delta - math.hypot(first.value - first.low, second.high - second.value),
        high=delta + math.hypot(first.high - first.value, second.value - second.low),
        level=first.level,
        n=n,
        method="difference of two independent estimates, square-and-add (Newcombe 1998; Zou and Donner 2008)",
    )
