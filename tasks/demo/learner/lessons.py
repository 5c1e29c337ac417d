"""What do the rows of a training set teach? Each chat as a wish with its labels, its values and their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.demo.language.text import Token
from tasks.demo.learner.draft import named_slot, spoken_place
from tasks.demo.learner.examples import Asked, Lesson, Wish, asked, changed_values, matched, mentioned, text_runs, wish
from tasks.demo.learner.heard import Hearing
from tasks.demo.learner.naming import Naming
from tasks.demo.learner.operators import FALSE, GOES, SAME, STAYS, TRUE, Placed
from tasks.demo.learner.slots import Elements, Slot
from tasks.demo.learner.spans import Span, shaped_spans, with_tagged
from tasks.demo.workflow import Content, Workflow, parse_answer
from tasks.domain.errors import WrongInput

REFUSE = "refuse"
"""The label of a request that was refused."""


@dataclass(frozen=True)
class Chat:
    """One row: the request, its tokens, the spans that their shape shows, and the workflows that were wanted."""

    asked: Asked
    tokens: tuple[Token, ...]
    shaped: tuple[Span, ...]
    runs: tuple[tuple[int, int], ...]
    wanted: tuple[Workflow, ...]


def chat(row: Mapping[str, Any], hearing: Hearing, elements: Elements) -> Chat:
    """Reads a row; its last message is the answer."""
    if len(row["messages"]) < 2:
        raise WrongInput("a training row has no answer", fix="Give each row a request and the wanted answer after it.")
    request, wanted = request_of(row), parse_answer(str(row["messages"][-1].get("content") or ""))
    tokens = hearing.tokens(request.text)
    shaped = shaped_spans(request.text, tokens)
    values = [pair for each in wanted for pair in changed_values(each, request.current, elements)]
    return Chat(request, tokens, shaped, tuple(text_runs(tokens, shaped, values)), wanted)


def bared(each: Chat, elements: Elements) -> tuple[tuple[Token, ...], list[tuple[int, int]]]:
    """The tokens of a chat with every other wanted value freed of its quotes, and the runs of values without quotes.

    A value is a value with or without them; rows that quote everything would teach the tagger nothing.
    """
    values = [pair for one in each.wanted for pair in changed_values(one, each.asked.current, elements)]
    said = [span for span in matched(each.shaped, values) if span.kind == "text" and span.last > span.first + 1]
    marks = {place for span in said[::2] for place in (span.first, span.last)}
    runs = [*each.runs, *((span.first + 1, span.last - 1) for span in said[::2])]
    kept = [place for place in range(len(each.tokens)) if place not in marks]
    number = {place: new for new, place in enumerate(kept)}
    return tuple(each.tokens[place] for place in kept), sorted((number[first], number[last]) for first, last in runs)


def request_of(row: Mapping[str, Any]) -> Asked:
    """The request of a row."""
    return asked(row["messages"][:-1])


def whole_wish(each: Chat) -> Wish:
    """The chat's message as one wish, with the wanted text values as spans."""
    return wish(each.tokens, with_tagged(each.asked.text, each.tokens, each.shaped, each.runs), each.asked.current)


def lesson(said: Wish, wanted: Workflow | None, elements: Elements) -> Lesson:
    """What a wish for one workflow, or for what was refused, teaches."""
    if wanted is None:
        return Lesson(said, frozenset({REFUSE}), {}, None)
    values = changed_values(wanted, said.current, elements)
    labels = mentioned(wanted, said.current) | set(chosen_labels(values))
    return Lesson(said, frozenset(labels), matched(said.spans, values), wanted)


def chosen_labels(values: Sequence[tuple[Slot, Content]]) -> list[str]:
    """The labels of values that are a choice among known ones. A yes-or-no field is a matter of comparison instead."""
    return [
        f"{slot.name}={str(value).lower() if isinstance(value, bool) else value}"
        for slot, value in values
        if slot.type == "enum" or (slot.type == "boolean" and slot.parameter)
    ]


def comparisons(each: Lesson, learnt: Naming, elements: Elements) -> list[Placed]:
    """Where a lesson compares a field, and how."""
    if each.wanted is None:
        return []
    before = {part.field: part.operator for part in each.wish.current.conditions} if each.wish.current else {}
    found = []
    for part in each.wanted.conditions:
        if part.field not in each.labels or part.field not in elements.slots:
            continue
        (slot,) = elements.slots[part.field]
        if slot.type == "boolean":
            answer = TRUE if part.value else FALSE
        else:
            answer = SAME if before.get(part.field) == part.operator else part.operator
        chosen = part.value if slot.type == "enum" else None
        found.append(Placed(each.wish, _place(each, slot, chosen, learnt), slot, slot.type != "boolean", answer))
    return found


def removals(each: Lesson, learnt: Naming, elements: Elements) -> list[Placed]:
    """Where an edit speaks of something that the workflow has, and whether it goes."""
    current = each.wish.current
    if each.wanted is None or current is None:
        return []
    here = {part.field for part in current.conditions} | {part.action for part in current.actions}
    there = {part.field for part in each.wanted.conditions} | {part.action for part in each.wanted.actions}
    found = []
    for element in sorted(here & each.labels):
        slot = named_slot(element, elements)
        valued = any(own.element == element for own in each.filled.values()) or any(
            label.startswith(f"{own.name}=") for own in elements.slots.get(element, ()) for label in each.labels
        )
        answer = STAYS if element in there else GOES
        found.append(Placed(each.wish, _place(each, slot, None, learnt), slot, valued, answer))
    return found


def _place(each: Lesson, slot: Slot, chosen: Content | None, learnt: Naming) -> int:
    span = next((span for span, other in each.filled.items() if other.element == slot.element), None)
    if span is not None:
        return each.wish.word_of(span)
    labels = {label: place for place, label in enumerate(learnt.ridge.labels)}
    return spoken_place(learnt.ridge.parts(each.wish.words), labels, slot, chosen)
