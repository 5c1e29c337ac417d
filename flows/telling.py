"""How is a cycle or a decision told in a terminal? A few lines that a product lead reads without a legend."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tasks.domain.cycle import StepSummary
from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting

if TYPE_CHECKING:
    from tasks.compare.deciding import Preferred
    from tasks.stats.paired import Decision


def cycle_text(values: Mapping[str, Any]) -> str:
    """The headline figures, what ran, and where to look next."""
    estimates, steps = values["estimates"], values["steps"]
    ran = [name for name, step in steps.items() if step["state"] == "ran"]
    lines = [
        f"Cycle {values['cycle_id']}" + (" (simulated)" if values["simulated"] else ""),
        f"  production pass rate     {rate_text(estimates['production_pass_rate'])}",
        f"  benchmark pass rate      {rate_text(estimates['benchmark_pass_rate'])}",
        f"  benchmark to production  {points_text(estimates['benchmark_production_gap'])}",
    ]
    if "production_change" in estimates:
        lines.append(f"  since the last cycle     {points_text(estimates['production_change'])}")
    if comparison := values["comparison"]:
        lines.append(f"  candidate '{comparison['candidate']}': {comparison['decision']}. {comparison['why']}")
    lines += [
        f"  training set             {values['training_rows']:,} rows in {values['training_set']}",
        f"  {len(ran)} of {len(steps)} steps ran; {values['model_calls']:,} model calls, ${values['cost_usd']:.2f}",
        *([] if values["trust"] else ["  note: the judge is untrusted: no labels vouch for it yet"]),
        *(f"  note: {note}" for note in values["notes"]),
        f"Report: {values['report']}",
    ]
    return "\n".join(lines)


def accounting(steps: Mapping[str, StepSummary]) -> Accounting:
    """Where the rows of all verdicts of a run ended up."""
    counted = [
        step.accounting for name, step in steps.items() if name.startswith(("judge.", "prefer.")) and step.accounting
    ]
    return sum(counted, Accounting(n=0))


def decision_values(
    candidate: str,
    gate: str,
    decided: Mapping[str, "tuple[Decision, Estimate, Estimate]"],
    steps: Mapping[str, StepSummary],
    *,
    trusted: bool,
    preferences: Mapping[str, "Preferred"] = MappingProxyType({}),
    differences: tuple[str, ...] = (),
    synthetic: "Decision | None" = None,
) -> dict[str, Any]:
    """What `--json` says of a decision: the gate's, each criterion's, and where every verdict's row ended up."""
    decision, current, other = decided[gate]
    preferred = {name: {"preference": each.model_dump()} for name, each in preferences.items()}
    return {
        "candidate": candidate,
        "differences": list(differences),
        "criterion": gate,
        "trusted": trusted,
        **decision.model_dump(),
        **preferred.get(gate, {}),
        "current_rate": current.model_dump(),
        "candidate_rate": other.model_dump(),
        "criteria": {name: each.model_dump() | preferred.get(name, {}) for name, (each, _, _) in decided.items()},
        "synthetic": synthetic.model_dump() if synthetic else None,
        "accounting": accounting(steps).model_dump(),
        "steps": {name: step.model_dump() for name, step in steps.items()},
        "model_calls": sum(step.model_calls for step in steps.values()),
        "cost_usd": sum(step.cost_usd for step in steps.values()),
    }


def decision_text(values: Mapping[str, Any]) -> str:
    """The decision, why, and the strata that speak for or against it."""
    lines = [
        f"{values['decision']} on '{values['criterion']}': {values['why']}",
        f"  current    {rate_text(values['current_rate'])}",
        f"  candidate  {rate_text(values['candidate_rate'])}",
        *([] if values["trusted"] else ["  the judge is untrusted: no labels vouch for it yet"]),
        *([f"  changed: {', '.join(values['differences'])}"] if values["differences"] else []),
        f"  wins {values['wins']}, losses {values['losses']}, ties {values['ties']}, unscored {values['unscored']}",
        *_preference_lines(values.get("preference")),
    ]
    strata = sorted(values["strata"].items(), key=lambda each: each[1]["delta"]["value"] or 0)
    lines += [f"  {name}: {points_text(each['delta'])}" for name, each in strata]
    for name, each in values["criteria"].items():
        if name != values["criterion"]:
            lines.append(f"  {name}: {points_text(each['delta'])}")
    if values.get("synthetic"):
        lines.append(f"  synthetic requests (apart): {points_text(values['synthetic']['delta'])}")
    return "\n".join(lines)


def _preference_lines(preference: Mapping[str, Any] | None) -> list[str]:
    """On a subjective criterion: what the judge prefers, and how far the order of the two answers decides for it."""
    if preference is None:
        return []
    wins, losses, ties, same, unscored = (preference[name] for name in ("wins", "losses", "ties", "same", "unscored"))
    return [
        f"  preferred: candidate {wins}, current {losses}, neither {ties} ({same} equal texts), unscored {unscored}",
        *position_lines(preference["position"]),
    ]


def position_lines(position: Mapping[str, Any]) -> list[str]:
    """How often the order of two answers decides for a judge, and for which place."""
    if position["flip_rate"]["value"] is None:
        return [f"  whether the order decides is unknown: {position['flip_rate']['why']}"]
    lines = [f"  the order decided {rate_text(position['flip_rate'])}"]
    if position["flips"]:
        first, p = rate_text(position["first_slot"]), position["p_first_slot"]
        lines.append(f"  of these for the answer that stood first {first}, p = {p:.2g} taking pairs as independent")
    return lines


def rate_text(estimate: Mapping[str, Any]) -> str:
    """A rate with its interval and n, in percent; or why there is none."""
    if estimate["value"] is None:
        return f"unknown: {estimate['why']}"
    shown = f"{100 * estimate['value']:.1f}%"
    if estimate["low"] is not None:
        shown += f" [{100 * estimate['low']:.1f}, {100 * estimate['high']:.1f}]"
    return f"{shown} (n={estimate['n']:,})"


def points_text(estimate: Mapping[str, Any]) -> str:
    """A difference with its interval and n, in percentage points; or why there is none."""
    if estimate["value"] is None:
        return f"unknown: {estimate['why']}"
    shown = f"{100 * estimate['value']:+.1f} points"
    if estimate["low"] is not None:
        shown += f" [{100 * estimate['low']:+.1f}, {100 * estimate['high']:+.1f}]"
    return f"{shown} (n={estimate['n']:,})"
