"""What came out of one turn of the wheel? Everything that MLflow, the report and `--json` say of it."""

from typing import Literal

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


class Window(Value):
    """The stretch of production that a cycle speaks of: from its first day up to, not including, `until`."""

    since: str
    until: str
    traces: int
    sampled: int
    tenants: int
    has_times: bool = True
    has_tenants: bool = True


class StratumDelta(Value):
    """Candidate minus current in one stratum. `p_adjusted` is Holm's, over all strata."""

    stratum: str
    delta: Estimate
    wins: int
    losses: int
    ties: int
    p_adjusted: float | None = None


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
    synthetic: "SyntheticComparison | None" = None


class SyntheticComparison(Value):
    """The same on synthetic requests, reported apart: they never decide."""

    delta: Estimate
    wins: int
    losses: int
    ties: int
    made: int
    kept: int
    dropped: dict[str, int]


class JudgeTrust(Value):
    """How well the judge agrees with the people, on one criterion."""

    criterion: str
    kappa: Estimate
    human_ceiling: Estimate
    labelled: int


class FailureGroup(Value):
    """Failures of one stratum and criterion, with a few to look at."""

    criterion: str
    stratum: str
    count: int
    share: Estimate
    examples: tuple["FailureExample", ...]


class FailureExample(Value):
    """One failure: where it is, what was asked, what was answered, and what the judge said."""

    trace_id: str
    request: str
    output: str
    critique: str


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
    """`production_pass_rate`, `benchmark_pass_rate`, `benchmark_production_gap`, `production_pass_rate_<criterion>`, …"""
    accounting: dict[str, Accounting]
    trust: tuple[JudgeTrust, ...] = ()
    comparison: Comparison | None = None
    failures: tuple[FailureGroup, ...] = ()
    training_rows: int = 0
    preference_rows: int = 0
    quarantined: dict[str, int] = {}
    """Rows refused at the door, by reason."""
    notes: tuple[str, ...] = ()
    """What a reader must know: an untrusted judge, splits by conversation, more than one delta."""
