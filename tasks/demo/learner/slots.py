"""Which values can a workflow hold, and what does a span of a request mean in each place?

A slot is a field's value or an action's parameter. Slots come from the documentation in the prompt.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tasks.demo.catalogue import Catalogue
from tasks.demo.learner.spans import Span, SpanKind
from tasks.demo.workflow import Content, Workflow, fold

_HOURS_IN = {"minutes": 1 / 60, "hours": 1, "days": 24, "weeks": 168, "months": 720}


FITTING: Mapping[str, tuple[SpanKind, ...]] = {
    "number": ("number",),
    "duration": ("duration", "number"),
    "date": ("date",),
    "text": ("text", "number", "email", "url"),
    "list of text": ("text", "number"),
    "email": ("email",),
    "url": ("url",),
}
"""The kinds of span that a type of slot can hold."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value: `element` is the field or action, `parameter` the action's parameter or empty."""

    element: str
    parameter: str
    type: str
    unit: str | None
    values: tuple[str, ...]
    required: bool

    @property
    def name(self) -> str:
        return f"{self.element}.{self.parameter}" if self.parameter else self.element

    @property
    def takes_span(self) -> bool:
        """Whether its value is words or figures of the request, rather than a choice among known values."""
        return self.type not in ("enum", "boolean")


@dataclass(frozen=True)
class Elements:
    """The documentation as the learner uses it: ids by kind, operators by field, slots by element.

    `open_slots` take spans; `owner` is the place of each one's element in `ids`, and `accepts` says for a kind of span
    which of them it fits.
    """

    triggers: tuple[str, ...]
    fields: tuple[str, ...]
    actions: tuple[str, ...]
    operators: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, tuple[Slot, ...]]
    open_slots: tuple[Slot, ...]
    owner: NDArray[np.int64]
    accepts: Mapping[SpanKind, NDArray[np.bool_]]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.triggers + self.fields + self.actions

    def kind(self, element: str) -> str:
        return "field" if element in self.operators else "action" if element in self.slots else "trigger"


def elements_of(catalogue: Catalogue) -> Elements:
    """The elements that a catalogue lists."""
    slots: dict[str, tuple[Slot, ...]] = {
        field.id: (
            Slot(field.id, "", field.type, field.unit, tuple(value.id for value in field.values), required=True),
        )
        for field in catalogue.fields
    }
    slots |= {
        action.id: tuple(
            Slot(action.id, part.name, part.type, None, tuple(value.id for value in part.values), part.required)
            for part in action.parameters
        )
        for action in catalogue.actions
    }
    triggers = tuple(trigger.id for trigger in catalogue.triggers)
    ids = (*triggers, *slots)
    open_slots = tuple(slot for own in slots.values() for slot in own if slot.takes_span)
    return Elements(
        triggers,
        tuple(field.id for field in catalogue.fields),
        tuple(action.id for action in catalogue.actions),
        {field.id: field.operators for field in catalogue.fields},
        slots,
        open_slots,
        np.array([ids.index(slot.element) for slot in open_slots], dtype=np.int64),
        {
            kind: np.array([kind in FITTING[slot.type] for slot in open_slots], dtype=np.bool_)
            for kind in get_args(SpanKind)
        },
    )


def value_for(span: Span, slot: Slot) -> Content | None:
    """What the span says if it belongs in the slot, None if it cannot."""
    if span.kind not in FITTING.get(slot.type, ()):
        return None
    match slot.type:
        case "number" | "date":
            return span.value
        case "duration":
            value = float(span.value) / (_HOURS_IN.get(slot.unit or "days", 24) if span.kind == "duration" else 1)
            return int(value) if value.is_integer() else value
    return span.text


def placed_values(workflow: Workflow, elements: Elements) -> Iterator[tuple[Slot, Content]]:
    """Every value of a workflow with its slot, the parts of a list one by one."""
    for condition in workflow.conditions:
        for slot in elements.slots.get(condition.field, ()):
            yield slot, condition.value
    for call in workflow.actions:
        known = {slot.parameter: slot for slot in elements.slots.get(call.action, ())}
        for name, value in call.parameters:
            if name in known:
                for part in value if isinstance(value, tuple) else (value,):
                    yield known[name], part


def says(span: Span, slot: Slot, value: Content) -> bool:
    """Whether the span in this slot means the value."""
    meant = value_for(span, slot)
    return meant is not None and fold(meant) == fold(value)
