"""What does an answer propose, and where does it differ from what was wanted?

A workflow is a trigger, conditions that must all hold, and actions. Order means nothing in any of them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Scalar = str | int | float | bool
Content = Scalar | tuple[Scalar, ...]
"""A value in a condition or a parameter; a list of texts is a tuple."""

DifferenceKind = Literal[
    "missing_workflow",
    "extra_workflow",
    "wrong_trigger",
    "missing_condition",
    "extra_condition",
    "wrong_operator",
    "wrong_value",
    "missing_action",
    "extra_action",
    "missing_parameter",
    "extra_parameter",
    "wrong_parameter",
]

FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a field."""

    field: str
    operator: str
    value: Content


@dataclass(frozen=True, slots=True)
class ActionCall:
    """One action with its parameters, sorted by name."""

    action: str
    parameters: tuple[tuple[str, Content], ...] = ()

    def get(self, name: str) -> Content | None:
        return dict(self.parameters).get(name)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A trigger, conditions (all required) and actions."""

    trigger: str
    conditions: tuple[Condition, ...] = ()
    actions: tuple[ActionCall, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, in the written order."""
        return {
            "trigger": self.trigger,
            "conditions": [
                {"field": part.field, "operator": part.operator, "value": _plain(part.value)}
                for part in self.conditions
            ],
            "actions": [
                {"action": call.action, "parameters": {name: _plain(value) for name, value in call.parameters}}
                for call in self.actions
            ],
        }

    @classmethod
    def from_json(cls, content: Any) -> "Workflow":
        """Reads what an answer holds. Raises ValueError where it has not the form of a workflow; ids may be unknown."""
        try:
            return cls(
                trigger=str(content["trigger"]),
                conditions=tuple(
                    Condition(str(part["field"]), str(part["operator"]), _content(part["value"]))
                    for part in content.get("conditions", ())
                ),
                actions=tuple(
                    call(str(part["action"]), part.get("parameters", {})) for part in content.get("actions", ())
                ),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a workflow: {error}") from error


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an answer is not what was wanted. `place` is a field, an action or `action.parameter`."""

    kind: DifferenceKind
    place: str
    wanted: Any = None
    got: Any = None


def call(action: str, parameters: Mapping[str, Any]) -> ActionCall:
    """An action with its parameters in canonical order."""
    return ActionCall(action, tuple(sorted((str(name), _content(value)) for name, value in parameters.items())))


def parse_answer(text: str) -> tuple[Workflow, ...]:
    """The workflows that an answer proposes: none for a refusal in prose or for JSON that is no workflow."""
    for source in [*FENCE.findall(text), text[text.find("{") : text.rfind("}") + 1]]:
        try:
            content = json.loads(source)
            parts = content.get("workflows", [content])
            return tuple(Workflow.from_json(part) for part in parts)
        except (ValueError, TypeError, AttributeError):
            continue
    return ()


def render_answer(workflows: Sequence[Workflow], sentence: str = "Here is the workflow.") -> str:
    """An answer in the product's form: a sentence and a fenced workflow, or several under `workflows`."""
    parts = [workflow.to_json() for workflow in workflows]
    content = parts[0] if len(parts) == 1 else {"workflows": parts}
    return f"{sentence}\n\n{fenced(content)}"


def fenced(content: Any) -> str:
    """JSON in a fence, as answers and requests for an edit hold it."""
    return f"```json\n{json.dumps(content, ensure_ascii=False)}\n```"


def same(first: Sequence[Workflow], second: Sequence[Workflow]) -> bool:
    """Whether two answers mean the same: order, letter case and spaces at the ends do not count."""
    return sorted(map(_key, first)) == sorted(map(_key, second))


def paired(wanted: Sequence[Workflow], got: Sequence[Workflow]) -> list[tuple[Workflow | None, Workflow | None]]:
    """Each wanted workflow beside the proposal that is nearest to it, then what is left over of either."""
    rest = list(got)
    pairs: list[tuple[Workflow | None, Workflow | None]] = []
    for goal in wanted:
        nearest = min(rest, key=lambda proposal: len(between(goal, proposal)), default=None)
        if nearest is not None:
            rest.remove(nearest)
        pairs.append((goal, nearest))
    return pairs + [(None, proposal) for proposal in rest]


def differences(wanted: Sequence[Workflow], got: Sequence[Workflow]) -> tuple[Difference, ...]:
    """Where the answer differs from what was wanted; nothing where they are the same."""
    found: list[Difference] = []
    for goal, proposal in paired(wanted, got):
        found += between(goal, proposal)
    return tuple(found)


def between(wanted: Workflow | None, got: Workflow | None) -> list[Difference]:
    """Where one proposal differs from one wanted workflow; None stands for a workflow that is not there."""
    if wanted is None or got is None:
        if got is not None:
            return [Difference("extra_workflow", got.trigger, got=got)]
        return [Difference("missing_workflow", wanted.trigger, wanted=wanted)] if wanted else []
    found: list[Difference] = []
    if wanted.trigger != got.trigger:
        found.append(Difference("wrong_trigger", got.trigger, wanted.trigger, got.trigger))
    found += _condition_differences(wanted.conditions, got.conditions)
    return found + _action_differences(wanted.actions, got.actions)


def _condition_differences(wanted: Iterable[Condition], got: Iterable[Condition]) -> list[Difference]:
    found: list[Difference] = []
    rest = list(got)
    missing = []
    for goal in wanted:
        twin = next((one for one in rest if _condition_key(one) == _condition_key(goal)), None)
        if twin is None:
            missing.append(goal)
        else:
            rest.remove(twin)
    for goal in missing:
        near = next((one for one in rest if one.field == goal.field), None)
        if near is None:
            found.append(Difference("missing_condition", goal.field, wanted=goal))
            continue
        rest.remove(near)
        if near.operator != goal.operator:
            found.append(Difference("wrong_operator", goal.field, goal.operator, near.operator))
        if fold(near.value) != fold(goal.value):
            found.append(Difference("wrong_value", goal.field, goal.value, near.value))
    return found + [Difference("extra_condition", one.field, got=one) for one in rest]


def _action_differences(wanted: Iterable[ActionCall], got: Iterable[ActionCall]) -> list[Difference]:
    found: list[Difference] = []
    rest = list(got)
    for goal in wanted:
        near = min((one for one in rest if one.action == goal.action), key=lambda one: _far(goal, one), default=None)
        if near is None:
            found.append(Difference("missing_action", goal.action, wanted=goal))
        else:
            rest.remove(near)
            found += _parameter_differences(goal, near)
    return found + [Difference("extra_action", one.action, got=one) for one in rest]


def _far(wanted: ActionCall, got: ActionCall) -> int:
    return len(_parameter_differences(wanted, got))


def _parameter_differences(wanted: ActionCall, got: ActionCall) -> list[Difference]:
    goal, near = dict(wanted.parameters), dict(got.parameters)
    found: list[Difference] = []
    for name in sorted(goal.keys() | near.keys()):
        place = f"{wanted.action}.{name}"
        if name not in near:
            found.append(Difference("missing_parameter", place, wanted=goal[name]))
        elif name not in goal:
            found.append(Difference("extra_parameter", place, got=near[name]))
        elif fold(goal[name]) != fold(near[name]):
            found.append(Difference("wrong_parameter", place, goal[name], near[name]))
    return found


def fold(value: Content) -> Content:
    """A value as comparison sees it: texts without case or outer spaces, lists in order, 200.0 as 200."""
    match value:
        case str():
            return " ".join(value.casefold().split())
        case bool():
            return value
        case float() if value.is_integer():
            return int(value)
        case tuple():
            return tuple(sorted(str(fold(part)) for part in value))
    return value


def _condition_key(condition: Condition) -> str:
    return repr((condition.field, condition.operator, fold(condition.value)))


def _action_key(action: ActionCall) -> str:
    return repr((action.action, sorted((name, repr(fold(value))) for name, value in action.parameters)))


def _key(workflow: Workflow) -> str:
    return repr(
        (
            workflow.trigger,
            sorted(map(_condition_key, workflow.conditions)),
            sorted(map(_action_key, workflow.actions)),
        )
    )


def _content(value: Any) -> Content:
    match value:
        case list() | tuple() if all(isinstance(part, str | int | float) for part in value):
            return tuple(value)
        case float() if value.is_integer():
            return int(value)
        case str() | int() | float():
            return value
    raise TypeError(f"{value!r} is no value of a workflow")


def _plain(value: Content) -> Scalar | list[Scalar]:
    return list(value) if isinstance(value, tuple) else value
