"""What does a lead see of a cycle? One HTML page that opens offline, and a note on the cycle's MLflow run."""

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from tasks.adapters.report.charts import axis, trend
from tasks.domain.cycle import Comparison, Cycle, JudgeTrust
from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting
from tasks.stats.proportion import rate_difference

FOLDER = Path(__file__).resolve().parent
LONGEST = 6_000
"""Characters of one text that the page shows; `flywheel show` has the rest."""
MOST_GROUPS = 20
"""Groups of failures that the page shows, the largest first."""
FEW_PAIRS = 15
"""A stratum with fewer stands behind the others, and does not stretch their axis."""
MINUS = "\N{MINUS SIGN}"
_Figure = TypeVar("_Figure")


def render_report(cycle: Cycle, history: Sequence[Cycle]) -> str:
    """The page. The history is the workspace's cycles, oldest first; it may hold the cycle itself.

    All text is escaped, and the page's policy lets it load nothing and run no script: what models and users wrote is
    shown and cannot act.
    """
    cycle = cycle.compared(history, rate_difference)
    style = (FOLDER / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    criteria = criterion_rows(cycle)
    page = _environment().get_template("report.html.jinja")
    text = page.render(
        cycle=cycle,
        style=Markup(style),  # noqa: S704 - our own style sheet
        style_hash=digest,
        trend=trend(cycle, history),
        criteria=criteria,
        rates=axis((each for row in criteria for each in (row.production, row.benchmark)), within=(0.0, 1.0)),
        deltas=_delta_axis(cycle.comparison),
        kappas=axis(
            (each for row in cycle.trust for each in (row.kappa, row.human_ceiling)),
            include=(0.0, 1.0),
            within=(0.0, 1.0),
        ),
        methods=sorted({each.method for each in _estimates(cycle) if each.value is not None}),
        longest=LONGEST,
        most_groups=MOST_GROUPS,
        few_pairs=FEW_PAIRS,
    )
    return _encodable(text)


def render_note(cycle: Cycle) -> str:
    """The headline figures as Markdown, for the top of the cycle's page in MLflow."""
    note = _environment().get_template("note.md.jinja").render(cycle=cycle, criteria=criterion_rows(cycle))
    return _encodable(note)


@dataclass(frozen=True)
class CriterionRow:
    """All that a cycle says of one criterion."""

    name: str
    production: Estimate | None
    benchmark: Estimate | None
    delta: Estimate | None
    trust: JudgeTrust | None
    accounting: Accounting | None


def criterion_rows(cycle: Cycle) -> list[CriterionRow]:
    """The criteria, that of the headline first."""
    names = [cycle.gate, *(name for name in cycle.judge if name != cycle.gate)]
    trust = {each.criterion: each for each in cycle.trust}
    deltas = cycle.comparison.criteria if cycle.comparison else {}
    return [
        CriterionRow(
            name=name,
            production=_of(cycle.estimates, "production_pass_rate", name, cycle.gate),
            benchmark=_of(cycle.estimates, "benchmark_pass_rate", name, cycle.gate),
            delta=deltas.get(name, cycle.comparison.delta if cycle.comparison and name == cycle.gate else None),
            trust=trust.get(name),
            accounting=_of(cycle.accounting, "production", name, cycle.gate),
        )
        for name in names
    ]


def _of(table: Mapping[str, _Figure], name: str, criterion: str, gate: str) -> _Figure | None:
    """What the table says of a criterion; the plain name speaks of the headline's."""
    found = table.get(f"{name}_{criterion}")
    return table.get(name) if found is None and criterion == gate else found


def _delta_axis(comparison: Comparison | None) -> Any:
    """An axis for what can be told; the interval of a few pairs would stretch it until nothing else is seen."""
    if comparison is None:
        return None
    strata = (each.delta for each in comparison.strata if each.delta.n >= FEW_PAIRS)
    synthetic = comparison.synthetic.delta if comparison.synthetic else None
    drawn = (comparison.delta, *comparison.criteria.values(), *strata, synthetic)
    return axis(drawn, include=(0.0, -comparison.margin), within=(-1.0, 1.0))


def _estimates(value: Any) -> Iterator[Estimate]:
    """Every estimate that a value holds, however deep."""
    match value:
        case Estimate():
            yield value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _estimates(getattr(value, name))
        case dict():
            for each in value.values():
                yield from _estimates(each)
        case list() | tuple():
            for each in value:
                yield from _estimates(each)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "points": _points,
        "plain": _plain,
        "money": _money,
        "thousands": lambda number: f"{number:,}",
        "duration": _duration,
        "command": _command,
        "bounds": _bounds,
    }
    return environment


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _points(value: float) -> str:
    """A difference of rates, in percentage points, always with its sign."""
    rounded = round(100 * value, 1)
    return f"{MINUS if rounded < 0 else '+'}{abs(rounded):.1f}"


def _plain(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


def _bounds(estimate: Estimate, kind: str) -> str:
    """The interval as people write it; the unit stands once."""
    if estimate.low is None or estimate.high is None:
        return "no interval"
    match kind:
        case "rate":
            return f"{100 * estimate.low:.1f} to {_percent(estimate.high)}"
        case "delta":
            return f"{_points(estimate.low)} to {_points(estimate.high)}"
    return f"{_plain(estimate.low)} to {_plain(estimate.high)}"


def _money(usd: float) -> str:
    return f"${usd:,.4f}" if 0 < usd < 0.1 else f"${usd:,.2f}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _command(trace_id: str) -> str:
    """What to type to see all about a trace, safe to paste whatever its id holds."""
    return f"flywheel show {'-- ' if trace_id.startswith('-') else ''}{shlex.quote(trace_id)}"


def _encodable(text: str) -> str:
    """The text with question marks for half characters, which JSON may hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
