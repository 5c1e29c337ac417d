"""What can a workflow of the simulated commerce product be made of? Triggers, typed fields and actions.

The content is catalogue.json, written for this project. Phrases are what merchants say for an element; slang is what
only some of them say, and no documentation ever tells it.
"""

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

FieldType = Literal["number", "text", "enum", "boolean", "list of text", "date", "duration"]
ParameterType = Literal["number", "text", "enum", "boolean", "list of text", "email", "url"]
Operator = Literal[
    "equals",
    "not_equals",
    "greater_than",
    "less_than",
    "at_least",
    "at_most",
    "contains",
    "not_contains",
    "starts_with",
    "before",
    "after",
]


class Frozen(BaseModel):
    """Every element is a value: it can be compared, hashed and cached."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(Frozen):
    """One value of an enum, and the words that merchants have for it."""

    id: str
    phrases: tuple[str, ...] = ()


class Element(Frozen):
    """What triggers, fields and actions have in common."""

    id: str
    description: str
    phrases: tuple[str, ...] = ()
    slang: tuple[str, ...] = ()


class Trigger(Element):
    """An event that starts a workflow. Its description and phrases are clauses."""


class Field(Element):
    """Something that a condition can look at. Phrases are nouns; those of a boolean follow `is`."""

    type: FieldType
    operators: tuple[Operator, ...]
    values: tuple[Value, ...] = ()
    unit: str | None = None


class Parameter(Frozen):
    """One typed parameter of an action."""

    name: str
    type: ParameterType
    required: bool = True
    description: str = ""
    values: tuple[Value, ...] = ()


class Action(Element):
    """Something that a workflow does. Its description and phrases are commands."""

    parameters: tuple[Parameter, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        return next((known for known in self.parameters if known.name == name), None)


class Catalogue(Frozen):
    """All elements of the product."""

    triggers: tuple[Trigger, ...]
    fields: tuple[Field, ...]
    actions: tuple[Action, ...]

    @cached_property
    def triggers_by_id(self) -> dict[str, Trigger]:
        return {trigger.id: trigger for trigger in self.triggers}

    @cached_property
    def fields_by_id(self) -> dict[str, Field]:
        return {field.id: field for field in self.fields}

    @cached_property
    def actions_by_id(self) -> dict[str, Action]:
        return {action.id: action for action in self.actions}


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The catalogue as the world's generator knows it, phrases and slang included."""
    content = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    for element in [*content["fields"], *(part for action in content["actions"] for part in action["parameters"])]:
        if "values" in element:
            element["values"] = [{"id": name, "phrases": words} for name, words in element["values"].items()]
    return Catalogue.model_validate({kind: content[kind] for kind in ("triggers", "fields", "actions")})


def workflow_schema(catalogue: Catalogue) -> dict[str, Any]:
    """The JSON Schema (2020-12) that every valid workflow of the product satisfies."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A workflow of the simulated commerce product",
        **_object(
            {
                "trigger": {"enum": [trigger.id for trigger in catalogue.triggers]},
                "conditions": {"type": "array", "items": {"oneOf": [_condition(field) for field in catalogue.fields]}},
                "actions": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"oneOf": [_action(action) for action in catalogue.actions]},
                },
            },
            required=["trigger", "conditions", "actions"],
        ),
    }


def _condition(field: Field) -> dict[str, Any]:
    element = {"type": "string"} if field.type == "list of text" else _type(field.type, field.values)
    return _object(
        {"field": {"const": field.id}, "operator": {"enum": list(field.operators)}, "value": element},
        required=["field", "operator", "value"],
    )


def _action(action: Action) -> dict[str, Any]:
    parameters = _object(
        {part.name: _type(part.type, part.values) for part in action.parameters},
        required=[part.name for part in action.parameters if part.required],
    )
    return _object({"action": {"const": action.id}, "parameters": parameters}, required=["action", "parameters"])


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _type(kind: FieldType | ParameterType, values: tuple[Value, ...]) -> dict[str, Any]:
    match kind:
        case "number" | "duration":
            return {"type": "number"}
        case "boolean":
            return {"type": "boolean"}
        case "enum":
            return {"enum": [value.id for value in values]}
        case "list of text":
            return {"type": "array", "items": {"type": "string"}, "minItems": 1}
        case "date":
            return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
        case "email":
            return {"type": "string", "pattern": "^[^@ ]+@[^@ ]+[.][^@ ]+$"}
        case "url":
            return {"type": "string", "pattern": "^https?://[^ ]+$"}
        case "text":
            return {"type": "string", "minLength": 1}
