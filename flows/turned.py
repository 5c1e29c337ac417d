"""What did one turn of the wheel make? The tables of a cycle, as the flows hand them to the summary."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.wheel import Answered, Labelled, Mirrored, Sampled, Synthetic, Verdicts, Wheel
from tasks.domain.artifact import Artifact
from tasks.domain.judge import Judge


@dataclass(frozen=True)
class Turned:
    """Everything that one cycle made; None where the workspace does not ask for it."""

    traces: tuple[Artifact, ...]
    sampled: Sampled
    judges: dict[str, Judge]
    production: Verdicts
    rates: Artifact
    failures: Artifact
    training_rows: Artifact
    labelled: Labelled | None = None
    trust: Artifact | None = None
    benchmark: Answered | None = None
    synthetic: Synthetic | None = None
    mirrored: Mirrored | None = None

    def tables(self) -> Iterator[tuple[str, tuple[Artifact, ...]]]:
        """The tables by the name under which people look them up, in `flywheel.duckdb` and by `flywheel show`."""
        yield "traces", self.traces
        yield "sample", (self.sampled.sample,)
        yield "strata", (self.sampled.strata,)
        yield "production_verdicts", tuple(self.production.values())
        yield "failures", (self.failures,)
        yield "training_rows", (self.training_rows,)
        if self.labelled:
            yield "labels", (self.labelled.labels,)
        if self.mirrored and self.mirrored.preferences:
            yield "preferences", tuple(self.mirrored.preferences.values())
        for name, side in self._sides():
            yield f"{name}_answers", (side.answers,)
            yield f"{name}_verdicts", tuple(side.verdicts.values())
        if self.synthetic:
            yield "synthetic_requests", (self.synthetic.requests,)

    def _sides(self) -> Iterator[tuple[str, Answered]]:
        if self.benchmark:
            yield "benchmark", self.benchmark
        if self.mirrored:
            yield "current", self.mirrored.current
            yield "candidate", self.mirrored.candidate


def turn(wheel: Wheel, *, as_of: str | None, candidate: str | None) -> Turned:
    """One whole turn: from production's traces to what can be learnt from them."""
    traces = wheel.ingest()
    sampled = wheel.sample(traces, as_of)
    labelled = wheel.labelled(traces)
    judges = wheel.judges(labelled)
    production = wheel.judge("production", sampled.outputs, judges)
    rates = wheel.rates(sampled, production)
    trust = wheel.trust(labelled, judges)
    benchmark_requests = wheel.benchmark()
    benchmark = wheel.answered("benchmark", "current", benchmark_requests, judges) if benchmark_requests else None
    synthetic = wheel.synthesize(sampled.until, benchmark_requests) if candidate else None
    mirrored = wheel.mirror(candidate, sampled, synthetic, judges) if candidate else None
    return Turned(
        traces=traces,
        sampled=sampled,
        judges=judges,
        production=production,
        rates=rates,
        failures=wheel.failures(sampled, production),
        training_rows=wheel.training_rows(sampled, production, mirrored, synthetic, benchmark_requests),
        labelled=labelled,
        trust=trust,
        benchmark=benchmark,
        synthetic=synthetic,
        mirrored=mirrored,
    )
