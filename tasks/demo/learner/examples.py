"""What was asked, and what was wanted? Chat messages as the learner sees them, and where the wanted values stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.demo.language.text import Token, tokenize
from tasks.demo.learner.slots import Elements, Slot, placed_values, says
from tasks.demo.learner.spans import Span, masked_words
from tasks.demo.workflow import FENCE, ActionCall, Condition, Content, Workflow, fold, parse_answer

OPENING = "Current workflow:"
"""Begins a request to edit; the workflow in a fence and the merchant's words follow."""


@dataclass(frozen=True)
class Asked:
    """A request: the system prompt, the workflow to edit if there is one, and the merchant's words."""

    prompt: str
    current: Workflow | None
    text: str


@dataclass(frozen=True)
class Wish:
    """The words of one wish: tokens, value spans, and the stems around the spans with the token that each came from."""

    tokens: tuple[Token, ...]
    spans: tuple[Span, ...]
    words: tuple[str, ...]
    places: tuple[int, ...]
    current: Workflow | None

    def word_of(self, span: Span) -> int:
        """The place of a span among the words."""
        return self.places.index(span.first)


@dataclass(frozen=True)
class Lesson:
    """A wish with what it teaches: the labels that hold, the slots of its spans, and the workflow that it asks for."""

    wish: Wish
    labels: frozenset[str]
    filled: Mapping[Span, Slot]
    wanted: Workflow | None


def asked(messages: Sequence[Mapping[str, Any]]) -> Asked:
    """Reads a chat: every system message, and the last user message."""
    prompt = "\n\n".join(str(each.get("content") or "") for each in messages if each.get("role") == "system")
    text = next((str(each.get("content") or "") for each in reversed(messages) if each.get("role") == "user"), "")
    fence = FENCE.search(text) if text.lstrip().startswith(OPENING) else None
    if fence is None:
        return Asked(prompt, None, text)
    current = parse_answer(fence[0])
    return Asked(prompt, current[0] if current else None, text[fence.end() :].strip())


def wish(tokens: Sequence[Token], spans: Sequence[Span], current: Workflow | None) -> Wish:
    """The wish that the tokens say, with the spans of values in them."""
    words, places = masked_words(tokens, spans)
    return Wish(tuple(tokens), tuple(spans), tuple(words), tuple(places), current)


def parted(whole: Wish, word: int) -> tuple[Wish, Wish]:
    """The wish before a word and the one from it on."""
    token = whole.places[word]
    return _piece(whole, 0, token), _piece(whole, token, len(whole.tokens) + len(whole.words))


def _piece(whole: Wish, start: int, end: int) -> Wish:
    kept = [place for place, token in enumerate(whole.places) if start <= token < end]
    return Wish(
        whole.tokens,
        tuple(span for span in whole.spans if start <= span.first < end),
        tuple(whole.words[place] for place in kept),
        tuple(whole.places[place] for place in kept),
        whole.current,
    )


def text_runs(
    tokens: Sequence[Token], spans: Sequence[Span], values: Sequence[tuple[Slot, Content]]
) -> list[tuple[int, int]]:
    """Where wanted text values stand that no span shows yet: runs of tokens equal to the value's own."""
    lowered = [token.text.lower() for token in tokens]
    taken = {place for span in spans if span.kind != "number" for place in range(span.first, span.last + 1)}
    runs: list[tuple[int, int]] = []
    for slot, value in values:
        if slot.type not in ("text", "list of text") or any(says(span, slot, value) for span in spans):
            continue
        wanted = [token.text.lower() for token in tokenize(str(value))]
        for first in range(len(lowered) - len(wanted) + 1):
            places = range(first, first + len(wanted))
            if wanted and lowered[first : first + len(wanted)] == wanted and taken.isdisjoint(places):
                taken.update(places)
                runs.append((first, first + len(wanted) - 1))
                break
    return runs


def matched(spans: Sequence[Span], values: Sequence[tuple[Slot, Content]]) -> dict[Span, Slot]:
    """Which span says which wanted value; each value takes the first free span that means it."""
    found: dict[Span, Slot] = {}
    for slot, value in sorted(values, key=lambda pair: not pair[0].required):
        if slot.takes_span:
            span = next((each for each in spans if each not in found and says(each, slot, value)), None)
            if span is not None:
                found[span] = slot
    return found


def changed_values(wanted: Workflow, current: Workflow | None, elements: Elements) -> list[tuple[Slot, Content]]:
    """The wanted values that the request has to say: all of a new workflow, the new ones of an edit."""
    before = [] if current is None else [(slot, fold(value)) for slot, value in placed_values(current, elements)]
    values = []
    for slot, value in placed_values(wanted, elements):
        if (slot, fold(value)) in before:
            before.remove((slot, fold(value)))
        else:
            values.append((slot, value))
    return values


def mentioned(wanted: Workflow, current: Workflow | None) -> set[str]:
    """The elements that the request speaks of: all of a new workflow, what differs of an edit."""
    if current is None:
        return {wanted.trigger, *(part.field for part in wanted.conditions), *(call.action for call in wanted.actions)}
    differing = set(map(_condition, wanted.conditions)) ^ set(map(_condition, current.conditions))
    calls = set(map(_call, wanted.actions)) ^ set(map(_call, current.actions))
    triggers = {wanted.trigger} - {current.trigger}
    return triggers | {field for field, *_ in differing} | {action for action, *_ in calls}


def _condition(condition: Condition) -> tuple[str, str, str]:
    return condition.field, condition.operator, repr(fold(condition.value))


def _call(call: ActionCall) -> tuple[str, str]:
    return call.action, repr(sorted((name, repr(fold(value))) for name, value in call.parameters))
