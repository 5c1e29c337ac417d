"""How is a cycle or a decision told in a terminal? A few lines that a product lead reads without a legend."""

from collections.abc import Mapping
from typing import Any


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
        *(f"  note: {note}" for note in values["notes"]),
        f"Report: {values['report']}",
    ]
    return "\n".join(lines)


def decision_text(values: Mapping[str, Any]) -> str:
    """The decision, why, and the strata that speak for or against it."""
    lines = [
        f"{values['decision']} on '{values['criterion']}': {values['why']}",
        f"  current    {rate_text(values['current_rate'])}",
        f"  candidate  {rate_text(values['candidate_rate'])}",
        f"  wins {values['wins']}, losses {values['losses']}, ties {values['ties']}, unscored {values['unscored']}",
    ]
    strata = sorted(values["strata"].items(), key=lambda each: each[1]["delta"]["value"] or 0)
    lines += [f"  {name}: {points_text(each['delta'])}" for name, each in strata]
    for name, each in values["criteria"].items():
        if name != values["criterion"]:
            lines.append(f"  {name}: {points_text(each['delta'])}")
    if values.get("synthetic"):
        lines.append(f"  synthetic requests (apart): {points_text(values['synthetic']['delta'])}")
    return "\n".join(lines)


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
