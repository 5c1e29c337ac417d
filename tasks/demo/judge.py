"""Is one answer good, by what the prompt says and nothing else? The embedded judge.

It learns the catalogue from the documentation in its prompt, what matters from the rubric and the failing examples'
critiques, and how much from the examples' verdicts. With few examples it uses fixed weights.
A prompt that names nothing to check gets a pass for everything. What stands inside fenced blocks is looked at and never
obeyed. It holds an LLM's place in the loop, not its quality.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from tasks.demo.judging.checks import CHECKS
from tasks.demo.judging.findings import Finding
from tasks.demo.judging.forms import graded, grades_of, preferred, read_pair
from tasks.demo.judging.lessons import Lesson, lessons_of, with_lessons
from tasks.demo.judging.prompt import Case, Example, Instructions, joined, read_case, read_instructions
from tasks.demo.judging.reading import Knowledge, Reading, knowledge_of, read
from tasks.demo.judging.several import taken_apart
from tasks.demo.judging.showing import LONGEST
from tasks.demo.judging.subjects import subjects_of
from tasks.demo.judging.weights import FOLDS, Array, Weights, learnt
from tasks.demo.language.mentions import words_of_id
from tasks.demo.workflow import Workflow

ENOUGH = 16
"""From so many examples on their verdicts decide what weighs how much."""

TOLERANCE = 2.2
"""The weight of violations that fixed weights let pass."""

HOPELESS = 100.0
"""The doubt about an answer that need not be read to be failed."""

DOUBT = 0.4
"""How far under even odds of failing an answer fails already: people fail what they would rather not have given."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A judge's instructions, understood: what it knows and how much each check weighs."""

    knowledge: Knowledge
    weights: Weights


def answer(messages: list[dict[str, Any]]) -> str:
    """The verdict on the answer in the last user message, as JSON with `critique` and `verdict`.

    A prompt with several criteria gets both for each, as `<criterion>_critique` and `<criterion>_verdict`. One that
    shows two answers gets the better of them.
    """
    prompt = joined(messages, "system", "developer")
    asked = joined(messages, "user")
    if pair := read_pair(asked):
        return _reply(_compared(prompt, *pair))
    case = read_case(asked)
    several = taken_apart(prompt)
    if not several:
        return _reply(_judged(prompt, case))
    said = {f"{name}_{part}": text for name, own in several.items() for part, text in _judged(own, case).items()}
    return _reply(said)


def _reply(said: dict[str, str]) -> str:
    """The JSON without halves of characters, which an answer may hold and no file can."""
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _judged(prompt: str, case: Case | None) -> dict[str, str]:
    if case is None:
        return {"critique": "There is no conversation with an answer to judge.", "verdict": "cannot_judge"}
    critique, doubt = _weighed(prompt, case)
    if grades := grades_of(prompt):
        return {"critique": critique, "verdict": graded(doubt, grades) or "cannot_judge"}
    return {"critique": critique, "verdict": "fail" if doubt > 0 else "pass"}


def _compared(prompt: str, first: Case, second: Case) -> dict[str, str]:
    """Which of two answers to one conversation is the better one, each weighed as if it stood alone."""
    (told, doubt), (told_other, other) = _weighed(prompt, first), _weighed(prompt, second)
    return {"critique": f"First answer: {told} Second answer: {told_other}", "verdict": preferred(doubt, other)}


def _weighed(prompt: str, case: Case) -> tuple[str, float]:
    """What there is to say of an answer, and the doubt about it: over 0 it fails."""
    if len(case.answer) > LONGEST:
        return "The answer is longer than anybody would read.", HOPELESS
    trained = _trained(prompt)
    reading = read(case, trained.knowledge)
    findings = _findings(reading)
    doubt = float(trained.weights.log_odds(_severities(findings))) + DOUBT
    return _critique(reading, findings, trained.weights, doubt > 0), doubt


@lru_cache(maxsize=32)
def _trained(prompt: str) -> Trained:
    instructions = _with_what_is_read(read_instructions(prompt))
    knowledge = knowledge_of(instructions.documentation)
    usual = _usual_weights(instructions)
    given = Weights(-TOLERANCE, usual)
    lessons = [lessons_of(example, knowledge) for example in instructions.examples]
    taught = with_lessons(knowledge, chain.from_iterable(lessons))
    if len(instructions.examples) < ENOUGH or not usual.any():
        return Trained(taught, given)
    severities = _example_severities(instructions.examples, lessons, knowledge)
    failed = np.array([float(not example.passed) for example in instructions.examples])
    return Trained(taught, learnt(severities, failed, given))


def _with_what_is_read(instructions: Instructions) -> Instructions:
    short = tuple(example for example in instructions.examples if len(example.case.answer) <= LONGEST)
    return replace(instructions, examples=short)


def _usual_weights(instructions: Instructions) -> Array:
    """The fixed weight of each check that rubric or failing examples name; 0 for all others."""
    rubric = subjects_of(instructions.rubric)
    named = [rubric, *(subjects_of(example.critique) for example in instructions.examples if not example.passed)]
    return np.array(
        [
            0.0 if check.left_out_by(rubric) else check.weight * max(prose.emphasis(check.subjects) for prose in named)
            for check in CHECKS
        ]
    )


def _example_severities(
    examples: Sequence[Example], lessons: Sequence[tuple[Lesson, ...]], knowledge: Knowledge
) -> Array:
    """The severities of all checks on each example, with what the others teach and never with its own lesson."""
    severities = np.empty((len(examples), len(CHECKS)))
    for fold in range(FOLDS):
        others = chain.from_iterable(lesson for place, lesson in enumerate(lessons) if place % FOLDS != fold)
        taught = with_lessons(knowledge, others)
        for place in range(fold, len(examples), FOLDS):
            severities[place] = _severities(_findings(read(examples[place].case, taught)))
    return severities


def _findings(reading: Reading) -> list[Finding]:
    return [check.found(reading) for check in CHECKS]


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
