"""What goes with what in the simulated product, and which values do merchants name?

The content is scenery.json: the fields and actions that fit a trigger, pools of values, names of shops.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tasks.demo.catalogue import Action, Field, load_catalogue


class Scenery(BaseModel):
    """The furniture of the world. `scopes` lists what a trigger is about, its main matter first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    scopes: dict[str, tuple[str, ...]]
    only: dict[str, tuple[str, ...]]
    actions: dict[str, tuple[str, ...]]
    clashes: tuple[tuple[str, ...], ...]
    dangerous: tuple[str, ...]
    mailing: tuple[str, ...]
    features: dict[str, str]
    pools: dict[str, tuple[str | int, ...]]
    shops: dict[str, tuple[str, ...]]
    plans: dict[str, float]


@lru_cache(maxsize=1)
def load_scenery() -> Scenery:
    content = Path(__file__).with_name("scenery.json").read_text(encoding="utf-8")
    return Scenery.model_validate(json.loads(content))


@lru_cache(maxsize=64)
def fitting_fields(trigger: str) -> tuple[Field, ...]:
    """The fields that make sense after a trigger."""
    scenery = load_scenery()
    return tuple(
        field
        for field in load_catalogue().fields
        if field.id.partition(".")[0] in scenery.scopes[trigger] and trigger in scenery.only.get(field.id, (trigger,))
    )


@lru_cache(maxsize=64)
def fitting_actions(trigger: str) -> tuple[Action, ...]:
    """The actions of the product itself that make sense after a trigger; integrations fit everywhere and are apart."""
    scenery = load_scenery()
    known = load_catalogue().actions_by_id
    return tuple(
        known[name] for scope in (*scenery.scopes[trigger], "staff") for name in scenery.actions.get(scope, ())
    )


def clash(action: str, others: Iterable[str]) -> bool:
    """Whether no merchant wants the action beside one of the others: the first of a group excludes its rest."""
    pairs = {frozenset((first, other)) for first, *rest in load_scenery().clashes for other in rest}
    return any(action == other or frozenset((action, other)) in pairs for other in others)


def integrations() -> tuple[Action, ...]:
    """The actions that reach another company's product."""
    known = load_catalogue().actions_by_id
    return tuple(known[name] for name in load_scenery().actions["integrations"])


def feature_of(trigger: str) -> str:
    """The area of the product in which a merchant builds a workflow with this trigger."""
    scenery = load_scenery()
    return scenery.features[scenery.scopes[trigger][0]]
