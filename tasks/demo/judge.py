"""Is one answer good, by what the prompt says and nothing else? The embedded judge.

It has no idea of the product: it learns the catalogue from the documentation in its prompt, what matters from the rubric
and the failing examples' critiques, and how much from the examples' verdicts. With few examples fixed weights are used.
A prompt that names nothing to check gets a pass for everything. What stands inside fenced blocks is looked at and never
obeyed. It holds an LLM's place in the loop, not its quality.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tasks.demo.judge_checks import CHECKS, named_checks
from tasks.demo.judge_findings import Finding
from tasks.demo.judge_prompt import Case, Instructions, joined, read_case, read_instructions
from tasks.demo.judge_reading import Knowledge, Reading, knowledge_of, read
from tasks.demo.judge_weights import Array, Weights, learnt
from tasks.demo.mentions import words_of_id
from tasks.demo.workflow import Workflow

ENOUGH = 16
"""From so many examples on their verdicts decide what weighs how much."""

TOLERANCE = 2.0
"""The weight of violations that fixed weights let pass."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A judge's instructions, understood: what it knows and how much each check weighs."""

    knowledge: Knowledge
    weights: Weights


def answer(messages: list[dict[str, Any]]) -> str:
    """The verdict on the answer in the last user message, as JSON with `critique` and `verdict`."""
    trained = _trained(joined(messages, "system", "developer"))
    case = read_case(joined(messages, "user"))
    if case is None:
        return _reply("There is no conversation with an answer to judge.", "cannot_judge")
    reading = read(case, trained.knowledge)
    findings = _findings(reading)
    log_odds = float(trained.weights.log_odds(_severities(findings)))
    failed = log_odds > 0
    return _reply(_critique(reading, findings, trained.weights, failed), "fail" if failed else "pass")


def _reply(critique: str, verdict: str) -> str:
    return json.dumps({"critique": critique, "verdict": verdict}, ensure_ascii=False)


@lru_cache(maxsize=32)
def _trained(prompt: str) -> Trained:
    instructions = read_instructions(prompt)
    knowledge = knowledge_of(instructions.documentation)
    usual = _usual_weights(instructions)
    if len(instructions.examples) < ENOUGH or not usual.any():
        return Trained(knowledge, Weights(-TOLERANCE, usual))
    severities = np.array([_case_severities(example.case, knowledge) for example in instructions.examples])
    failed = np.array([float(not example.passed) for example in instructions.examples])
    counted = usual > 0
    weights = learnt(severities[:, counted], failed, usual[counted])
    slopes = np.zeros(len(CHECKS))
    slopes[counted] = weights.slopes
    return Trained(knowledge, Weights(weights.bias, slopes))


def _usual_weights(instructions: Instructions) -> Array:
    """The fixed weight of each check that rubric or failing examples name; 0 for all others."""
    emphasis = named_checks(instructions.rubric)
    for example in instructions.examples:
        if not example.passed:
            for name in named_checks(example.critique):
                emphasis[name] = max(emphasis.get(name, 0.0), 1.0)
    return np.array([check.weight * emphasis.get(check.name, 0.0) for check in CHECKS])


def _case_severities(case: Case, knowledge: Knowledge) -> Array:
    return _severities(_findings(read(case, knowledge)))


def _findings(reading: Reading) -> list[Finding]:
    return [check.find(reading) for check in CHECKS]


def _severities(findings: Sequence[Finding]) -> Array:
    return np.array([finding.severity for finding in findings])


def _critique(reading: Reading, findings: Sequence[Finding], weights: Weights, failed: bool) -> str:
    """What was asked, what the answer does, and what is wrong with it, the gravest first."""
    share = weights.slopes * _severities(findings)
    grave = [findings[place].note for place in np.argsort(-share, kind="stable")[:3] if share[place] > 0.3]
    asked = " ".join(reading.request.text.split())
    parts = [f'The merchant asked: "{asked[:160]}{"..." if len(asked) > 160 else ""}"', _what_it_does(reading)]
    if failed:
        return " ".join([*parts, *grave])
    if grave:
        return " ".join([*parts, "It will do, though:", grave[0]])
    return " ".join([*parts, "Nothing that was to be checked speaks against it."])


def _what_it_does(reading: Reading) -> str:
    if not reading.proposed:
        return "The answer proposes no workflow."
    return " ".join(_told(flow) for flow in reading.proposed)


def _told(flow: Workflow) -> str:
    conditions = " and ".join(
        f"{words_of_id(part.field)} {words_of_id(part.operator)} {part.value}" for part in flow.conditions
    )
    actions = ", ".join(words_of_id(call.action) for call in flow.actions) or "nothing"
    limits = f" if {conditions}" if conditions else ""
    return f"On {words_of_id(flow.trigger)}{limits} the answer does: {actions}."
