"""Which request would a merchant have typed to get this workflow? The embedded writer.

It words each part of the workflow in the prompt with the phrases and descriptions of the documentation in the prompt and
puts them together in one of several manners. Which phrase, which order and which manner follow from the workflow's hash:
the same prompt gives the same request. Its sentences are its own; it shares none with the generator of the world.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from tasks.demo.catalogue import Action, Catalogue, Field, Parameter
from tasks.demo.documentation import parse_documentation
from tasks.demo.fences import split_blocks
from tasks.demo.judge_prompt import joined
from tasks.demo.mentions import words_of_id
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash, uniform

Option = TypeVar("Option")

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
_ONE_WISH = (
    "When {trigger}{limits}, {deeds}.",
    "As soon as {trigger}{limits}, please {deeds}.",
    "{deeds}, whenever {trigger}{limits}.",
    "I'd like this to happen when {trigger}{limits}: {deeds}.",
    "Would it be possible to {deeds} each time {trigger}{limits}?",
    "After {trigger}{limits} we always {deeds} by hand. Please automate that.",
    "once {trigger}{limits} -> {deeds}",
    "new automation: {trigger}{limits}; {deeds}",
)
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
        limits = " and ".join(self._condition(number, part) for number, part in enumerate(self._flow.conditions))
        sentence = self._one(_ONE_WISH, "sentence").format(
            trigger=self._trigger(),
            limits=self._one(_LIMITS, "limits").format(limits) if limits else "",
            deeds=self._joined([self._deed(number, call) for number, call in enumerate(self._flow.actions)]),
        )
        manner = uniform(self._hash, "manner")
        if manner < 0.2:
            return sentence.rstrip(".").lower() if not re.search(r"\"[^\"]*[A-Z]", sentence) else sentence.rstrip(".")
        return sentence[0].upper() + sentence[1:]

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
            return " and ".join(f'"{part}"' for part in value)
        if isinstance(value, str) and not re.fullmatch(r"\S+@\S+|https?://\S+|\d{4}-\d{2}-\d{2}", value):
            return f'"{value}"'
        return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(description: str) -> str:
    """A description as part of a sentence."""
    text = description.strip().rstrip(".")
    return text[:1].lower() + text[1:]
