"""What does a merchant change in a workflow that they have, and how do they say it?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tasks.demo.catalogue import load_catalogue
from tasks.demo.generator.drawing import Draw
from tasks.demo.generator.phrasing import Voice
from tasks.demo.generator.scenery import clash, fitting_actions, fitting_fields, integrations
from tasks.demo.workflow import ActionCall, Condition, Workflow


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: the workflow after it, and the words that ask for it."""

    after: Workflow
    words: str


Change = Callable[[Workflow, Draw, Voice], Edit | None]


def draw_edit(before: Workflow, draw: Draw, voice: Voice) -> Edit:
    """One change, or two in every fifth request, of what the workflow has."""
    edit = _one_change(before, draw, voice)
    if draw.rng.random() < 0.2:
        second = _one_change(edit.after, draw, voice)
        if second.after != before:
            glue = voice.one_of(voice.templates.edit_glue[voice.manner.style])
            return Edit(second.after, f"{edit.words.removesuffix('.')}{glue}{second.words}")
    return edit


def _one_change(before: Workflow, draw: Draw, voice: Voice) -> Edit:
    while True:
        change = draw.rng.choices(list(CHANGES), list(CHANGES.values()))[0]
        if (edit := change(before, draw, voice)) and edit.after != before:
            return edit


def _add_condition(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    present = {condition.field for condition in before.conditions}
    condition = draw.condition(before.trigger)
    if condition.field in present:
        return None
    words = voice.edit("add_condition", {"condition": voice.condition(condition)})
    return Edit(replace(before, conditions=(*before.conditions, condition)), words)


def _remove_condition(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    if not before.conditions:
        return None
    condition = draw.rng.choice(before.conditions)
    field = load_catalogue().fields_by_id[condition.field]
    words = voice.edit("remove_condition", {"field": voice.noun(field)})
    return Edit(replace(before, conditions=tuple(part for part in before.conditions if part is not condition)), words)


def _change_value(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    known = load_catalogue().fields_by_id
    fit = [part for part in before.conditions if known[part.field].type not in {"boolean", "list of text"}]
    if not fit:
        return None
    condition = draw.rng.choice(fit)
    field = known[condition.field]
    changed = replace(condition, value=draw.value(field))
    words = voice.edit("change_value", {"field": voice.noun(field), "value": voice.value(field, changed.value)})
    return Edit(_swapped(before, condition, changed), words)


def _change_operator(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    known = load_catalogue().fields_by_id
    fit = [part for part in before.conditions if known[part.field].type in {"number", "duration", "boolean"}]
    if not fit:
        return None
    condition = draw.rng.choice(fit)
    changed = draw.condition_on(known[condition.field])
    return Edit(
        _swapped(before, condition, changed), voice.edit("change_operator", {"condition": voice.condition(changed)})
    )


def _swapped(before: Workflow, old: Condition, new: Condition) -> Workflow:
    return replace(before, conditions=tuple(new if part is old else part for part in before.conditions))


def _add_action(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    action = draw.own_action(before.trigger)
    if clash(action.action, (call.action for call in before.actions)):
        return None
    words = voice.edit("add_action", {"action": voice.action(action)})
    return Edit(replace(before, actions=(*before.actions, action)), words)


def _remove_action(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    if len(before.actions) < 2:
        return None
    action = draw.rng.choice(before.actions)
    words = voice.edit("remove_action", {"action": voice.action(ActionCall(action.action))})
    return Edit(replace(before, actions=tuple(call for call in before.actions if call is not action)), words)


def _swap_action(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    old, new = draw.rng.choice(before.actions), draw.own_action(before.trigger)
    if clash(new.action, (call.action for call in before.actions if call is not old)) or new.action == old.action:
        return None
    words = voice.edit("swap_action", {"old": voice.action(ActionCall(old.action)), "action": voice.action(new)})
    return Edit(replace(before, actions=tuple(new if call is old else call for call in before.actions)), words)


def _change_trigger(before: Workflow, draw: Draw, voice: Voice) -> Edit | None:
    """Another start that the rest of the workflow still fits."""
    trigger = draw.trigger()
    fitting = {element.id for element in (*fitting_fields(trigger.id), *fitting_actions(trigger.id), *integrations())}
    used = {part.field for part in before.conditions} | {call.action for call in before.actions}
    if trigger.id == before.trigger or not used <= fitting:
        return None
    return Edit(replace(before, trigger=trigger.id), voice.edit("change_trigger", {"trigger": voice.trigger(trigger)}))


CHANGES: dict[Change, float] = {
    _add_condition: 0.2,
    _remove_condition: 0.15,
    _change_value: 0.2,
    _change_operator: 0.05,
    _add_action: 0.2,
    _remove_action: 0.08,
    _swap_action: 0.07,
    _change_trigger: 0.05,
}
