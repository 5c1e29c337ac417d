"""What is asked, and what is really wanted? Requests of every kind, each with its hidden truth.

Nothing of the truth may reach a prompt: a trace holds `messages` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from tasks.demo.generator.drawing import Draw
from tasks.demo.generator.edits import draw_edit
from tasks.demo.generator.merchants import ENGINEER, Manner, Merchant
from tasks.demo.generator.phrasing import Voice
from tasks.demo.generator.scenery import feature_of
from tasks.demo.workflow import Workflow, fenced, parse_answer, same

Kind = Literal["simple", "edit", "email", "integration", "several", "slang", "unmeetable", "hidden", "vague"]

BEYOND: dict[Kind, float] = {"unmeetable": 2 / 300, "hidden": 1 / 300, "vague": 1 / 300}
"""What no system can do right: the same share of production and of the benchmark, so that it opens no gap."""

MURKINESS: dict[Kind, float] = {"edit": 0.15, "several": 0.2, "slang": 0.35, "unmeetable": 0.2, "vague": 0.9}
"""How hard a kind is to understand for a person who reads it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One wish. `wanted` is empty where the product cannot do it; `vagueness` (0 to 1) is how hard it is to grasp."""

    text: str
    kind: Kind
    wanted: tuple[Workflow, ...]
    current: Workflow | None = None
    vagueness: float = 0.0

    @property
    def messages(self) -> list[dict[str, str]]:
        """What the product's assistant is sent."""
        if self.current is None:
            return [{"role": "user", "content": self.text}]
        before = f"Current workflow:\n{fenced(self.current.to_json())}"
        return [{"role": "user", "content": f"{before}\n\n{self.text}"}]

    @property
    def feature(self) -> str:
        """The area of the product in which it was typed."""
        if self.current:
            return feature_of(self.current.trigger)
        return feature_of(self.wanted[0].trigger) if self.wanted else "orders"

    def met_by(self, answer: str) -> bool:
        """Whether the answer is exactly what was wanted; what the product cannot do stays unmet by any answer."""
        return bool(self.wanted) and same(self.wanted, parse_answer(answer))


def draw_request(merchant: Merchant, existing: Sequence[Workflow], rng: Random) -> Request:
    """What a merchant asks next. An edit is of one of the merchant's `existing` workflows."""
    kinds = dict(merchant.leanings)
    usual = 1 - sum(BEYOND.values())
    total = sum(kinds.values())
    shares = {kind: usual * share / total for kind, share in kinds.items()} | BEYOND
    kind: Kind = rng.choices(list(shares), list(shares.values()))[0]  # type: ignore[assignment]
    return request_of_kind(kind, merchant.manner, Draw(rng, merchant.domain), existing)


def engineer_request(kind: Kind, rng: Random) -> Request:
    """A request in an engineer's words, of elements spread evenly: the benchmark and the first training set."""
    return request_of_kind(kind, ENGINEER, Draw(rng, "shop.example", even=True), ())


def request_of_kind(kind: Kind, manner: Manner, draw: Draw, existing: Sequence[Workflow]) -> Request:
    """A request of the given kind in the given manner."""
    rng = draw.rng
    if kind == "slang":
        manner = replace(manner, slang=0.5, plainness=manner.plainness / 3, typos=manner.typos * 1.5 + 0.02)
    voice = Voice(manner, rng)
    request = _wish(kind, draw, voice, existing)
    murk = MURKINESS.get(kind, 0.05) + 1.5 * manner.typos + rng.uniform(0.0, 0.15)
    return replace(request, text=voice.finished(request.text), vagueness=round(min(murk, 1.0), 3))


def _wish(kind: Kind, draw: Draw, voice: Voice, existing: Sequence[Workflow]) -> Request:
    match kind:
        case "edit":
            before = draw.rng.choice(existing) if existing else draw.workflow()
            edit = draw_edit(before, draw, voice)
            return Request(edit.words, kind, (edit.after,), current=before)
        case "several":
            pair = (draw.workflow(), draw.workflow())
            return Request(voice.several(pair), kind, pair)
        case "email":
            trigger = draw.trigger().id
            wanted = draw.workflow(trigger=trigger, first=draw.email(trigger))
        case "integration":
            wanted = draw.workflow(first=draw.integration())
        case "unmeetable":
            trigger = voice.trigger(draw.trigger())
            return Request(voice.one_of(voice.templates.unmeetable).format(trigger=trigger), kind, ())
        case "vague":
            return Request(voice.one_of(voice.templates.vague), kind, (draw.workflow(),))
        case _:
            wanted = draw.workflow()
    if kind == "hidden":
        unsaid = draw.condition(wanted.trigger)
        meant = replace(wanted, conditions=(*wanted.conditions, unsaid))
        return Request(voice.workflow(wanted), kind, (meant,))
    return Request(voice.workflow(wanted), kind, (wanted,))
