"""Does an edit change what the merchant wanted changed, and leave alone everything else?"""

import re
from collections.abc import Iterator

from tasks.demo.judging.findings import NOTHING, Finding, named, strength
from tasks.demo.judging.reading import Reading
from tasks.demo.language.mentions import words_of_id
from tasks.demo.language.text import stem, words
from tasks.demo.workflow import Condition, Content, Workflow

_STARTING = re.compile(
    r"\b(?:when|whenever|once|start\w*|begin\w*|fire|trigger\w*|as soon as|each time|every time)\b", re.IGNORECASE
)
_COMPARING = re.compile(
    r"\b(?:is|are|not|should be that|contains?|includes?|only if|only when|equals?|starts? with)\b|=", re.IGNORECASE
)


def edit_lost(reading: Reading) -> Finding:
    """An edit dropped or changed what the merchant did not mention."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    lost = list(_lost(reading, reading.original))
    return max(lost, key=lambda finding: finding.severity, default=NOTHING)


def edit_start_changed(reading: Reading) -> Finding:
    """An edit that starts on another event, though the request speaks of no start."""
    if reading.original is None or not reading.proposed:
        return NOTHING
    before, after = reading.original.trigger, reading.proposed[0].trigger
    if before == after:
        return NOTHING
    spoken = strength(reading, "trigger", after) if _STARTING.search(reading.request.text) else 0.0
    return Finding(1 - spoken, f"It now starts on {named(after)} instead of {named(before)}, which nobody asked for.")


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


def _parts(flow: Workflow) -> frozenset[str]:
    """A workflow as the parts that an edit keeps, changes or drops."""
    parts = {f"trigger {flow.trigger}"}
    parts |= {f"condition {part.field} {part.operator} {part.value!r}" for part in flow.conditions}
    parts |= {f"parameter {call.action} {name} {value!r}" for call in flow.actions for name, value in call.parameters}
    return frozenset(parts | {f"action {call.action}" for call in flow.actions})


def _lost(reading: Reading, original: Workflow) -> Iterator[Finding]:
    """Each part that is gone, excused where the request speaks of it and of changing or dropping."""
    asks_removal = reading.removes
    after = reading.proposed[0]
    fields = {part.field: part for part in after.conditions}
    for part in original.conditions:
        now = fields.get(part.field)
        if now is None:
            yield _excused(reading, "field", part.field, None, asks_removal)
        elif now.value != part.value and not _says(reading, now.value):
            yield Finding(
                0.9, f"The condition on {named(part.field)} was changed to '{now.value}', which nobody asked for."
            )
        elif now.operator != part.operator and not _compares(reading, now):
            yield Finding(0.9, f"The comparison of {named(part.field)} was changed, which nobody asked for.")
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


def _compares(reading: Reading, now: Condition) -> bool:
    """Whether the request's words themselves compare, so that the comparison may have to change."""
    operators = {number.operator for number in reading.numbers if now.value in number.values}
    if operators:
        return not operators <= {None}
    return bool(_COMPARING.search(reading.request.text))


def _says(reading: Reading, value: Content) -> bool:
    """Whether the request holds a value, or some word of it."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return any(number.value == value for number in reading.numbers)
    parts = value if isinstance(value, tuple) else (value,)
    roots = {stem(word) for part in parts for word in words(words_of_id(str(part)))}
    return bool(roots & reading.request.words) or any(
        str(part).lower() in reading.request.text.lower() for part in parts
    )
