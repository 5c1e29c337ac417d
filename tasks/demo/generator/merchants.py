"""Who asks? Merchants of the simulated product, each with manners of their own.

Tenants differ for good reasons (idioms, typing errors, what they ask for), so rows of one tenant are not independent.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

from tasks.demo.generator.scenery import load_scenery

Style = Literal["engineer", "formal", "plain", "casual", "terse"]
Money = Literal["{}", "${}", "{} dollars", "{} bucks"]

KINDS = {"simple": 0.60, "edit": 0.12, "email": 0.08, "integration": 0.08, "several": 0.05, "slang": 0.07}
"""What production asks for, before each merchant's own leaning. The rest of the kinds is nobody's leaning."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody writes. `salt` fixes their favourite words; the shares lie between 0 and 1."""

    style: Style
    salt: str = ""
    plainness: float = 1.0
    typos: float = 0.0
    slang: float = 0.0
    stories: float = 0.0
    greetings: float = 0.0
    lowercase: bool = False
    quotes: float = 1.0
    money: Money = "{}"


ENGINEER = Manner("engineer")
"""How the product's own engineers put a request when they write a benchmark or training rows."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """One tenant. `activity` is its weight among all requests, `leanings` what it asks for."""

    tenant: str
    plan: str
    domain: str
    manner: Manner
    activity: float
    leanings: tuple[tuple[str, float], ...]


def draw_merchants(count: int, seed: int) -> tuple[Merchant, ...]:
    """As many merchants as asked for; the first ones are the same whatever the count."""
    return tuple(_draw_merchant(number, Random(f"{seed}/merchant/{number}")) for number in range(1, count + 1))


def _draw_merchant(number: int, rng: Random) -> Merchant:
    scenery = load_scenery()
    tenant = f"m{number:04d}"
    shop = f"{rng.choice(scenery.shops['first'])}-{rng.choice(scenery.shops['second'])}"
    leanings = {kind: share * rng.lognormvariate(0.0, 0.5) for kind, share in KINDS.items()}
    return Merchant(
        tenant=tenant,
        plan=rng.choices(list(scenery.plans), list(scenery.plans.values()))[0],
        domain=f"{shop}.example",
        manner=_draw_manner(tenant, rng),
        activity=rng.lognormvariate(0.0, 0.8),
        leanings=tuple(leanings.items()),
    )


def _draw_manner(tenant: str, rng: Random) -> Manner:
    style: Style = rng.choices(("formal", "plain", "casual", "terse"), (18, 45, 25, 12))[0]
    careless = style in {"casual", "terse"}
    moneys: tuple[Money, ...] = ("{}", "${}", "{} dollars", "{} bucks")
    return Manner(
        style=style,
        salt=tenant,
        plainness=rng.betavariate(9, 1.5) if not careless else rng.betavariate(7, 1.8),
        typos=rng.betavariate(1.2, 60) * (1.5 if careless else 0.7),
        slang=rng.choices((0.0, 0.03, 0.12), (80, 15, 5) if not careless else (60, 30, 10))[0],
        stories=rng.choice((0.0, 0.0, 0.05, 0.15)),
        greetings=rng.choice((0.0, 0.1, 0.3, 0.8)),
        lowercase=careless and rng.random() < 0.7,
        quotes=rng.choice((1.0, 1.0, 0.9)) if not careless else rng.choice((1.0, 0.9, 0.7)),
        money=rng.choices(moneys, (50, 30, 15, 5))[0],
    )
