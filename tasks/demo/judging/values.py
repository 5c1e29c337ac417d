"""Are the values in the answer the merchant's own: numbers, addresses, names, options, and the way of comparing?"""

import math
import re
from collections.abc import Iterable, Iterator

from tasks.demo.judging.findings import Finding, named, number_words, strength, worst
from tasks.demo.judging.reading import Number, Reading
from tasks.demo.language.text import STOP_WORDS, stem, words
from tasks.demo.workflow import Content, Workflow

_PARAMETER_WORDS = {
    "cc": r"\bcc\b|\bcopy|\bcopied|loop\w* in",
    "reply_to": r"\brepl(?:y|ies)|\banswers?\b|\brespon",
    "subject": r"\bsubject(?: line)?|\bheadline",
}
_SAME_WORDS = ("title", "name", "tags")


def number_invented(reading: Reading) -> Finding:
    """A number in the answer that nobody said."""
    said = {value for number in reading.numbers for value in number.values} | numbers_of([reading.original])
    return worst(
        Finding(1.0, f"The number {value:g} for {named(place)} is not in the request.")
        for flow in reading.proposed
        for place, value in _numbers_in(flow)
        if value not in said
    )


def number_missing(reading: Reading) -> Finding:
    """A number that the request says and the answer does without."""
    used = {value for flow in reading.proposed for _, value in _numbers_in(flow)}
    text = " ".join(_texts(reading.proposed))
    return worst(
        Finding(
            1.0 if number.in_figures else 0.4,
            f"The request says {number_words(reading, number)}, and the answer does not use it.",
        )
        for number in reading.numbers
        if reading.proposed and used.isdisjoint(number.values) and not _in_text(reading, number, text)
        if numbers_of([reading.original]).isdisjoint(number.values)
    )


def text_invented(reading: Reading) -> Finding:
    """A tag, name, address or text in the answer whose words are not the merchant's."""
    return worst(
        Finding(
            1 - _share_said(reading, value),
            f"The value '{value}' for {named(place)} does not come from the request.",
        )
        for place, value in _own_texts(reading)
    )


def address_invented(reading: Reading) -> Finding:
    """An e-mail or web address in the answer that nobody gave."""
    given = {*reading.exact, *(text.lower() for text in _texts((reading.original,) if reading.original else ()))}
    return worst(
        Finding(1.0, f"The address {value} was not given in the request.")
        for _, value in _text_values(reading.proposed)
        if re.search(r"\S@\S|https?://", value) and value.lower().rstrip("/") not in {one.rstrip("/") for one in given}
    )


def literal_missing(reading: Reading) -> Finding:
    """Something that the request spells out (an address, a date, a quotation) is not in the answer."""
    held = " ".join([*_texts(reading.proposed), *_texts((reading.original,) if reading.original else ())]).lower()
    wanted = [*reading.exact, *reading.quoted]
    return worst(
        Finding(1.0 - _share(words(text), held), f"'{text}' is given in the request and missing in the answer.")
        for text in wanted
        if reading.proposed and text.lower().rstrip(".,!") not in held
    )


def option_wrong(reading: Reading) -> Finding:
    """Among the values that a field may take the request names another one."""
    return worst(_options(reading))


def option_unsupported(reading: Reading) -> Finding:
    """A value among those allowed that the request does not speak of."""
    return worst(
        Finding(
            1 - strength(reading, "value", f"{owner}={value}"),
            f"Nothing in the request says '{value}' for {named(owner)}.",
        )
        for owner, value in _enum_values(reading)
        if not _in_original(reading, value)
    )


def parameter_swapped(reading: Reading) -> Finding:
    """A given address or text that went to another place than the merchant said: the copy's to the receiver."""
    return worst(_swapped(reading))


def tag_stuffing(reading: Reading) -> Finding:
    """A tag looked for where the product has a field of its own for what was said."""
    return worst(
        Finding(0.9, f"It looks for the tag '{value}' instead of the field {named(owner)}.")
        for flow in reading.proposed
        for condition in flow.conditions
        if condition.field.endswith("tags") and condition.operator in ("contains", "not_contains")
        for value in _flat(condition.value)
        if (owner := _field_of(reading, str(value)))
        and not re.search(r"\b(?:tag|label|mark)", reading.request.text, re.IGNORECASE)
    )


def value_tokens(reading: Reading) -> set[int]:
    """The places in the request of words that stand in the answer's values."""
    held = {stem(word) for text in _texts(reading.proposed) for word in words(text)}
    spoken = {place for root in held for place in reading.request.places.get(root, ())}
    values = {value for flow in reading.proposed for _, value in _numbers_in(flow)}
    figures = [number for number in reading.numbers if not values.isdisjoint(number.values)]
    spoken |= {
        place
        for place, token in enumerate(reading.request.tokens)
        if any(number.start <= token.start < number.end for number in figures) or token.lower in held
    }
    return spoken


def _numbers_in(flow: Workflow) -> Iterator[tuple[str, float]]:
    for place, value in _values_in(flow):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield place, _float(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _values_in(flow: Workflow) -> Iterator[tuple[str, Content]]:
    yield from ((condition.field, condition.value) for condition in flow.conditions)
    yield from ((name, value) for call in flow.actions for name, value in call.parameters)


def numbers_of(flows: Iterable[Workflow | None]) -> set[float]:
    """All numbers that stand in the workflows."""
    return {value for flow in flows if flow for _, value in _numbers_in(flow)}


def _flat(value: Content) -> tuple[Content, ...]:
    return value if isinstance(value, tuple) else (value,)


def _text_values(flows: Iterable[Workflow]) -> Iterator[tuple[str, str]]:
    for flow in flows:
        for place, value in _values_in(flow):
            yield from ((place, part) for part in _flat(value) if isinstance(part, str))


def _texts(flows: Iterable[Workflow]) -> list[str]:
    return [text for _, text in _text_values(flows)]


def _own_texts(reading: Reading) -> Iterator[tuple[str, str]]:
    """Texts of the merchant's own choosing: no option of an enum, no address, nothing that stood there before."""
    options = {value for _, value in _enum_values(reading)}
    kept = {text.lower() for text in _texts((reading.original,) if reading.original else ())}
    for place, value in _text_values(reading.proposed):
        if value not in options and not re.search(r"\S@\S|https?://", value) and value.lower() not in kept:
            yield place, value


def _share_said(reading: Reading, value: str) -> float:
    if value.lower() in reading.request.text.lower():
        return 1.0
    parts = [stem(word) for word in words(value) if word not in STOP_WORDS] or [stem(word) for word in words(value)]
    said = sum(1 for part in parts if part in reading.request.words or part in reading.request.text.lower())
    return said / max(1, len(parts))


def _share(parts: list[str], held: str) -> float:
    return sum(1 for part in parts if part in held) / max(1, len(parts))


def _in_text(reading: Reading, number: Number, text: str) -> bool:
    return reading.request.text[number.start : number.end].lower() in text.lower()


def _enum_values(reading: Reading) -> Iterator[tuple[str, str]]:
    catalogue = reading.knowledge.catalogue
    for flow in reading.proposed:
        for condition in flow.conditions:
            field = catalogue.fields_by_id.get(condition.field)
            if field and field.type == "enum" and isinstance(condition.value, str):
                yield condition.field, condition.value
        for call in flow.actions:
            action = catalogue.actions_by_id.get(call.action)
            for name, value in call.parameters:
                parameter = action.parameter(name) if action else None
                if parameter and parameter.type == "enum" and isinstance(value, str):
                    yield f"{call.action}.{name}", value


def _in_original(reading: Reading, value: str) -> bool:
    return bool(reading.original) and value in _texts((reading.original,) if reading.original else ())


def _options(reading: Reading) -> Iterator[Finding]:
    for owner, value in _enum_values(reading):
        own = strength(reading, "value", f"{owner}={value}")
        for (kind, name), mention in reading.asked.items():
            rival = name.partition("=")[2]
            if kind == "value" and name.startswith(f"{owner}=") and rival != value and not _in_original(reading, value):
                yield Finding(
                    mention.strength * (1 - own),
                    f"The request says '{rival}' for {named(owner)}, the answer '{value}'.",
                )


def _swapped(reading: Reading) -> Iterator[Finding]:
    text = reading.request.text
    for place, value in _text_values(reading.proposed):
        at = text.lower().find(value.lower())
        if at < 0 or len(value) < 3 or place in _SAME_WORDS:
            continue
        cue = _cue(text, at, at + len(value))
        if cue and cue != place:
            yield Finding(1.0, f"'{value}' belongs in {named(cue)}, but it stands in {named(place)}.")


def _cue(text: str, start: int, end: int) -> str | None:
    """The parameter that the words next to a value name: those after the value before it, or `in copy` behind it."""
    if re.match(r"[\"'”]?,? (?:in copy|in cc|cc'?d|copied|on copy)\b", text[end : end + 14], re.IGNORECASE):
        return "cc"
    ahead = re.split(r"[\"”']\W|\S@\S+|[,;]\s", text[max(0, start - 30) : start].rstrip(" \"'“"))[-1]
    for parameter, pattern in _PARAMETER_WORDS.items():
        if re.search(rf"(?:{pattern})\W*(?:\w+\W+){{0,2}}$", ahead, re.IGNORECASE):
            return parameter
    return None


def _field_of(reading: Reading, value: str) -> str | None:
    """The field one of whose allowed values, or which itself, is called like the tag."""
    wanted = stem(value.lower())
    for field in reading.knowledge.catalogue.fields:
        if field.type == "enum" and any(stem(option.id.lower()) == wanted for option in field.values):
            return field.id
    return None
