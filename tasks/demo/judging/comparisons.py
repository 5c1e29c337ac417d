"""Do the conditions compare the way the merchant does: over or under, with the border or without, is or is not?"""

import re
from collections.abc import Iterator

from tasks.demo.judging.findings import Finding, named, number_words, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.language.comparisons import negated
from tasks.demo.workflow import Condition

_DIRECTIONS = {"greater_than": 1, "at_least": 1, "after": 1, "less_than": -1, "at_most": -1, "before": -1}


def comparison_reversed(reading: Reading) -> Finding:
    """A comparison that runs the other way: `over` became `less than`, `not` was lost."""
    return worst(
        Finding(1.0, f"The request says {words_said}, but the condition compares with {named(operator)}.")
        for operator, said, words_said in _comparisons(reading)
        if _opposed(operator, said)
    )


def comparison_inexact(reading: Reading) -> Finding:
    """A comparison that runs the right way and treats the border wrongly: `over` became `at least`."""
    return worst(
        Finding(1.0, f"The request says {words_said}; {named(operator)} treats the border differently.")
        for operator, said, words_said in _comparisons(reading)
        if operator != said and not _opposed(operator, said)
    )


def _comparisons(reading: Reading) -> Iterator[tuple[str, str, str]]:
    """For each number in a condition: its operator, the one that the request's words say, and these words."""
    for flow in reading.proposed:
        for condition in flow.conditions:
            for number in reading.numbers:
                if condition.value in number.values and number.operator and not isinstance(condition.value, bool):
                    yield (
                        condition.operator,
                        _for_kind(number.operator, condition.operator),
                        number_words(reading, number),
                    )
            yield from _negations(reading, condition)


def _for_kind(said: str, operator: str) -> str:
    """`after` 30 is said of dates and of amounts: in the operator's own terms."""
    pairs = {"after": "greater_than", "before": "less_than", "not_equals": "not_equals"}
    return said if operator in ("before", "after") else pairs.get(said, said)


def _negations(reading: Reading, condition: Condition) -> Iterator[tuple[str, str, str]]:
    spoken = _spoken_value(reading, condition)
    if spoken is None:
        return
    start, end, denies = spoken
    said = f'"{reading.request.text[max(0, start - 20) : end].strip()}"'
    denied = negated(reading.request.text, start, end, within=not denies)
    if denied and not _negative(condition):
        yield condition.operator, "not_" + condition.operator, said
    elif _negative(condition) and not denied:
        yield condition.operator, condition.operator.removeprefix("not_") + " (plain)", said


def _spoken_value(reading: Reading, condition: Condition) -> tuple[int, int, bool] | None:
    """Where the request speaks of a condition's value, and whether the words themselves deny something."""
    if isinstance(condition.value, bool):
        mention = reading.asked.get(("field", condition.field))
    elif isinstance(condition.value, str):
        mention = reading.asked.get(("value", f"{condition.field}={condition.value}"))
        found = re.search(rf"(?<!\w){re.escape(condition.value)}(?!\w)", reading.request.text, re.IGNORECASE)
        if mention is None and found:
            return found.start(), found.end(), True
    else:
        return None
    if mention is None:
        return None
    tokens = reading.request.tokens
    return tokens[mention.first].start, tokens[mention.last].end, mention.negative


def _negative(condition: Condition) -> bool:
    return condition.operator.startswith("not_") or condition.value is False


def _opposed(operator: str, said: str) -> bool:
    if operator in _DIRECTIONS and said in _DIRECTIONS:
        return _DIRECTIONS[operator] != _DIRECTIONS[said]
    return said.startswith("not_") != operator.startswith("not_") or said.endswith("(plain)")
