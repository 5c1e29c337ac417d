"""Does the answer keep the rules that the documentation gives: what there is, and which values go where?"""

from collections.abc import Iterator

from tasks.demo.catalogue import Action, Field, Parameter
from tasks.demo.judging.findings import NOTHING, Finding, named, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.workflow import ActionCall, Condition, Content


def element_unknown(reading: Reading) -> Finding:
    """A trigger, field or action that the documentation does not hold."""
    if not reading.knowledge.documented:
        return NOTHING
    return worst(
        Finding(1.0, f"There is no {kind} {named(name)} in the documentation.") for kind, name in _unknown(reading)
    )


def value_not_allowed(reading: Reading) -> Finding:
    """An operator, an option or a type that the documentation does not allow at its place."""
    return worst(Finding(1.0, note) for note in _not_allowed(reading))


def parameter_missing(reading: Reading) -> Finding:
    """A required parameter is absent or empty."""
    return worst(
        Finding(1.0, f"{named(call.action)} needs {named(parameter.name)}, which is not set.")
        for flow in reading.proposed
        for call in flow.actions
        if (action := reading.knowledge.catalogue.actions_by_id.get(call.action))
        for parameter in action.parameters
        if parameter.required and call.get(parameter.name) in (None, "", ())
    )


def no_action(reading: Reading) -> Finding:
    """A workflow that does nothing."""
    empty = any(not flow.actions for flow in reading.proposed)
    return Finding(1.0, "The workflow has no action at all.") if empty else NOTHING


def _unknown(reading: Reading) -> Iterator[tuple[str, str]]:
    catalogue = reading.knowledge.catalogue
    for flow in reading.proposed:
        if catalogue.triggers_by_id.get(flow.trigger) is None:
            yield "trigger", flow.trigger
        yield from (("field", part.field) for part in flow.conditions if catalogue.fields_by_id.get(part.field) is None)
        yield from (
            ("action", call.action) for call in flow.actions if catalogue.actions_by_id.get(call.action) is None
        )


def _not_allowed(reading: Reading) -> Iterator[str]:
    catalogue = reading.knowledge.catalogue
    for flow in reading.proposed:
        for condition in flow.conditions:
            if field := catalogue.fields_by_id.get(condition.field):
                yield from _wrong_in_condition(condition, field)
        for call in flow.actions:
            if action := catalogue.actions_by_id.get(call.action):
                yield from _wrong_in_call(call, action)


def _wrong_in_condition(condition: Condition, field: Field) -> Iterator[str]:
    if condition.operator not in field.operators:
        yield f"{named(field.id)} cannot be compared with {named(condition.operator)}."
    if not _fits(condition.value, field):
        yield f"'{condition.value}' is not a value that {named(field.id)} can have."


def _wrong_in_call(call: ActionCall, action: Action) -> Iterator[str]:
    for name, value in call.parameters:
        parameter = action.parameter(name)
        if parameter is None:
            yield f"{named(action.id)} has no parameter {named(name)}."
        elif not _fits(value, parameter):
            yield f"'{value}' is not a value that {named(name)} can have."


def _fits(value: Content, place: Field | Parameter) -> bool:
    match place.type:
        case "number" | "duration":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "enum":
            return value in {option.id for option in place.values}
        case "email":
            return isinstance(value, str) and "@" in value
        case "url":
            return isinstance(value, str) and "://" in value
        case _:
            return isinstance(value, str | tuple)
