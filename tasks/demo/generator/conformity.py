"""Which parts of a workflow does the product not have? Ids, operators and enum values against the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tasks.demo.catalogue import load_catalogue
from tasks.demo.workflow import ActionCall, Condition, Workflow


@dataclass(frozen=True, slots=True)
class Nonconformity:
    """One part that the product would refuse."""

    kind: Literal["unknown_id", "unlisted_value", "unfit_operator"]
    place: str
    got: Any = None


def nonconformities(workflow: Workflow) -> Iterator[Nonconformity]:
    """All parts that are not the catalogue's, in the order in which they stand."""
    if workflow.trigger not in load_catalogue().triggers_by_id:
        yield Nonconformity("unknown_id", workflow.trigger, workflow.trigger)
    for condition in workflow.conditions:
        yield from _of_condition(condition)
    for call in workflow.actions:
        yield from _of_call(call)


def _of_condition(condition: Condition) -> Iterator[Nonconformity]:
    field = load_catalogue().fields_by_id.get(condition.field)
    if field is None:
        yield Nonconformity("unknown_id", condition.field, condition.field)
        return
    if condition.operator not in field.operators:
        yield Nonconformity("unfit_operator", condition.field, condition.operator)
    if field.values and condition.value not in {value.id for value in field.values}:
        yield Nonconformity("unlisted_value", condition.field, condition.value)


def _of_call(call: ActionCall) -> Iterator[Nonconformity]:
    action = load_catalogue().actions_by_id.get(call.action)
    if action is None:
        yield Nonconformity("unknown_id", call.action, call.action)
        return
    for name, value in call.parameters:
        parameter = action.parameter(name)
        if parameter is None:
            yield Nonconformity("unknown_id", f"{call.action}.{name}", name)
        elif parameter.values and value not in {known.id for known in parameter.values}:
            yield Nonconformity("unlisted_value", f"{call.action}.{name}", value)
