"""Which stretches of a request may be values? Numbers, durations, dates, addresses, quoted words and tagged words.

General English alone: figures and number words, units of time, months. What a value belongs to is decided elsewhere.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.demo.language.text import Token, quantities, stem

SpanKind = Literal["number", "duration", "date", "email", "url", "text"]

_HOURS = {"hour": 1, "day": 24, "week": 168, "fortnight": 336, "month": 720, "year": 8760}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_OPENING = {'"': '"', "“": "”", "‘": "’", "'": "'", "`": "`", "«": "»"}
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `first..last` (inclusive) that say a value, and their words. A duration's value is in hours."""

    first: int
    last: int
    kind: SpanKind
    value: str | int | float
    text: str


def shaped_spans(text: str, tokens: Sequence[Token]) -> tuple[Span, ...]:
    """The spans that their shape gives away, in order and apart from each other."""
    found: list[Span] = []
    taken: set[int] = set()
    for span in _proposals(text, tokens):
        places = range(span.first, span.last + 1)
        if taken.isdisjoint(places):
            taken.update(places)
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.first))


def _proposals(text: str, tokens: Sequence[Token]) -> Iterable[Span]:
    yield from _quoted(text, tokens)
    for place, token in enumerate(tokens):
        if token.kind in ("email", "url", "date"):
            yield Span(place, place, token.kind, token.text, token.text)
    yield from _dates(text, tokens)
    yield from _numbers(text, tokens)
    for place, token in enumerate(tokens):
        if token.kind == "tag":
            yield Span(place, place, "text", token.text, token.text)


def _quoted(text: str, tokens: Sequence[Token]) -> Iterable[Span]:
    place = 0
    while place < len(tokens):
        closing = _OPENING.get(tokens[place].text)
        end = _closing(tokens, place, closing) if closing and _opens(text, tokens[place]) else None
        if end is None:
            place += 1
            continue
        inside = text[tokens[place].end : tokens[end].start].strip()
        only = tokens[place + 1]
        kind: SpanKind = "text"
        if end == place + 2 and only.kind in ("email", "url"):
            kind = only.kind
        yield Span(place, end, kind, inside, inside)
        place = end + 1


def _opens(text: str, token: Token) -> bool:
    return token.start == 0 or not text[token.start - 1].isalnum()


def _closing(tokens: Sequence[Token], opening: int, mark: str) -> int | None:
    for place in range(opening + 2, min(len(tokens), opening + 60)):
        if tokens[place].text == mark:
            return place
    return None


def _dates(text: str, tokens: Sequence[Token]) -> Iterable[Span]:
    """`March 3, 2025`, `3rd of March 2025` as ISO dates; without a year they are no date."""
    for place, token in enumerate(tokens):
        month = _MONTHS.get(token.lower.rstrip("."))
        if month is None:
            continue
        before = [each for each in range(max(0, place - 2), place) if tokens[each].lower not in ("of", "the")]
        after = [each for each in range(place + 1, min(len(tokens), place + 4)) if tokens[each].text not in (",", ".")]
        numbers = [each for each in (*before[-1:], *after[:2]) if _ORDINAL.fullmatch(tokens[each].lower)]
        years = [each for each in after[:2] if re.fullmatch(r"(19|20)\d\d", tokens[each].text)]
        days = [each for each in numbers if each not in years]
        if years and days:
            match = _ORDINAL.fullmatch(tokens[days[0]].lower)
            day = int(match[1]) if match else 0
            value = f"{tokens[years[0]].text}-{month:02d}-{day:02d}"
            first = min(place, days[0])
            yield Span(first, years[0], "date", value, text[tokens[first].start : tokens[years[0]].end])


def _numbers(text: str, tokens: Sequence[Token]) -> Iterable[Span]:
    for number in quantities(tokens):
        said = text[tokens[number.first].start : tokens[number.last].end]
        unit = _HOURS.get(stem(tokens[number.last + 1].lower)) if number.last + 1 < len(tokens) else None
        if unit is None:
            yield Span(number.first, number.last, "number", number.value, said)
        else:
            yield Span(number.first, number.last + 1, "duration", number.value * unit, said)
    for place in range(len(tokens) - 1):
        unit = _HOURS.get(tokens[place + 1].lower)
        if unit is not None and tokens[place].lower in ("a", "an"):
            yield Span(place, place + 1, "duration", unit, "1")


def with_tagged(
    text: str, tokens: Sequence[Token], shaped: Sequence[Span], runs: Iterable[tuple[int, int]]
) -> tuple[Span, ...]:
    """The shaped spans and the runs of tagged words, in order; a run swallows the numbers inside it."""
    kept = list(shaped)
    for first, last in runs:
        inside = [span for span in kept if span.first <= last and span.last >= first]
        if all(span.kind in ("number", "duration") and first <= span.first and span.last <= last for span in inside):
            said = text[tokens[first].start : tokens[last].end]
            kept = [span for span in kept if span not in inside] + [Span(first, last, "text", said, said)]
    return tuple(sorted(kept, key=lambda span: span.first))


def masked_words(tokens: Sequence[Token], spans: Sequence[Span]) -> tuple[list[str], list[int]]:
    """The stems of a request with each value replaced by its kind (`<number>`), and the token that each came from."""
    kinds = {span.first: span for span in spans}
    words: list[str] = []
    places: list[int] = []
    place = 0
    while place < len(tokens):
        span = kinds.get(place)
        parts = [f"<{span.kind}>"] if span else _parts(tokens[place])
        words += parts
        places += [place] * len(parts)
        place = span.last + 1 if span else place + 1
    return words, places


def _parts(token: Token) -> list[str]:
    if token.kind == "mark":
        return [token.text] if token.text not in "\"'`" else []
    return [stem(part) for part in re.split(r"[-_]", token.lower) if part]
