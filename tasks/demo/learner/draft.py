"""Which workflow do the words of one wish ask for? Likely elements, with values that fit and none left over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.demo.learner.examples import Wish
from tasks.demo.learner.filling import filled_slots
from tasks.demo.learner.naming import Evidence
from tasks.demo.learner.operators import FALSE, GOES, SAME, STAYS, TRUE, Operators
from tasks.demo.learner.ridge import Floats
from tasks.demo.learner.slots import Elements, Slot, value_for
from tasks.demo.learner.spans import Span
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow, call

IDLE = -1.2
"""A span whose log probability of being no value is below this calls for a slot."""
PULL = 1.0
"""How much a homeless value speaks for an element that would take it, beside the element's own log odds."""
OPTIONAL = 0.35
"""The score from which on a known value counts as said."""


@dataclass(frozen=True)
class Draft:
    """All that is known of one wish while its workflow is written."""

    wish: Wish
    elements: Elements
    evidence: Evidence
    sure: Mapping[str, float]
    choices: Mapping[str, float]
    parts: Floats
    labels: Mapping[str, int]
    operators: Operators
    removals: Operators | None

    def new(self) -> Workflow:
        """A workflow from nothing. The documentation must list a trigger and an action."""
        trigger = max(self.elements.triggers, key=self.sure.__getitem__)
        actions = self.elements.actions
        start = {each for each in (*self.elements.fields, *actions) if self.sure[each] > 0.5}
        if start.isdisjoint(actions):
            start.add(max(actions, key=self.sure.__getitem__))
        chosen, filled = self.with_homes(start)
        conditions = [self.condition(field, filled, None) for field in self.elements.fields if field in chosen]
        calls = [self.call(action, filled) for action in actions if action in chosen]
        return Workflow(trigger, tuple(made for made in conditions if made is not None), tuple(calls))

    def edited(self, current: Workflow) -> Workflow:
        """The current workflow with what the wish names added, changed or taken away."""
        ids = self.elements.ids
        start = {each for each in ids if self.sure[each] > 0.5} or {max(ids, key=self.sure.__getitem__)}
        chosen, filled = self.with_homes(start)
        conditions = {part.field: part for part in current.conditions}
        calls = {part.action: part for part in current.actions}
        for element in sorted(chosen - set(self.elements.triggers), key=ids.index):
            if (element in conditions or element in calls) and self.goes(element, filled):
                conditions.pop(element, None)
                calls.pop(element, None)
            elif element in self.elements.operators:
                made = self.condition(element, filled, conditions.get(element))
                if made is not None:
                    conditions[element] = made
            else:
                before = dict(calls[element].parameters) if element in calls else {}
                calls[element] = call(element, before | dict(self.call(element, filled).parameters))
        triggers = [each for each in self.elements.triggers if each in chosen]
        trigger = max(triggers, key=self.sure.__getitem__, default=current.trigger)
        return Workflow(trigger, tuple(conditions.values()), tuple(calls.values()))

    def with_homes(self, start: set[str]) -> tuple[set[str], dict[Slot, list[Span]]]:
        """The chosen elements and others that values without a slot call for; which spans fill which slots."""
        chosen = set(start)
        odds = self._odds()[self.elements.owner] if len(self.elements.owner) else np.zeros(0)
        while True:
            filled = filled_slots(chosen, self.elements, self.wish.spans, self.evidence)
            homeless = [
                place
                for place, span in enumerate(self.wish.spans)
                if span not in filled and self.evidence.idle[place] < IDLE
            ]
            if not homeless or not len(odds):
                break
            gains = odds + PULL * (self.evidence.chances[homeless] - self.evidence.idle[homeless][:, None])
            gains[:, [slot.element in chosen for slot in self.elements.open_slots]] = -np.inf
            best = int(gains.argmax())
            if not gains.flat[best] > 0:
                break
            chosen.add(self.elements.open_slots[best % gains.shape[1]].element)
        found: dict[Slot, list[Span]] = {}
        for span in sorted(filled, key=lambda span: span.first):
            found.setdefault(filled[span], []).append(span)
        return chosen, found

    def _odds(self) -> Floats:
        sure = np.clip([self.sure[each] for each in self.elements.ids], 1e-6, 1 - 1e-6)
        return np.asarray(np.log(sure / (1 - sure)), dtype=np.float32)

    def condition(
        self, field: str, filled: Mapping[Slot, Sequence[Span]], before: Condition | None
    ) -> Condition | None:
        """The condition on a field, None where the wish gives no value to compare with."""
        (slot,) = self.elements.slots[field]
        chosen = self.choice(slot) if slot.type == "enum" else None
        place = self.place(slot, filled, chosen)
        if slot.type == "boolean":
            return Condition(
                field, "equals", self.operators.chosen(self.wish, place, slot, False, (TRUE, FALSE)) == TRUE
            )
        allowed = (*self.elements.operators[field], *((SAME,) if before else ()))
        operator = self.operators.chosen(self.wish, place, slot, True, allowed)
        value = next((value_for(span, slot) for span in filled.get(slot, ())), chosen)
        if before is not None:
            operator = before.operator if operator == SAME else operator
            value = before.value if value is None else value
        return None if value is None else Condition(field, operator, value)

    def call(self, action: str, filled: Mapping[Slot, Sequence[Span]]) -> ActionCall:
        """The call of an action with the parameters that the wish gives."""
        values: dict[str, Content] = {}
        for slot in self.elements.slots[action]:
            said = [value for span in filled.get(slot, ()) if (value := value_for(span, slot)) is not None]
            if said:
                values[slot.parameter] = tuple(map(str, said)) if slot.type == "list of text" else said[0]
            elif slot.type in ("enum", "boolean") and (chosen := self.choice(slot)) is not None:
                values[slot.parameter] = chosen
        return call(action, values)

    def choice(self, slot: Slot) -> Content | None:
        """The most likely of a slot's known values, None for an optional one that is not said."""
        if not slot.required and not self.said(slot):
            return None
        best = max(_options(slot), key=lambda value: self.choices.get(f"{slot.name}={value}", 0.0))
        return best == "true" if slot.type == "boolean" else best

    def said(self, slot: Slot) -> bool:
        """Whether the wish seems to name one of a slot's known values."""
        return any(self.choices.get(f"{slot.name}={value}", 0.0) > OPTIONAL for value in _options(slot))

    def goes(self, element: str, filled: Mapping[Slot, Sequence[Span]]) -> bool:
        """Whether an edit takes away what it names. Untaught, it keeps only what it gives a value."""
        slot = named_slot(element, self.elements)
        own = [each for each in self.elements.slots[element] if not each.takes_span]
        valued = any(each.element == element for each in filled) or any(self.said(each) for each in own)
        if self.removals is None:
            return not valued
        place = self.place(slot, filled, None)
        return self.removals.chosen(self.wish, place, slot, valued, (STAYS, GOES)) == GOES

    def place(self, slot: Slot, filled: Mapping[Slot, Sequence[Span]], chosen: Content | None) -> int:
        """The word where a slot's value stands, or that speaks most for it."""
        spans = [span for other, spans in filled.items() if other.element == slot.element for span in spans]
        if spans:
            return self.wish.word_of(spans[0])
        return spoken_place(self.parts, self.labels, slot, chosen)


def _options(slot: Slot) -> tuple[str, ...]:
    return slot.values or ("true", "false")


def named_slot(element: str, elements: Elements) -> Slot:
    """A stand-in for a whole element, where words about it are weighed."""
    return Slot(element, "", elements.kind(element), None, (), required=False)


def spoken_place(parts: Floats, labels: Mapping[str, int], slot: Slot, chosen: Content | None) -> int:
    """The word that speaks most for a chosen value, or for a slot's element."""
    column = labels.get(f"{slot.name}={chosen}" if chosen is not None else slot.element)
    return int(parts[:, column].argmax()) if column is not None and len(parts) else 0
