"""What came out of one turn of the wheel? Everything that MLflow, the report and `--json` say of it."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting


class Value(BaseModel):
    """Frozen, and closed to fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepSummary(Value):
    """One step of a cycle: whether it ran, and what that took."""

    state: Literal["ran", "cached"]
    seconds: float
    model_calls: int = 0
    cost_usd: float = 0.0
    accounting: Accounting | None = None
    """Of the rows that it judged or answered; None for a step that does neither."""

    def __add__(self, other: "StepSummary") -> "StepSummary":
        """Two steps as one: it ran if either did."""
        counted = [each.accounting for each in (self, other) if each.accounting is not None]
        return StepSummary(
            state="ran" if "ran" in {self.state, other.state} else "cached",
            seconds=self.seconds + other.seconds,
            model_calls=self.model_calls + other.model_calls,
            cost_usd=self.cost_usd + other.cost_usd,
            accounting=sum(counted[1:], counted[0]) if counted else None,
        )


class Window(Value):
    """The stretch of production that a cycle speaks of: from its first day up to, not including, `until`."""

    since: str
    until: str
    traces: int
    sampled: int
    tenants: int
    has_times: bool = True
    has_tenants: bool = True

    @property
    def last_day(self) -> str:
        """The last day within; empty where production has no times."""
        return str(date.fromisoformat(self.until[:10]) - timedelta(days=1)) if self.has_times else ""


class StratumDelta(Value):
    """Candidate minus current in one stratum. `p_adjusted` is Holm's, over all strata."""

    stratum: str
    delta: Estimate
    wins: int
    losses: int
    ties: int
    p_adjusted: float | None = None


class SyntheticComparison(Value):
    """A candidate against the current system on synthetic requests, reported apart: they never decide."""

    delta: Estimate
    wins: int
    losses: int
    ties: int
    made: int
    kept: int
    dropped: dict[str, int]


class Comparison(Value):
    """A candidate held against the current system on the same requests, both judged blind."""

    candidate: str
    differences: tuple[str, ...]
    """What the candidate changes, in words; more than one is warned of."""
    decision: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    why: str
    margin: float
    delta: Estimate
    wins: int
    losses: int
    ties: int
    unscored: int
    mcnemar_p: float | None = None
    strata: tuple[StratumDelta, ...] = ()
    criteria: dict[str, Estimate] = {}
    current_rate: Estimate
    candidate_rate: Estimate
    synthetic: SyntheticComparison | None = None


class JudgeTrust(Value):
    """How well the judge agrees with the people, on one criterion."""

    criterion: str
    kappa: Estimate
    human_ceiling: Estimate
    labelled: int


class FailureExample(Value):
    """One failure: where it is, what was asked, what was answered, and what the judge said."""

    trace_id: str
    request: str
    output: str
    critique: str
    shown: str = ""
    """What `flywheel show TRACE_ID` prints of it, where that is known."""


class FailureGroup(Value):
    """Failures of one stratum and criterion, with a few to look at."""

    criterion: str
    stratum: str
    count: int
    share: Estimate
    examples: tuple[FailureExample, ...]


class Cycle(Value):
    """One turn of the wheel."""

    cycle_id: str
    workspace: str
    simulated: bool = False
    """True where the traces come from a simulated world: every view of the cycle says so."""
    window: Window
    judge: dict[str, str]
    """Judge hash by criterion."""
    judge_model: str
    gate: str
    """The criterion that the headline speaks of."""
    current: str
    steps: dict[str, StepSummary]
    model_calls: int
    cost_usd: float
    parameters: dict[str, str]
    """Hashes of what went in: settings, sample, rubrics, systems."""
    estimates: dict[str, Estimate]
    """`production_pass_rate`, `benchmark_pass_rate`, `benchmark_production_gap` (benchmark minus production), the first
    two also as `<name>_<criterion>`, and `production_change`, which `compared` adds."""
    accounting: dict[str, Accounting]
    """By table of verdicts: `production`, `benchmark`, `mirror`, …, each also as `<table>_<criterion>`."""
    trust: tuple[JudgeTrust, ...] = ()
    comparison: Comparison | None = None
    failures: tuple[FailureGroup, ...] = ()
    training_rows: int = 0
    preference_rows: int = 0
    quarantined: dict[str, int] = {}
    """Rows refused at the door, by reason."""
    notes: tuple[str, ...] = ()
    """What a reader must know: an untrusted judge, splits by conversation, more than one delta."""
    previous: str | None = None
    """The `name` of the cycle that `production_change` is measured from."""

    @property
    def name(self) -> str:
        """What people call the cycle: by its window's last day, or by its id where production has no times."""
        return f"cycle {self.window.last_day or self.cycle_id}"

    @property
    def stages(self) -> dict[str, StepSummary]:
        """The steps, those that run once for each criterion (`judge.production.safety`, …) taken together."""
        found: dict[str, StepSummary] = {}
        for name, step in self.steps.items():
            stem, _, last = name.rpartition(".")
            stage = stem if stem and last in self.judge else name
            found[stage] = found[stage] + step if stage in found else step
        return found

    @property
    def trusted(self) -> bool:
        """Whether people's labels vouch for the judge of the headline at all; how far, `trust` says."""
        return any(each.criterion == self.gate and each.labelled > 0 for each in self.trust)

    def earlier(self, history: Sequence[Self]) -> list[Self]:
        """The cycles before this one, oldest first, one a window: of several views of a window the last counts.

        The history is in the order in which the cycles were made; where production has no times, that order decides.
        """
        others = [each for each in history if each.cycle_id != self.cycle_id]
        if not self.window.has_times:
            return others
        dated = (each for each in others if each.window.has_times and each.window.until < self.window.until)
        return sorted({each.window.until: each for each in dated}.values(), key=lambda each: each.window.until)

    def compared(self, history: Sequence[Self], minus: Callable[[Estimate, Estimate], Estimate]) -> Self:
        """The cycle with `production_change` from the last one before it, if there is one.

        `minus` takes one rate from another. Two windows that share days or tenants are taken as independent, so the
        interval is wider than it need be.
        """
        earlier = self.earlier(history)
        if not earlier:
            return self
        estimates = {**self.estimates, "production_change": self._change_since(earlier[-1], minus)}
        return self.model_copy(update={"estimates": estimates, "previous": earlier[-1].name})

    def _change_since(self, before: Self, minus: Callable[[Estimate, Estimate], Estimate]) -> Estimate:
        if self.gate != before.gate:
            return Estimate.unknown(f"the headline was '{before.gate}' then and is '{self.gate}' now")
        if self.judge.get(self.gate) != before.judge.get(before.gate):
            return Estimate.unknown("the judge has changed since, so the two rates are not comparable")
        now, then = (each.estimates.get("production_pass_rate") for each in (self, before))
        if now is None or then is None:
            return Estimate.unknown("one of the two cycles has no production pass rate")
        if now.level != then.level:
            return Estimate.unknown("the two rates have intervals of different levels")
        return minus(now, then)
