"""How are runs told? A table in Markdown, and which targets hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from tests.bench.job import accounting
from tests.bench.measuring import Run

HEAD = """| | wall s | over the bare loop | CPU s | peak MB | requests | accounting |
|---|--:|--:|--:|--:|--:|---|"""


@dataclass(frozen=True)
class Line:
    """A row of the table: a run, or why a peer has none."""

    name: str
    run: Run | None
    why: str = "not installed"


@dataclass(frozen=True)
class Target:
    """What we ask of ourselves, and what was measured."""

    name: str
    measured: float
    at_most: float
    at_least: float = 0.0

    @property
    def holds(self) -> bool:
        return self.at_least <= self.measured <= self.at_most


def exactly(name: str, measured: float, expected: float) -> Target:
    return Target(name, measured, expected, expected)


def middle_of(runs: Sequence[Run]) -> Run:
    """The last of the runs, with the median of what each took."""
    wall, cpu, peak = (median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak_mb"))
    return replace(runs[-1], wall=wall, cpu=cpu, peak_mb=peak)


def table(lines: Sequence[Line], bare: Run) -> str:
    """The lines in Markdown, their wall times held against the bare loop's."""
    return "\n".join([HEAD, *(f"| {line.name} | {_cells(line, bare)} |" for line in lines)])


def targets_text(targets: Sequence[Target]) -> str:
    """Which targets hold."""
    told = []
    for each in targets:
        wanted = f"{each.at_least:,g}" if each.at_least == each.at_most else f"at most {each.at_most:,g}"
        told.append(f"- {'holds' if each.holds else 'MISSED'}: {each.name} {each.measured:,.4g} ({wanted})")
    return "\n".join(told)


def _cells(line: Line, bare: Run) -> str:
    run = line.run
    if run is None:
        return f"{line.why} | | | | |"
    figures = [f"{run.wall:.2f}", f"{run.wall / bare.wall:.2f}", f"{run.cpu:.2f}", f"{run.peak_mb:.0f}"]
    return " | ".join([*figures, f"{run.requests:,}", accounting(run)])
