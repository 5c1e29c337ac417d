"""How does the product's documentation say what there is, and what can be read back from it?

The Markdown is for people, for an LLM and for the embedded models alike: these learn the catalogue from their prompt
and never from its file. Reading back loses what the documentation does not tell: slang, undisclosed phrases, and what
each parameter means.
"""

import re
from functools import lru_cache
from typing import get_args

from tasks.demo.catalogue import (
    Action,
    Catalogue,
    Field,
    FieldType,
    Operator,
    Parameter,
    ParameterType,
    Trigger,
    Value,
)
from tasks.domain.hashing import uniform

HEADINGS = {"Triggers": "triggers", "Fields": "fields", "Actions": "actions"}
LINE = re.compile(r"^- `(?P<id>[a-z0-9_.]+)`(?: \((?P<details>[^)]*)\))?: (?P<text>.+)$")
PHRASES = re.compile(r" Merchants say: (.*?)\.(?= Values: |$)")
VALUES = re.compile(r" Values: (.*)\.$")
QUOTED = re.compile(r'"([^"]*)"')


def documentation(catalogue: Catalogue, share: float = 0.6) -> str:
    """The reference in Markdown. `share` of the merchants' phrases are told, chosen by their hash; slang never is."""
    parts = [
        "## Triggers",
        *(f"- `{trigger.id}`: {_telling(trigger, share)}" for trigger in catalogue.triggers),
        "",
        "## Fields",
        *(f"- `{field.id}` ({_field_details(field)}): {_telling(field, share)}" for field in catalogue.fields),
        "",
        "## Actions",
        *(f"- `{action.id}` ({_parameters(action)}): {_telling(action, share)}" for action in catalogue.actions),
    ]
    return "\n".join(parts) + "\n"


def _disclosed(owner: str, phrases: tuple[str, ...], share: float) -> tuple[str, ...]:
    return tuple(phrase for phrase in phrases if uniform("documentation", owner, phrase) < share)


def _telling(element: Trigger | Field | Action, share: float) -> str:
    text = element.description
    if phrases := _disclosed(element.id, element.phrases, share):
        text += " Merchants say: " + "; ".join(f'"{phrase}"' for phrase in phrases) + "."
    told = [
        f"{value.id} is " + " or ".join(f'"{word}"' for word in words)
        for value in _values(element)
        if (words := _disclosed(f"{element.id}={value.id}", value.phrases, share))
    ]
    return text + (" Values: " + "; ".join(told) + "." if told else "")


def _values(element: Trigger | Field | Action) -> tuple[Value, ...]:
    match element:
        case Field():
            return element.values
        case Action():
            return tuple(value for parameter in element.parameters for value in parameter.values)
        case _:
            return ()


def _field_details(field: Field) -> str:
    kind = f"enum: {', '.join(value.id for value in field.values)}" if field.type == "enum" else field.type
    unit = f"; unit: {field.unit}" if field.unit else ""
    return f"{kind}{unit}; operators: {', '.join(field.operators)}"


def _parameters(action: Action) -> str:
    if not action.parameters:
        return "no parameters"
    return "; ".join(
        ("" if parameter.required else "optional ")
        + f"{parameter.name}: {parameter.type}"
        + (f" {', '.join(value.id for value in parameter.values)}" if parameter.type == "enum" else "")
        for parameter in action.parameters
    )


@lru_cache(maxsize=32)
def parse_documentation(text: str) -> Catalogue:
    """The catalogue that the text tells of; lines that are no entry are passed over.

    A heading of another name ends a section, so the documentation may stand anywhere in a longer prompt.
    """
    found: dict[str, dict[str, Trigger | Field | Action]] = {name: {} for name in HEADINGS.values()}
    section = None
    for line in text.splitlines():
        if line.startswith("#"):
            section = HEADINGS.get(line.lstrip("#").strip())
        elif section is not None and (entry := LINE.match(line.strip())):
            element = _read(section, entry["id"], entry["details"] or "", entry["text"])
            found[section].setdefault(element.id, element)
    return Catalogue.model_validate({name: tuple(elements.values()) for name, elements in found.items()})


def _read(section: str, name: str, details: str, text: str) -> Trigger | Field | Action:
    told, valued = PHRASES.search(text), VALUES.search(text)
    description = text[: min((part.start() for part in (told, valued) if part), default=len(text))]
    phrases = tuple(QUOTED.findall(told[1])) if told else ()
    words = _words(valued[1]) if valued else {}
    match section:
        case "triggers":
            return Trigger(id=name, description=description, phrases=phrases)
        case "actions":
            parameters = tuple(_read_parameter(part, words) for part in details.split(";") if ":" in part)
            return Action(id=name, description=description, phrases=phrases, parameters=parameters)
    return _read_field(name, details, words).model_copy(update={"description": description, "phrases": phrases})


def _words(text: str) -> dict[str, tuple[str, ...]]:
    told = (re.match(r"\s*(\S+) is (.+)", part) for part in text.split(";"))
    return {match[1]: tuple(QUOTED.findall(match[2])) for match in told if match}


def _read_field(name: str, details: str, words: dict[str, tuple[str, ...]]) -> Field:
    first, *rest = (part.strip() for part in details.split(";"))
    kind, _, values = first.partition(":")
    known = dict(part.split(":", 1) for part in rest if ":" in part)
    return Field.model_validate(
        {
            "id": name,
            "type": kind if kind in get_args(FieldType) else "text",
            "operators": [one for one in _names(known.get("operators", "")) if one in get_args(Operator)],
            "values": [Value(id=one, phrases=words.get(one, ())) for one in _names(values)],
            "unit": known["unit"].strip() if "unit" in known else None,
            "description": "",
        }
    )


def _read_parameter(part: str, words: dict[str, tuple[str, ...]]) -> Parameter:
    name, _, kind = part.strip().partition(":")
    kind = kind.strip()
    values = _names(kind.removeprefix("enum")) if kind.startswith("enum") else []
    return Parameter.model_validate(
        {
            "name": name.removeprefix("optional ").strip(),
            "type": "enum" if values else kind if kind in get_args(ParameterType) else "text",
            "required": not name.startswith("optional "),
            "values": [Value(id=one, phrases=words.get(one, ())) for one in values],
        }
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
