"""Which request would a merchant have typed to get this workflow? The embedded writer.

It words each part of the workflow in the prompt with the phrases and descriptions of the documentation in the prompt
and puts them together in one of several manners. Which phrase, order, manner and slip follow from the workflow's hash:
the same prompt gives the same request. Its sentences are its own; it shares none with the generator of the world.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from tasks.demo.catalogue import Action, Catalogue, Field, Parameter
from tasks.demo.documentation import parse_documentation
from tasks.demo.judging.prompt import joined
from tasks.demo.language.fences import split_blocks
from tasks.demo.language.mentions import words_of_id
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash, uniform

Option = TypeVar("Option")

SLIPS = 0.3
"""The share of requests with a typing error."""

FORGOTTEN = 0.12
"""The share of requests for workflows with conditions that leave one out: a round trip is there to find these."""

UNQUOTED = 0.35
"""The share of tags, one word each, that stand there without quotation marks."""

_COMPARED = {
    "greater_than": ("is more than {}", "goes over {}", "is above {}", "is bigger than {}"),
    "less_than": ("is less than {}", "stays under {}", "is below {}", "is lower than {}"),
    "at_least": ("is at least {}", "is {} or more", "is {} or higher"),
    "at_most": ("is at most {}", "is {} or less", "is no more than {}"),
    "equals": ("is {}", "equals {}", "is exactly {}"),
    "not_equals": ("is not {}", "isn't {}", "is something other than {}"),
    "contains": ("contains {}", "includes {}", "has {}"),
    "not_contains": ("does not contain {}", "doesn't include {}", "has no {}"),
    "starts_with": ("starts with {}", "begins with {}"),
    "before": ("is before {}", "is earlier than {}"),
    "after": ("is after {}", "is later than {}"),
}
SENTENCES = (
    "As soon as {trigger}{limits}, please {deeds} for me.",
    "{deeds} on its own, whenever {trigger}{limits}.",
    "I'd like this to happen when {trigger}{limits}: {deeds}.",
    "Would it be possible to {deeds} each time {trigger}{limits}?",
    "After {trigger}{limits} we always {deeds} by hand. Please automate that.",
    "once {trigger}{limits} -> please {deeds}",
    "new automation: {trigger}{limits}; {deeds}",
    "It would save us a lot of work to {deeds} every time {trigger}{limits}.",
)
"""How a whole wish is put; none of these stands in the world's own phrasing."""

_LIMITS = (", provided {}", ", as long as {}", " and {}", ", only where {}", ", but just if {}")
_NEXT_WISH = ("On top of that: ", "And a second automation, please: ", "Another thing. ", "Besides, ")
_SETTINGS = {
    "to": ("to {}", "addressed to {}"),
    "cc": ("cc {}", "with {} in cc"),
    "reply_to": ("replies go to {}", "answers to {}"),
    "subject": ("subject {}", "with subject {}"),
    "body": ("saying {}", "with the words {}"),
    "message": ("saying {}", "with the words {}"),
    "note": ("saying {}", "that reads {}"),
    "reason": ("reason {}", "because of {}"),
    "title": ("titled {}", "called {}"),
}


def answer(messages: list[dict[str, Any]]) -> str:
    """The request for the workflow in the last block `workflow`. Raises WrongInput where there is none."""
    flows = _workflows(joined(messages, "user"))
    catalogue = parse_documentation(joined(messages, "system", "developer", "user"))
    wishes = [_Wording(catalogue, flow).wish() for flow in flows]
    return "".join(wish if not number else _further(wish, flows[number]) for number, wish in enumerate(wishes))


def _workflows(prompt: str) -> list[Workflow]:
    found = [block.text for block in split_blocks(prompt)[1] if block.tag == "workflow"]
    try:
        content = json.loads(found[-1])
        return [Workflow.from_json(part) for part in content.get("workflows", [content])]
    except (IndexError, ValueError, AttributeError) as error:
        raise WrongInput(
            f"the prompt holds no workflow to write a request for ({error})",
            fix="Fence it as JSON under the tag `workflow`, as tasks/prompts/improve/write_request.md does.",
        ) from error


def _further(wish: str, flow: Workflow) -> str:
    return " " + _chosen(_NEXT_WISH, flow.trigger, wish) + wish


def _chosen(options: Sequence[Option], *content: str) -> Option:
    """One of the options, fixed by the content."""
    return options[int(uniform(*content) * len(options))]


class _Wording:
    """One workflow in words. Every choice is drawn from the workflow's hash and the place that is worded."""

    def __init__(self, catalogue: Catalogue, flow: Workflow) -> None:
        self._catalogue = catalogue
        self._flow = flow
        self._hash = bytes_hash(json.dumps(flow.to_json(), sort_keys=True).encode())

    def wish(self) -> str:
        """The whole request."""
        said = self._remembered(self._flow.conditions)
        limits = " and ".join(self._condition(number, part) for number, part in enumerate(said))
        sentence = self._one(SENTENCES, "sentence").format(
            trigger=self._trigger(),
            limits=self._one(_LIMITS, "limits").format(limits) if limits else "",
            deeds=self._joined([self._deed(number, call) for number, call in enumerate(self._flow.actions)]),
        )
        sentence = self._slipped(sentence)
        if uniform(self._hash, "manner") < 0.2:
            return "".join(part if quoted else part.lower() for quoted, part in _by_quotation(sentence.rstrip(".")))
        return sentence[0].upper() + sentence[1:]

    def _remembered(self, conditions: Sequence[Condition]) -> Sequence[Condition]:
        """The conditions, in some requests without one of them."""
        if not conditions or uniform(self._hash, "forgotten") >= FORGOTTEN:
            return conditions
        left_out = self._one(conditions, "which is forgotten")
        return [condition for condition in conditions if condition != left_out]

    def _slipped(self, sentence: str) -> str:
        """The sentence with two letters of one of its words swapped, in some of the requests."""
        if uniform(self._hash, "slip") >= SLIPS:
            return sentence
        parts = list(_by_quotation(sentence))
        spots = [
            (place, match.start())
            for place, (quoted, part) in enumerate(parts)
            for match in re.finditer(r"(?<![\w@.])[A-Za-z]{5,}(?![\w@.])", part)
            if not quoted
        ]
        if not spots:
            return sentence
        place, start = self._one(spots, "word")
        words = parts[place][1]
        at = start + 1 + int(uniform(self._hash, "letter") * 3)
        parts[place] = (False, words[:at] + words[at + 1] + words[at] + words[at + 2 :])
        return "".join(part for _, part in parts)

    def _one(self, options: Sequence[Option], place: str) -> Option:
        return _chosen(options, self._hash, place)

    def _joined(self, deeds: list[str]) -> str:
        return self._one((" and ", ", then ", " and also "), "join").join(deeds)

    def _trigger(self) -> str:
        trigger = self._catalogue.triggers_by_id.get(self._flow.trigger)
        if trigger is None:
            return words_of_id(self._flow.trigger)
        return self._one((*trigger.phrases, _plain(trigger.description)), "trigger")

    def _condition(self, number: int, condition: Condition) -> str:
        field = self._catalogue.fields_by_id.get(condition.field)
        place = f"condition {number}"
        if field is not None and field.type == "boolean":
            return self._yes_or_no(field, condition, place)
        noun = words_of_id(condition.field)
        if field is not None:
            noun = self._one((*field.phrases, _plain(field.description)), place)
        value = self._value(condition.value, field, place)
        told = self._one(_COMPARED.get(condition.operator, ("is {}",)), f"{place} operator").format(value)
        return (
            f"{noun} {told}" if noun.startswith(("the ", "how ", "what ", "where ", "why ")) else f"the {noun} {told}"
        )

    def _yes_or_no(self, field: Field, condition: Condition, place: str) -> str:
        clause = _plain(field.description).removeprefix("whether ")
        told = [clause, *(f"it is {phrase}" for phrase in field.phrases)]
        chosen = self._one(told, place)
        return chosen if condition.value is True else re.sub(r"\bis\b", "is not", chosen, count=1)

    def _deed(self, number: int, call: ActionCall) -> str:
        action = self._catalogue.actions_by_id.get(call.action)
        place = f"action {number}"
        deed = words_of_id(call.action)
        if action is not None:
            deed = self._one((*action.phrases, _plain(action.description)), place)
        settings = [self._setting(action, name, value, f"{place} {name}") for name, value in call.parameters]
        return " ".join([deed, *settings])

    def _setting(self, action: Action | None, name: str, value: Content, place: str) -> str:
        parameter = action.parameter(name) if action else None
        if isinstance(value, bool):
            return f"with {words_of_id(name)}" if value else f"without {words_of_id(name)}"
        told = self._value(value, parameter, place)
        usual = (f"with {words_of_id(name)} {{}}", f"({words_of_id(name)}: {{}})")
        if isinstance(value, tuple):
            usual = ("with {}", "as {}")
        return self._one(_SETTINGS.get(name, usual), place).format(told)

    def _value(self, value: Content, place: Field | Parameter | None, slot: str) -> str:
        """A value in words: an option by what merchants call it, a number as it is, a text in quotation marks."""
        option = next((option for option in place.values if option.id == value), None) if place else None
        if option is not None:
            return self._one((*option.phrases, words_of_id(option.id)), f"{slot} value")
        if isinstance(value, tuple):
            bare = uniform(self._hash, slot, "bare") < UNQUOTED and all(
                re.fullmatch(r"[\w-]+", str(part)) for part in value
            )
            return " and ".join(str(part) if bare else f'"{part}"' for part in value)
        if (
            isinstance(place, Field)
            and place.unit == "days"
            and isinstance(value, int)
            and value > 7
            and value % 7 == 0
        ):
            return self._one((f"{value} days", f"{value // 7} weeks"), f"{slot} unit")
        if isinstance(value, str) and not re.fullmatch(r"\S+@\S+|https?://\S+|\d{4}-\d{2}-\d{2}", value):
            return f'"{value}"'
        return f"{value:g}" if isinstance(value, float) else str(value)


def _by_quotation(sentence: str) -> Iterator[tuple[bool, str]]:
    """The parts of a sentence in their order, each with whether it is a quotation or an address."""
    end = 0
    for match in re.finditer(r"\"[^\"]*\"|\S+[@/]\S+", sentence):
        yield False, sentence[end : match.start()]
        yield True, match[0]
        end = match.end()
    yield False, sentence[end:]


def _plain(description: str) -> str:
    """A description as part of a sentence."""
    text = description.strip().rstrip(".")
    return text[:1].lower() + text[1:]
