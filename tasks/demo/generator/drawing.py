"""Which workflow does a merchant want? Workflows drawn at random from what goes together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import TypeVar

from tasks.demo.catalogue import Action, Element, Field, Parameter, Trigger, load_catalogue
from tasks.demo.generator.scenery import clash, fitting_actions, fitting_fields, integrations, load_scenery
from tasks.demo.workflow import ActionCall, Condition, Content, Workflow, call
from tasks.domain.hashing import uniform

EMAIL_OPTIONS = ("body", "cc", "reply_to")
RISKY = 0.45
"""Merchants automate less readily what cannot be taken back."""

NEGATIVE = 0.25
"""The weight of an operator that denies, beside 1 for one that affirms."""

E = TypeVar("E", bound=Element)


@dataclass(frozen=True)
class Draw:
    """How workflows are drawn: from which randomness, for whose mail domain.

    `even` spreads triggers, fields and actions evenly, as an engineer's list does; production has favourites.
    `optional` is how often an optional parameter is given.
    """

    rng: Random
    domain: str
    even: bool = False
    optional: float = 0.25

    def element(self, elements: Sequence[E]) -> E:
        weights = [1.0 if self.even else popularity(element.id) for element in elements]
        return self.rng.choices(elements, weights)[0]

    def workflow(self, *, trigger: str | None = None, first: ActionCall | None = None) -> Workflow:
        """A workflow of up to three conditions and two actions, `first` among them where it is given."""
        trigger = trigger or self.trigger().id
        count = self.rng.choices((0, 1, 2, 3), (15, 50, 28, 7))[0]
        conditions: dict[str, Condition] = {}
        while len(conditions) < count:
            condition = self.condition(trigger)
            conditions.setdefault(condition.field, condition)
        actions = {first.action: first} if first else {}
        wanted = self.rng.choices((1, 2), (72, 28))[0]
        while len(actions) < wanted:
            action = self.own_action(trigger)
            if not clash(action.action, actions):
                actions[action.action] = action
        return Workflow(trigger, tuple(conditions.values()), tuple(actions.values()))

    def trigger(self) -> Trigger:
        return self.element(load_catalogue().triggers)

    def condition(self, trigger: str) -> Condition:
        return self.condition_on(self.element(fitting_fields(trigger)))

    def condition_on(self, field: Field) -> Condition:
        weights = [NEGATIVE if operator.startswith("not_") else 1.0 for operator in field.operators]
        if field.type == "number":
            weights[field.operators.index("equals")] = 0.3
        operator = self.rng.choices(field.operators, weights)[0]
        value = self.value(field)
        return Condition(field.id, "at_most" if operator == "less_than" and value == 0 else operator, value)

    def value(self, field: Field) -> Content:
        match field.type:
            case "boolean":
                return self.rng.random() < 0.75
            case "enum":
                return self.rng.choice(field.values).id
            case _:
                return self.rng.choice(pool(field.id, field.type))

    def own_action(self, trigger: str) -> ActionCall:
        """An action of the product itself; its optional e-mail settings stay unset, as in a simple wish."""
        action = self.element(fitting_actions(trigger))
        return self.call(action, without=EMAIL_OPTIONS)

    def integration(self) -> ActionCall:
        return self.call(self.element(integrations()))

    def email(self, trigger: str) -> ActionCall:
        """An e-mail with at least one of its settings: text, copy, reply address."""
        mails = [action for action in fitting_actions(trigger) if action.parameter("cc")]
        settings = self.rng.sample(EMAIL_OPTIONS, self.rng.choices((1, 2, 3), (50, 38, 12))[0])
        return self.call(self.rng.choice(mails), needed=settings, without=EMAIL_OPTIONS)

    def call(self, action: Action, *, needed: Sequence[str] = (), without: Sequence[str] = ()) -> ActionCall:
        given = {}
        for parameter in action.parameters:
            by_chance = parameter.name not in without and self.rng.random() < self.optional
            if parameter.required or parameter.name in needed or by_chance:
                given[parameter.name] = self.argument(action, parameter)
        return call(action.id, given)

    def argument(self, action: Action, parameter: Parameter) -> Content:
        match parameter.type:
            case "boolean":
                return self.rng.random() < 0.6
            case "enum":
                return self.rng.choice(parameter.values).id
            case "email":
                return f"{self.rng.choice(load_scenery().pools['staff'])}@{self.domain}"
            case "list of text":
                return tuple(self.rng.sample(pool(f"{action.id}.{parameter.name}"), 1 + (self.rng.random() < 0.2)))
            case _:
                return self.rng.choice(pool(f"{action.id}.{parameter.name}", f"send_email.{parameter.name}"))


@lru_cache(maxsize=256)
def popularity(name: str) -> float:
    """How often an element is used: fixed by its name, so that a few are common and many are rare."""
    if name == "order_created":
        return 4.0
    return (0.15 + uniform("popularity", name) ** 2) * (RISKY if name in load_scenery().dangerous else 1.0)


def pool(*names: str) -> tuple[str | int, ...]:
    """The values of the first of the names that has any."""
    pools = load_scenery().pools
    return next(pools[name] for name in names if name in pools)
