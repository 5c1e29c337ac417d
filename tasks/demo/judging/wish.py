"""Does the answer do what the words of the request were understood to ask for, piece by piece?

What was understood may be little, where merchants use words that the documentation does not tell; but it was said.
"""

from collections.abc import Iterable, Iterator

from tasks.demo.judging.findings import NOTHING, Finding, named, strength, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.language.understanding import Understood
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow, fold

_BORDERS = {"greater_than": "at_least", "at_least": "greater_than", "less_than": "at_most", "at_most": "less_than"}


def trigger_other(reading: Reading) -> Finding:
    """The request names another event than the one that the workflow starts on."""
    if reading.original is not None:
        return NOTHING
    return worst(
        Finding(
            wish.sure[wish.trigger] * (1 - 0.7 * strength(reading, "trigger", flow.trigger)),
            f"The request speaks of {named(wish.trigger)}, but the workflow starts on {named(flow.trigger)}.",
        )
        for wish, flow in _pairs(reading)
        if wish.trigger and wish.trigger not in {other.trigger for other in reading.proposed}
    )


def action_left_out(reading: Reading) -> Finding:
    """An action that the request names is in no workflow of the answer, nor are its values."""
    return worst(
        Finding(wish.sure[call.action], f"The request asks for {named(call.action)}, which is missing.")
        for wish, call in _missing_calls(reading)
        if not _values_used(reading, dict(call.parameters).values())
    )


def action_replaced(reading: Reading) -> Finding:
    """One named action is missing while another that nobody named stands there, perhaps with its values."""
    return worst(
        Finding(
            wish.sure[asked.action] * (1 - strength(reading, "action", given.action)),
            f"It does {named(given.action)}; the request asks for {named(asked.action)}.",
        )
        for wish, asked in _missing_calls(reading)
        for flow in reading.proposed
        for given in flow.actions
        if not _was_there(reading, given.action)
    )


def condition_left_out(reading: Reading) -> Finding:
    """A condition that the request spells out is in no workflow of the answer, nor is its value."""
    return worst(
        Finding(
            wish.sure[part.field],
            f"The request restricts it by {_told(part)}, and no condition on {named(part.field)} does.",
        )
        for wish, part in _missing_conditions(reading)
        if not _values_used(reading, (part.value,))
    )


def condition_replaced(reading: Reading) -> Finding:
    """The value of a condition that was spelled out stands in a condition on another field."""
    return worst(
        Finding(
            wish.sure[asked.field] ** 3 * (1 - strength(reading, "field", given.field)),
            f"It looks at {named(given.field)} where the request speaks of {named(asked.field)}.",
        )
        for wish, asked in _missing_conditions(reading)
        for flow in reading.proposed
        for given in flow.conditions
        if fold(given.value) == fold(asked.value) and not _was_there(reading, given.field)
    )


def condition_value_other(reading: Reading) -> Finding:
    """A condition on the right field with another value than the request gives."""
    return worst(
        Finding(
            wish.sure[asked.field],
            f"For {named(asked.field)} the request says '{asked.value}', the answer '{given.value}'.",
        )
        for wish, asked, given in _same_field(reading)
        if fold(asked.value) != fold(given.value) and not _within(asked, given)
    )


def comparison_other(reading: Reading) -> Finding:
    """A condition on the right field that compares another way than the request says."""
    return worst(
        Finding(
            wish.sure[asked.field],
            f"{named(asked.field)} should be compared with {named(asked.operator)}, not {named(given.operator)}.",
        )
        for wish, asked, given in _same_field(reading)
        if asked.operator not in (given.operator, _BORDERS.get(given.operator))
        and fold(asked.value) == fold(given.value)
    )


def border_other(reading: Reading) -> Finding:
    """A condition that treats the border itself in another way than the request says."""
    return worst(
        Finding(
            wish.sure[asked.field],
            f"{named(asked.field)}: the request says {named(asked.operator)}, the answer {named(given.operator)}.",
        )
        for wish, asked, given in _same_field(reading)
        if asked.operator == _BORDERS.get(given.operator)
    )


def parameter_other(reading: Reading) -> Finding:
    """A parameter of the right action with another value than the request gives."""
    return worst(
        Finding(wish.sure[asked.action], f"{named(name)} should be '{value}', not '{given.get(name)}'.")
        for wish, asked, given in _same_action(reading)
        for name, value in asked.parameters
        if given.get(name) is not None and fold(given.get(name) or "") != fold(value)
    )


def parameter_left_out(reading: Reading) -> Finding:
    """A parameter that the request gives is not set."""
    return worst(
        Finding(wish.sure[asked.action], f"{named(name)} '{value}' was given and is not set.")
        for wish, asked, given in _same_action(reading)
        for name, value in asked.parameters
        if given.get(name) is None
    )


def parameter_uncalled(reading: Reading) -> Finding:
    """An optional parameter is set that the request was not understood to give."""
    if reading.original is not None:
        return NOTHING
    return worst(
        Finding(wish.sure[asked.action], f"{named(name)} is set, though the request does not ask for it.")
        for wish, asked, given in _same_action(reading)
        for name, _ in given.parameters
        if asked.get(name) is None
    )


def edit_not_made(reading: Reading) -> Finding:
    """What the merchant wanted changed is as it was, or is gone where it should only change."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    return worst(_unmade(reading, reading.original, reading.proposed[0]))


def _unmade(reading: Reading, original: Workflow, after: Workflow) -> Iterator[Finding]:
    before, now = _by_name(original), _by_name(after)
    for wish in reading.wishes:
        for name, sure in wish.sure.items():
            if name in before and name in now and before[name] == now[name] and len(before) == len(now):
                yield Finding(sure, f"The change to {named(name)} was not made.")
            elif name in before and name not in now and not reading.removes:
                yield Finding(sure, f"{named(name)} was to be changed and is gone.")


def _by_name(flow: Workflow) -> dict[str, str]:
    conditions = {part.field: repr(part) for part in flow.conditions}
    return conditions | {call.action: repr(call) for call in flow.actions}


def _missing_calls(reading: Reading) -> Iterator[tuple[Understood, ActionCall]]:
    used = {call.action for flow in reading.proposed for call in flow.actions}
    for wish, _ in _pairs(reading):
        yield from (
            (wish, call) for call in wish.actions if call.action not in used and not _to_go(reading, call.action)
        )


def _missing_conditions(reading: Reading) -> Iterator[tuple[Understood, Condition]]:
    used = {part.field for flow in reading.proposed for part in flow.conditions}
    for wish, _ in _pairs(reading):
        yield from (
            (wish, part) for part in wish.conditions if part.field not in used and not _to_go(reading, part.field)
        )


def _values_used(reading: Reading, values: Iterable[Content]) -> bool:
    """Whether one of the values stands somewhere in the answer; what is only true or false stands nowhere."""
    held = {fold(value) for flow in reading.proposed for value in _values(flow)}
    return any(fold(value) in held for value in values if not isinstance(value, bool))


def _values(flow: Workflow) -> Iterator[Content]:
    yield from (part.value for part in flow.conditions)
    yield from (value for call in flow.actions for _, value in call.parameters)


def _was_there(reading: Reading, name: str) -> bool:
    return reading.original is not None and name in _by_name(reading.original)


def _to_go(reading: Reading, name: str) -> bool:
    """Whether an edit speaks of an element because it is to be taken away, or was and stays away."""
    return _was_there(reading, name) or (reading.original is not None and reading.removes)


def _pairs(reading: Reading) -> Iterator[tuple[Understood, Workflow]]:
    """Each wish with the proposal that shares most with it."""
    for wish in reading.wishes:
        if reading.proposed:
            yield wish, max(reading.proposed, key=lambda flow: _shared(wish, flow))


def _shared(wish: Understood, flow: Workflow) -> int:
    fields = {part.field for part in flow.conditions} & {part.field for part in wish.conditions}
    actions = {call.action for call in flow.actions} & {call.action for call in wish.actions}
    return 2 * (wish.trigger == flow.trigger) + len(fields) + len(actions)


def _same_field(reading: Reading) -> Iterator[tuple[Understood, Condition, Condition]]:
    for wish, flow in _pairs(reading):
        given = {part.field: part for part in flow.conditions}
        yield from ((wish, part, given[part.field]) for part in wish.conditions if part.field in given)


def _same_action(reading: Reading) -> Iterator[tuple[Understood, ActionCall, ActionCall]]:
    for wish, flow in _pairs(reading):
        given = {call.action: call for call in flow.actions}
        yield from ((wish, call, given[call.action]) for call in wish.actions if call.action in given)


def _within(asked: Condition, given: Condition) -> bool:
    """Whether one text holds the other: where a value ends is hard to tell without quotation marks."""
    if not isinstance(asked.value, str) or not isinstance(given.value, str):
        return False
    one, other = asked.value.casefold(), given.value.casefold()
    return one in other or other in one


def _told(part: Condition) -> str:
    return f"{named(part.field)} {part.operator.replace('_', ' ')} '{part.value}'"
