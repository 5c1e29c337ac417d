"""Where on a picture does a figure go? In percent of its width and height, so that it fits a phone and a wide screen.

Nothing is drawn here: the template has the marks, the style sheet the colours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.cycle import Cycle
from tasks.domain.estimate import Estimate

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
TOP, BOTTOM = 8.0, 84.0
"""Of a trend's height: the rest holds the dates."""
LEFT, RIGHT = 12.0, 95.0
"""Of a trend's width: the rest holds the scale."""


@dataclass(frozen=True)
class Mark:
    """An estimate on a picture: its value and its bounds, in percent of the axis."""

    value: float
    low: float
    high: float
    inside: bool
    """False where the value itself lies beyond the axis: there is no point to draw."""


@dataclass(frozen=True)
class Axis:
    """A stretch of values with a few round ticks. What lies outside is drawn at the edge."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """The value's place, in percent from the axis' low end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def mark(self, estimate: Estimate | None) -> Mark | None:
        """The estimate's place; None where there is nothing to draw."""
        if estimate is None or estimate.value is None:
            return None
        low = estimate.value if estimate.low is None else estimate.low
        high = estimate.value if estimate.high is None else estimate.high
        inside = self.low <= estimate.value <= self.high
        return Mark(self.at(estimate.value), self.at(low), self.at(high), inside)


def axis(
    estimates: Iterable[Estimate | None],
    *,
    include: Iterable[float] = (),
    within: tuple[float, float] = (-math.inf, math.inf),
    most: int = 5,
) -> Axis:
    """The shortest round axis that holds the estimates with their bounds, and the values to include."""
    values = [*include]
    for each in estimates:
        if each is not None:
            values += [value for value in (each.value, each.low, each.high) if value is not None]
    low = max(min(values, default=0.0), within[0])
    high = min(max(values, default=1.0), within[1])
    step = next((step for step in STEPS if high - low <= step * (most - 1)), STEPS[-1])
    first, last = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
    if first == last:
        first, last = (first, last + 1) if (last + 1) * step <= within[1] else (first - 1, last)
    ticks = tuple(round(number * step, 9) for number in range(first, last + 1))
    return Axis(low=ticks[0], high=ticks[-1], ticks=ticks)


@dataclass(frozen=True)
class Turn:
    """One cycle in the trend."""

    cycle: Cycle
    x: float
    production: Mark | None
    benchmark: Mark | None
    new_judge: bool
    """True where the judge of the headline is not the one of the cycle before: no line leads across."""
    has_label: bool


@dataclass(frozen=True)
class Trend:
    """Production and benchmark over the cycles, oldest first."""

    turns: tuple[Turn, ...]
    axis: Axis

    def height(self, percent: float) -> float:
        """A place on the axis as a place on the picture, in percent from the top."""
        return round(BOTTOM - percent / 100 * (BOTTOM - TOP), 2)

    def lines(self, series: str) -> list[tuple[Turn, Turn]]:
        """The neighbours that a line may join: both known, and judged by the same judge."""
        return [
            (left, right)
            for left, right in zip(self.turns, self.turns[1:], strict=False)
            if getattr(left, series) and getattr(right, series) and not right.new_judge
        ]


def trend(cycle: Cycle, history: Sequence[Cycle], *, most: int = 30) -> Trend:
    """The cycle at the end of the latest before it."""
    cycles = [*cycle.earlier(history)[-(most - 1) :], cycle]
    names = ("production_pass_rate", "benchmark_pass_rate")
    scale = axis((each.estimates.get(name) for each in cycles for name in names), within=(0.0, 1.0))
    every = math.ceil(len(cycles) / 3)
    turns = []
    for position, each in enumerate(cycles):
        before = cycles[position - 1] if position else each
        turns.append(
            Turn(
                cycle=each,
                x=round(LEFT + (RIGHT - LEFT) * position / max(len(cycles) - 1, 1), 2),
                production=scale.mark(each.estimates.get(names[0])),
                benchmark=scale.mark(each.estimates.get(names[1])),
                new_judge=(before.gate, before.judge.get(before.gate)) != (each.gate, each.judge.get(each.gate)),
                has_label=(len(cycles) - 1 - position) % every == 0,
            )
        )
    return Trend(turns=tuple(turns), axis=scale)
