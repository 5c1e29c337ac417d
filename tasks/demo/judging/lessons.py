"""Which words do merchants use for which element, as the examples in the prompt show?

Documentation holds only some of the merchants' phrases. A passing example shows what was meant: where an element of its
answer is spoken of by no phrase that is known, the clause that must mean it becomes one. Of a failing example only what
its critique says should have been there is learnt.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.demo.judging.elements import GENERAL
from tasks.demo.judging.findings import strength
from tasks.demo.judging.prompt import Example
from tasks.demo.judging.reading import Knowledge, Reading, read
from tasks.demo.language.clauses import Clause, clauses_of
from tasks.demo.language.mentions import Dictionary
from tasks.demo.language.text import STOP_WORDS
from tasks.demo.workflow import Content, Workflow

KNOWN = 0.6
"""An element that a request speaks of as clearly as this needs no lesson."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Words that stood for an element."""

    kind: str
    name: str
    words: str


def lessons_of(example: Example, knowledge: Knowledge) -> tuple[Lesson, ...]:
    """What one example teaches. Edits and messages of several wishes teach nothing: too much could be meant."""
    if knowledge.dictionary is None:
        return ()
    reading = read(example.case, knowledge)
    if reading.original is not None or len(reading.proposed) != 1 or reading.wish_count > 1:
        return ()
    flow = reading.proposed[0] if example.passed else _corrected(reading.proposed[0], example, knowledge.dictionary)
    return tuple(_lessons(reading, flow, clauses_of(reading.request.text)))


def with_lessons(knowledge: Knowledge, lessons: Iterable[Lesson]) -> Knowledge:
    """Knowledge whose dictionary holds the learnt words as well."""
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for lesson in lessons:
        told.setdefault((lesson.kind, lesson.name), []).append(("learnt", lesson.words))
    if knowledge.dictionary is None or not told:
        return knowledge
    entries = (
        replace(entry, texts=(*entry.texts, *dict.fromkeys(told.get((entry.kind, entry.name), ()))))
        for entry in knowledge.dictionary.entries
    )
    return Knowledge(knowledge.catalogue, Dictionary(entries))


def _corrected(flow: Workflow, example: Example, dictionary: Dictionary) -> Workflow:
    """Of a failing answer only the event that the critique asks for in its place."""
    _, mentions = dictionary.heard(example.critique)
    wanted = [
        mention.name
        for mention in mentions
        if mention.kind == "trigger" and mention.strength >= 0.75 and mention.name != flow.trigger
    ]
    return Workflow(wanted[0]) if wanted else Workflow("")


def _lessons(reading: Reading, flow: Workflow, clauses: Sequence[Clause]) -> Iterator[Lesson]:
    free = [clause for clause in clauses if not clause.event]
    events = [clause for clause in clauses if clause.event]
    if flow.trigger and len(events) == 1 and strength(reading, "trigger", flow.trigger) < KNOWN:
        yield from _lesson(reading, "trigger", flow.trigger, events[0], events[0].end)
    for kind, name, values in _elements(flow):
        if strength(reading, kind, name) >= KNOWN:
            continue
        at = next((place for value in values if (place := _place(reading, value)) is not None), None)
        clause = next((each for each in free if at is not None and each.start <= at < each.end), None)
        if clause is not None and at is not None:
            yield from _lesson(reading, kind, name, clause, at)


def _elements(flow: Workflow) -> Iterator[tuple[str, str, list[Content]]]:
    for part in flow.conditions:
        yield "field", part.field, [part.value]
    for call in flow.actions:
        yield "action", call.action, [value for _, value in call.parameters]


def _place(reading: Reading, value: Content) -> int | None:
    """Where in the request a value stands, as a place between its characters."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return next((number.start for number in reading.numbers if value in number.values), None)
    text = str(value[0]) if isinstance(value, tuple) and value else str(value)
    at = reading.request.text.lower().find(text.lower())
    return at if at >= 0 else None


def _lesson(reading: Reading, kind: str, name: str, clause: Clause, end: int) -> Iterator[Lesson]:
    """The telling words of a clause up to where its value begins; too few or too many teach nothing."""
    words = [
        token.lower
        for token in reading.request.tokens
        if clause.start <= token.start and token.end <= end and token.kind == "word"
        if token.lower not in STOP_WORDS | GENERAL
    ]
    if 1 <= len(words) <= 6:
        yield Lesson(kind, name, " ".join(words))
