"""In which words do the simulated experts put a critique? The templates of wording.json and how they are filled."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tasks.demo.catalogue import load_catalogue
from tasks.demo.workflow import ActionCall, Condition, Workflow


class Wording(BaseModel):
    """Templates by kind of defect, and what experts say when they pass, forgive or misread."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    rude: tuple[str, ...]
    defects: dict[str, tuple[str, ...]]
    praise: dict[str, tuple[str, ...]]
    forgiven: tuple[str, ...]
    misread: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def load_wording() -> Wording:
    content = Path(__file__).with_name("wording.json").read_text(encoding="utf-8")
    return Wording.model_validate(json.loads(content))


def spoken(part: Any) -> str:
    """A part of a workflow in an expert's plain words."""
    match part:
        case Workflow():
            return f"{_described(part.trigger)}: {', '.join(spoken(call) for call in part.actions)}"
        case Condition(value=True):
            return _described(part.field)
        case Condition(value=False):
            return _described(part.field).replace(" is ", " is not ", 1)
        case Condition():
            return f"{_described(part.field)} {part.operator.replace('_', ' ')} {_plain(part.value)}"
        case ActionCall():
            return _described(part.action)
        case str() if "." in part or "_" in part:
            return _described(part)
    return _plain(part)


def _described(name: str) -> str:
    """What an id stands for; an id that the product does not have stays as it is."""
    catalogue = load_catalogue()
    owner, _, parameter = name.partition(".")
    if owner in catalogue.actions_by_id and parameter:
        return f"the {parameter.replace('_', ' ')}"
    known = {**catalogue.triggers_by_id, **catalogue.fields_by_id, **catalogue.actions_by_id}.get(name)
    if known is None:
        return f'"{name.replace("_", " ")}"'
    text = known.description.removesuffix(".").removeprefix("Whether ")
    return text[:1].lower() + text[1:]


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return " and ".join(_plain(part) for part in value)
        case str():
            return f'"{value}"'
    return str(value)
