"""How does a merchant, or an engineer, say what they want? Workflows put in words.

The templates are phrasing.json, the words for elements the catalogue's. Values are marked while a sentence is built, so
that typing errors and lower case never change what was asked for.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict

from tasks.demo.catalogue import Action, Element, Field, Parameter, Trigger, Value, load_catalogue
from tasks.demo.generator.merchants import Manner
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow
from tasks.domain.hashing import uniform

BEGIN, END = "\ue000", "\ue001"
"""Private-use marks around values; they never leave this module."""

COMMON = 2
"""So many of an element's phrases are in everybody's mouth, an engineer's too; the others are idioms."""

NO_ARTICLE = ("what", "how", "why", "where", "whether", "who", "when", "they", "all", "their", "money", "days", "part")


class Phrasing(BaseModel):
    """The templates, by style where a style has its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    about: str
    sentences: dict[str, tuple[str, ...]]
    bare: dict[str, tuple[str, ...]]
    several: dict[str, tuple[str, ...]]
    conjunctions: dict[str, tuple[str, ...]]
    sequences: dict[str, tuple[str, ...]]
    openings: dict[str, tuple[str, ...]]
    closings: dict[str, tuple[str, ...]]
    stories: tuple[str, ...]
    conditions: dict[str, dict[str, tuple[str, ...]]]
    subjects: dict[str, tuple[str, ...]]
    parameters: dict[str, tuple[str, ...]]
    flags: dict[str, dict[str, tuple[str, ...]]]
    order_of_parameters: tuple[str, ...]
    edits: dict[str, tuple[str, ...]]
    edit_glue: dict[str, tuple[str, ...]]
    unmeetable: tuple[str, ...]
    vague: tuple[str, ...]


@lru_cache(maxsize=1)
def load_phrasing() -> Phrasing:
    content = Path(__file__).with_name("phrasing.json").read_text(encoding="utf-8")
    return Phrasing.model_validate(json.loads(content))


class Voice:
    """One person's way of putting things, drawn from their manner and a source of randomness."""

    def __init__(self, manner: Manner, rng: Random) -> None:
        self.manner = manner
        self.rng = rng
        self.templates = load_phrasing()
        self.formal = manner.style == "engineer"

    def workflow(self, workflow: Workflow) -> str:
        """One wish as one sentence, not yet finished."""
        forms = self.templates.sentences if workflow.conditions else self.templates.bare
        trigger = load_catalogue().triggers_by_id[workflow.trigger]
        return self.one_of(forms[self.manner.style]).format(
            trigger=self.trigger(trigger),
            conditions=self.conjunction([self.condition(part) for part in workflow.conditions]),
            actions=self.sequence([self.action(part) for part in workflow.actions]),
        )

    def several(self, workflows: Sequence[Workflow]) -> str:
        """Two wishes in one message."""
        first, second = (self.workflow(workflow) for workflow in workflows)
        return self.one_of(self.templates.several[self.manner.style]).format(
            first=first, second=second if second.startswith("I ") else _lower_first(second)
        )

    def trigger(self, trigger: Trigger) -> str:
        return self.phrase(trigger, _lower_first(trigger.description.removesuffix(".")))

    def condition(self, condition: Condition) -> str:
        field = load_catalogue().fields_by_id[condition.field]
        forms = self.templates.conditions
        match field.type:
            case "boolean":
                subject = self.preferred(self.templates.subjects[field.id.partition(".")[0]])
                form = self.preferred(forms["boolean"][str(condition.value).lower()])
                return form.format(subject=subject, field=self.predicate(field))
            case "duration":
                form = self.preferred(forms["number"][condition.operator])
            case kind:
                form = self.preferred(forms[kind][condition.operator])
        return form.format(field=self.noun(field), value=self.value(field, condition.value))

    def noun(self, field: Field) -> str:
        """A field as a noun with its article."""
        if field.type == "boolean":
            return f"whether it is {self.predicate(field)}"
        phrase = self.phrase(field, field.description.removesuffix(".").removeprefix("The "))
        return phrase if phrase.startswith(NO_ARTICLE) else f"the {phrase}"

    def predicate(self, field: Field) -> str:
        return self.phrase(field, field.description.removesuffix(".").partition(" is ")[2])

    def action(self, call: ActionCall) -> str:
        action = load_catalogue().actions_by_id[call.action]
        given = dict(call.parameters)
        order = self.templates.order_of_parameters
        names = sorted(given, key=lambda name: order.index(name) if name in order else 0)
        pieces = [self.phrase(action, _lower_first(action.description.removesuffix(".")))]
        pieces += [self.argument(action, name, given[name]) for name in names]
        return " ".join(pieces).replace(" :", ":").replace(" ,", ",")

    def argument(self, action: Action, name: str, value: Content) -> str:
        if name in self.templates.flags:
            return self.preferred(self.templates.flags[name][str(value).lower()])
        forms = self.templates.parameters
        form = self.preferred(forms.get(f"{action.id}.{name}", forms.get(name, ())))
        parameter = action.parameter(name)
        return form.format(value=self.parameter_value(parameter, value) if parameter else _marked(str(value)))

    def parameter_value(self, parameter: Parameter, value: Content) -> str:
        match parameter.type:
            case "enum":
                return self.enum_word(parameter.values, value)
            case "list of text":
                return self.conjunction(
                    [self.text(str(part)) for part in (value if isinstance(value, tuple) else (value,))]
                )
            case "text" if not str(value).startswith("#"):
                return self.text(str(value), always=parameter.name in {"body", "message"})
            case "number" if parameter.name in {"price", "amount"}:
                return self.money(value)
            case _:
                return _marked(str(value))

    def value(self, field: Field, value: Content) -> str:
        match field.type:
            case "enum":
                return self.enum_word(field.values, value)
            case "text" | "list of text":
                return self.text(str(value))
            case "duration":
                return self.duration(value, field.unit or "")
        if field.unit == "currency":
            return self.money(value)
        return _marked(f"{value} {field.unit}" if field.unit else str(value))

    def enum_word(self, values: Sequence[Value], value: Content) -> str:
        known = next(known for known in values if known.id == value)
        if self.formal:
            return _marked(known.phrases[0])
        return _marked(known.phrases[0] if self.plain() else self.favourite(known.phrases, "value", known.id))

    def text(self, value: str, *, always: bool = False) -> str:
        """A text, quoted where the writer quotes; long texts nearly always are."""
        if self.formal or self.rng.random() < max(self.manner.quotes, 0.9 if always else 0.0):
            quote = '"' if self.formal or uniform("quote", self.manner.salt) < 0.75 else "'"
            return _marked(f"{quote}{value}{quote}")
        return _marked(value)

    def money(self, value: Content) -> str:
        if self.formal:
            return _marked(str(value))
        number = f"{value:,}" if isinstance(value, int) and self.manner.style == "formal" else str(value)
        return _marked(self.manner.money.format(number))

    def duration(self, value: Content, unit: str) -> str:
        if not self.formal and unit == "days" and isinstance(value, int) and value % 7 == 0 and self.rng.random() < 0.4:
            return _marked("a week" if value == 7 else f"{value // 7} weeks")
        return _marked(f"{value} {unit.removesuffix('s') if value == 1 else unit}")

    def phrase(self, element: Element, described: str) -> str:
        """The words for an element: an engineer's common ones, or a merchant's idioms and now and then slang."""
        common = (described, *element.phrases[:COMMON])
        if self.plain() and self.rng.random() >= self.manner.slang:
            return self.rng.choice(common)
        if element.slang and self.rng.random() < self.manner.slang:
            return self.rng.choice(element.slang)
        return self.favourite(element.phrases, "idiom", element.id)

    def preferred(self, forms: Sequence[str]) -> str:
        """One way to put it, an engineer's among the first few; for a merchant often their own favourite."""
        if self.plain():
            return self.rng.choice(forms[:COMMON])
        return self.favourite(forms, "form", *forms)

    def plain(self) -> bool:
        """Whether they speak as everybody would, for once or always."""
        return self.formal or self.rng.random() < self.manner.plainness

    def favourite(self, options: Sequence[str], *what: str) -> str:
        """The one that this person likes best, in seven cases of ten."""
        if self.rng.random() < 0.7:
            return options[int(uniform(*what, self.manner.salt) * len(options))]
        return self.rng.choice(options)

    def one_of(self, forms: Sequence[str]) -> str:
        return self.rng.choice(forms)

    def conjunction(self, parts: Sequence[str]) -> str:
        return self.one_of(self.templates.conjunctions[self.manner.style]).join(parts)

    def sequence(self, parts: Sequence[str]) -> str:
        return self.one_of(self.templates.sequences[self.manner.style]).join(parts)

    def edit(self, kind: str, words: Mapping[str, str]) -> str:
        forms = self.templates.edits[kind]
        return self.preferred(forms).format(**words)

    def finished(self, sentence: str) -> str:
        """The message as it is sent: opening, story, typing errors and case, with the values untouched."""
        style, rng = self.manner.style, self.rng
        opening = closing = story = ""
        if rng.random() < self.manner.greetings:
            opening = rng.choice(self.templates.openings.get(style) or ("",))
            closing = rng.choice(self.templates.closings.get(style) or ("",))
        if rng.random() < self.manner.stories:
            story = rng.choice(self.templates.stories) + " "
        if not opening:
            sentence = _upper_first(sentence)
        if (closing or style in {"formal", "plain"}) and sentence[-1] not in ".?!":
            sentence += "."
        text = f"{opening}{story}{sentence}{closing}"
        parts = re.split(f"({BEGIN}.*?{END})", text)
        return "".join(part[1:-1] if part.startswith(BEGIN) else self._typed(part) for part in parts)

    def _typed(self, text: str) -> str:
        if self.manner.lowercase:
            text = text.lower()
        if not self.manner.typos:
            return text
        return re.sub(r"[A-Za-z]{4,}", lambda word: self._mistyped(word[0]), text)

    def _mistyped(self, word: str) -> str:
        if self.rng.random() >= self.manner.typos:
            return word
        at = self.rng.randrange(1, len(word) - 1)
        match self.rng.randrange(3):
            case 0:
                return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            case 1:
                return word[:at] + word[at + 1 :]
            case _:
                return word[:at] + word[at] + word[at:]


def _marked(value: str) -> str:
    return f"{BEGIN}{value}{END}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
