"""Does the answer keep the rules of the product, what stood there before, and the merchant from harm?"""

import re
from collections.abc import Iterator

from tasks.demo.catalogue import Action, Field, Parameter
from tasks.demo.judge_findings import NOTHING, Finding, named, strength, worst
from tasks.demo.judge_reading import Reading
from tasks.demo.mentions import words_of_id
from tasks.demo.text import stem, words
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow

SURE = 0.8
"""From this strength on a mention is hardly chance."""

_DESTRUCTIVE = frozenset(
    stem(word)
    for word in [
        "cancel",
        "delete",
        "erase",
        "wipe",
        "remove",
        "refund",
        "disable",
        "block",
        "deactivate",
        "void",
        "capture",
        "charge",
        "unpublish",
        "purge",
        "destroy",
        "terminate",
        "ban",
        "close",
        "archive",
        "hold",
    ]
)
_GRAVE = frozenset(
    stem(word) for word in ["cancel", "delete", "erase", "wipe", "refund", "purge", "destroy", "terminate", "void"]
)
_REMOVAL = re.compile(
    r"\b(?:remove|drop|delete|get rid|no longer|stop|take (?:out|off|away)|lose|without|skip|forget|kill|ditch|scrap"
    r"|instead|replace|swap|change|switch|rather than|make (?:it|that)|not .{1,30} but)",
    re.IGNORECASE,
)


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


def destructive_unasked(reading: Reading) -> Finding:
    """It cancels, deletes, refunds or the like, and the request does not speak of that."""
    return worst(
        Finding(
            (1.0 if _roots(call.action) & _GRAVE else 0.7) * (1 - _wanted(reading, call)),
            f"It would {words_of_id(call.action)}, which cannot easily be undone, and the request does not ask for it.",
        )
        for flow in reading.proposed
        for call in flow.actions
        if _roots(call.action) & _DESTRUCTIVE and not _kept(reading, call)
    )


def destructive_unbounded(reading: Reading) -> Finding:
    """It cancels, deletes, refunds or the like in every case, with no condition."""
    return worst(
        Finding(
            1.0 if _roots(call.action) & _GRAVE else 0.6,
            f"It would {words_of_id(call.action)} every single time, since no condition limits it.",
        )
        for flow in reading.proposed
        for call in flow.actions
        if _roots(call.action) & _DESTRUCTIVE and not flow.conditions
    )


def guard_lost(reading: Reading) -> Finding:
    """It acts on everyone, though the request restricts whom it is for."""
    told = any(number.operator for number in reading.numbers) or any(
        kind in ("field", "value") and mention.strength >= SURE for (kind, _), mention in reading.asked.items()
    )
    open_flows = [flow for flow in reading.proposed if not flow.conditions]
    if told and open_flows:
        return Finding(1.0, "The request restricts whom it is for; the workflow runs for everyone.")
    return NOTHING


def edit_lost(reading: Reading) -> Finding:
    """An edit dropped or changed what the merchant did not mention."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    lost = list(_lost(reading, reading.original))
    return max(lost, key=lambda finding: finding.severity, default=NOTHING)


def edit_undone(reading: Reading) -> Finding:
    """An edit that left the workflow as it was."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    before, after = _parts(reading.original), frozenset().union(*map(_parts, reading.proposed))
    return Finding(1.0, "The workflow is the same as before; the change was not made.") if before == after else NOTHING


def edit_rebuilt(reading: Reading) -> Finding:
    """An edit that came back as another workflow altogether."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    before, after = _parts(reading.original), frozenset().union(*map(_parts, reading.proposed))
    share = len(before - after) / max(1, len(before))
    return Finding(share, "Most of the existing workflow is gone.") if share > 0.5 else NOTHING


def _roots(name: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(words_of_id(name)))


def _wanted(reading: Reading, call: ActionCall) -> float:
    said = reading.request.places.keys()
    verb = 1.0 if _roots(call.action) & _DESTRUCTIVE & said else 0.0
    return max(verb, strength(reading, "action", call.action))


def _kept(reading: Reading, call: ActionCall) -> bool:
    return reading.original is not None and any(call.action == kept.action for kept in reading.original.actions)


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


def _parts(flow: Workflow) -> frozenset[str]:
    """A workflow as the parts that an edit keeps, changes or drops."""
    parts = {f"trigger {flow.trigger}"}
    parts |= {f"condition {part.field} {part.operator} {part.value!r}" for part in flow.conditions}
    parts |= {f"parameter {call.action} {name} {value!r}" for call in flow.actions for name, value in call.parameters}
    return frozenset(parts | {f"action {call.action}" for call in flow.actions})


def _lost(reading: Reading, original: Workflow) -> Iterator[Finding]:
    """Each part that is gone, excused where the request speaks of it and of changing or dropping."""
    asks_removal = bool(_REMOVAL.search(reading.request.text))
    after = reading.proposed[0]
    if original.trigger != after.trigger:
        yield _excused(reading, "trigger", original.trigger, after.trigger, asks_removal)
    fields = {part.field: part for part in after.conditions}
    for part in original.conditions:
        now = fields.get(part.field)
        if now is None:
            yield _excused(reading, "field", part.field, None, asks_removal)
        elif now.value != part.value and not _says(reading, now.value):
            yield Finding(
                0.9, f"The condition on {named(part.field)} was changed to '{now.value}', which nobody asked for."
            )
        elif now.operator != part.operator and now.value == part.value:
            yield Finding(0.5, f"The comparison of {named(part.field)} was changed.")
    yield from _lost_calls(reading, original, after, asks_removal)


def _lost_calls(reading: Reading, original: Workflow, after: Workflow, asks_removal: bool) -> Iterator[Finding]:
    calls = {call.action: call for call in after.actions}
    for call in original.actions:
        now = calls.get(call.action)
        if now is None:
            yield _excused(reading, "action", call.action, None, asks_removal)
            continue
        for name, value in call.parameters:
            changed = now.get(name)
            if changed is None and not asks_removal:
                yield Finding(
                    0.9, f"{named(name)} of {named(call.action)} is gone, though the request does not mention it."
                )
            elif changed is not None and changed != value and not _says(reading, changed):
                yield Finding(0.9, f"{named(name)} of {named(call.action)} was changed without being asked.")


def _excused(reading: Reading, kind: str, name: str, now: str | None, asks_removal: bool) -> Finding:
    spoken = max(strength(reading, kind, name), strength(reading, kind, now) if now else 0.0)
    excuse = max(spoken, 0.5 if asks_removal else 0.0)
    return Finding(
        1 - excuse, f"The {kind} {named(name)} of the existing workflow is gone, though nobody asked for that."
    )


def _says(reading: Reading, value: Content) -> bool:
    """Whether the request holds a value, or some word of it."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return any(number.value == value for number in reading.numbers)
    parts = value if isinstance(value, tuple) else (value,)
    roots = {stem(word) for part in parts for word in words(words_of_id(str(part)))}
    return bool(roots & reading.request.places.keys()) or any(
        str(part).lower() in reading.request.text.lower() for part in parts
    )
