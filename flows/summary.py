"""What is there to say of a turn? The `Cycle` that MLflow, the report and `--json` show, read from its tables."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from flows.showing import Showing, shown
from flows.turned import Turned
from flows.wheel import Answered, Mirrored, Synthetic, Verdicts, Wheel
from tasks.adapters.fingerprint import code_fingerprint
from tasks.adapters.prompts import conversation_text
from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.compare.deciding import read_decisions
from tasks.domain.artifact import Artifact
from tasks.domain.cycle import (
    Comparison,
    Cycle,
    FailureExample,
    FailureGroup,
    JudgeTrust,
    StratumDelta,
    SyntheticComparison,
    Window,
)
from tasks.domain.estimate import Estimate
from tasks.domain.hashing import content_hash
from tasks.domain.system import differences
from tasks.domain.verdict import Accounting
from tasks.judge.rates import read_estimates, simple_rate
from tasks.judge.trust import read_trust
from tasks.stats.proportion import rate_difference

SHOWN_GROUPS = 8
SHOWN_FAILURES = 3


def summarise(wheel: Wheel, turned: Turned) -> Cycle:
    """The cycle in figures and words."""
    settings = wheel.workspace.settings
    store = wheel.context.store
    steps = wheel.summary()
    rates = read_estimates(store.read(turned.rates))
    gate = settings.judge.gate
    window = _window(store, turned)
    trust = _trust(store, turned)
    comparison = _comparison(store, turned, gate)
    rows = store.read(turned.training_rows)
    cycle = Cycle(
        cycle_id=_identity(wheel, window),
        workspace=settings.name,
        simulated=settings.simulated,
        window=window,
        judge={name: judge.hash for name, judge in turned.judges.items()},
        judge_model=settings.judge.model,
        gate=gate,
        current="current",
        steps=steps,
        model_calls=sum(step.model_calls for step in steps.values()),
        cost_usd=sum(step.cost_usd for step in steps.values()),
        parameters=_parameters(wheel, turned),
        estimates=_estimates(store, turned, rates, gate),
        accounting=dict(_accounting(store, turned)),
        trust=trust,
        comparison=comparison,
        failures=_failures(store, turned, rates, gate),
        training_rows=rows.height,
        preference_rows=rows["rejected"].is_not_null().sum(),
        quarantined=_quarantined(wheel),
    )
    return cycle.model_copy(update={"notes": tuple(_notes(cycle, wheel))})


def _identity(wheel: Wheel, window: Window) -> str:
    """The last day of the window, and the hash of all that was done: the same work is the same cycle."""
    done: dict[str, Any] = {
        name: [[run.record.fingerprint, run.record.outputs] for run in runs] for name, runs in wheel.steps.items()
    }
    done |= {"told by": code_fingerprint(summarise), "logged to": wheel.workspace.settings.mlflow}
    if not window.has_times:
        return content_hash(done)[3:19]
    last_day = (date.fromisoformat(window.until[:10]) - timedelta(days=1)).isoformat()
    return f"{last_day}-{content_hash(done)[3:11]}"


def _window(store: ArtifactStore, turned: Turned) -> Window:
    strata = store.read(turned.sampled.strata)
    sample = store.read(turned.sampled.sample).select("tenant", "timestamp")
    return Window(
        since=str(strata["since"][0]),
        until=str(strata["until"][0]),
        traces=int(strata["population"].sum()),
        sampled=sample.height,
        tenants=sample["tenant"].drop_nulls().n_unique(),
        has_times=not sample["timestamp"].is_null().all(),
        has_tenants=not sample["tenant"].is_null().all(),
    )


def _estimates(store: ArtifactStore, turned: Turned, rates: Mapping[str, Estimate], gate: str) -> dict[str, Estimate]:
    """The headline figures of the gate's criterion, and each criterion's own beside them."""
    found = {f"production_pass_rate_{name}": rates[name] for name in turned.judges}
    found["production_pass_rate"] = rates[gate]
    if turned.benchmark:
        by_criterion = dict(_benchmark_rates(store, turned.benchmark))
        found |= {f"benchmark_pass_rate_{name}": rate for name, rate in by_criterion.items()}
        found["benchmark_pass_rate"] = by_criterion[gate]
        found["benchmark_production_gap"] = rate_difference(by_criterion[gate], rates[gate])
    else:
        why = "the workspace names no benchmark"
        found["benchmark_pass_rate"] = Estimate.unknown(why)
        found["benchmark_production_gap"] = Estimate.unknown(why)
    return found


def _benchmark_rates(store: ArtifactStore, benchmark: Answered) -> Iterator[tuple[str, Estimate]]:
    for name, table in benchmark.verdicts.items():
        verdicts = store.read(table)
        yield name, simple_rate(verdicts, {item: item for item in verdicts["item_id"]})


def _accounting(store: ArtifactStore, turned: Turned) -> Iterator[tuple[str, Accounting]]:
    """Where every row of every table of verdicts ended up, by table, and by table and criterion."""
    tables: dict[str, Verdicts] = {"production": turned.production}
    if turned.benchmark:
        tables["benchmark"] = turned.benchmark.verdicts
    if turned.mirrored:
        tables["current"] = turned.mirrored.current.verdicts
        tables["candidate"] = turned.mirrored.candidate.verdicts
        if turned.mirrored.preferences:
            tables["preferences"] = turned.mirrored.preferences
    for table, verdicts in tables.items():
        counted = {name: Accounting.of(store.read(each)["status"]) for name, each in verdicts.items()}
        yield table, sum(counted.values(), Accounting(n=0))
        for name, each in counted.items():
            yield f"{table}_{name}", each


def _trust(store: ArtifactStore, turned: Turned) -> tuple[JudgeTrust, ...]:
    return read_trust(store.read(turned.trust)) if turned.trust else ()


def _comparison(store: ArtifactStore, turned: Turned, gate: str) -> Comparison | None:
    if turned.mirrored is None:
        return None
    mirrored = turned.mirrored
    decided = read_decisions(store.read(mirrored.decision))
    decision, current_rate, candidate_rate = decided[gate]
    return Comparison(
        candidate=mirrored.candidate_name,
        differences=differences(mirrored.current.system, mirrored.candidate.system),
        decision=decision.decision,
        why=decision.why,
        margin=decision.margin,
        delta=decision.delta,
        wins=decision.wins,
        losses=decision.losses,
        ties=decision.ties,
        unscored=decision.unscored,
        mcnemar_p=decision.p_mcnemar,
        strata=tuple(
            StratumDelta(
                stratum=name,
                delta=each.delta,
                wins=each.wins,
                losses=each.losses,
                ties=each.ties,
                p_adjusted=each.p_worse_holm,
            )
            for name, each in decision.strata.items()
        ),
        criteria={name: each.delta for name, (each, _, _) in decided.items()},
        current_rate=current_rate,
        candidate_rate=candidate_rate,
        synthetic=_synthetic(store, mirrored, turned.synthetic, gate),
    )


def _synthetic(
    store: ArtifactStore, mirrored: Mirrored, synthetic: Synthetic | None, gate: str
) -> SyntheticComparison | None:
    if synthetic is None or mirrored.synthetic_decision is None:
        return None
    decision, _, _ = read_decisions(store.read(mirrored.synthetic_decision))[gate]
    return SyntheticComparison(
        delta=decision.delta,
        wins=decision.wins,
        losses=decision.losses,
        ties=decision.ties,
        made=synthetic.chosen.rows,
        kept=synthetic.requests.rows,
        dropped=dict(store.read(synthetic.dropped).iter_rows()),
    )


def _failures(
    store: ArtifactStore, turned: Turned, rates: Mapping[str, Estimate], gate: str
) -> tuple[FailureGroup, ...]:
    showing = Showing(store, dict(turned.tables()))
    grouped = store.sql(
        query("improve/failure_groups"),
        {"failures": turned.failures},
        gate=gate,
        groups=SHOWN_GROUPS,
        per_group=SHOWN_FAILURES,
    )
    return tuple(
        FailureGroup(
            criterion=rows["criterion"][0],
            stratum=rows["stratum"][0],
            count=rows["failures"][0],
            share=_complement(rates[f"{rows['criterion'][0]}/{rows['stratum'][0]}"]),
            examples=tuple(_example(row, showing) for row in rows.iter_rows(named=True)),
        )
        for _, rows in grouped.group_by("group_rank", maintain_order=True)
    )


def _example(row: Mapping[str, Any], showing: Showing) -> FailureExample:
    whole = showing.values(row["trace_id"])
    return FailureExample(
        shown=shown(whole) if whole else "",
        trace_id=row["trace_id"],
        request=conversation_text(json.loads(row["messages"])),
        output=row["output"],
        critique=row["critique"] or "",
    )


def _complement(rate: Estimate) -> Estimate:
    """The failing share, where the rate is the passing one."""
    if rate.value is None or rate.low is None or rate.high is None:
        return rate
    return rate.model_copy(update={"value": 1 - rate.value, "low": 1 - rate.high, "high": 1 - rate.low})


def _quarantined(wheel: Wheel) -> dict[str, int]:
    refused: tuple[Artifact, ...] = tuple(run["quarantine"] for run in wheel.steps.get("ingest", ()))
    if not any(table.rows for table in refused):
        return {}
    counted = wheel.context.store.sql(query("collect/quarantined_by_reason"), {"quarantine": refused})
    return dict(counted.iter_rows())


def _parameters(wheel: Wheel, turned: Turned) -> dict[str, str]:
    """What went in, by hash."""
    settings = wheel.workspace.settings
    found = {
        "settings": content_hash(settings),
        "sample": turned.sampled.sample.hash,
        "judge_model": settings.judge.model,
        **{f"judge_{name}": judge.hash for name, judge in turned.judges.items()},
        **{f"rubric_{name}": judge.criterion.rubric_hash for name, judge in turned.judges.items()},
    }
    if turned.labelled:
        found["labels"] = turned.labelled.labels.hash
    if turned.mirrored:
        found["current"] = turned.mirrored.current.system.hash
        found["candidate"] = turned.mirrored.candidate.system.hash
    return found


def _notes(cycle: Cycle, wheel: Wheel) -> Iterator[str]:
    """What a reader must know before believing a figure."""
    if cycle.trust:
        yield "Pass rates are the judge's own, not corrected for its errors; kappa says how far it agrees with people."
    if not cycle.window.has_tenants:
        yield "The traces have no tenants: splits and intervals are by conversation."
    if not cycle.window.has_times:
        yield "The traces have no times: every trace is in the window."
    if cycle.comparison and len(cycle.comparison.differences) > 1:
        changed = ", ".join(cycle.comparison.differences)
        yield f"The candidate changes more than one thing ({changed}): nothing tells which of them did it."
    if cycle.comparison and not cycle.comparison.differences:
        yield "The candidate is the current system: every difference is noise."
    gate = wheel.workspace.settings.judge.gate
    if cycle.comparison and wheel.criteria[gate].subjective:
        yield (
            f"On '{gate}', which is subjective, the difference is the requests won less the requests lost by "
            "preference, and not the difference of the pass rates beside it."
        )
    if cycle.quarantined:
        yield f"{sum(cycle.quarantined.values()):,} rows were refused at the door; `flywheel ingest` lists them."
    if wheel.workspace.settings.judge.examples and cycle.trust:
        yield "Agreement with the people is measured on the dev split: no example in a judge's prompt is from it."
