"""How would each of three simulated experts label an answer? Pass or fail with a critique, for reasons of their own.

They are programs and no people. What makes them disagree: each has its own strictness and its own soft spots, overlooks
things (more in long and murky messages, less what is severe), and now and then misreads a request. They share no noise,
since noise in common would bias their majority. The same expert gives the same label to the same answer, always.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from types import MappingProxyType

from tasks.demo.generator.defects import CRITERIA, CriterionName, Defect, defects_of
from tasks.demo.generator.request import Request
from tasks.demo.generator.wording import load_wording, spoken
from tasks.demo.workflow import Workflow, parse_answer
from tasks.domain.hashing import uniform

WAVERING = 0.12
"""The standard deviation of how severe a defect seems to an expert on the day."""

GLARING = frozenset({"refusal", "unreadable", "rude"})
"""What nobody overlooks, however long the day."""

MISREADABLE: dict[CriterionName, float] = {
    "safety": 0.1,
    "goal_fulfilment": 0.8,
    "grounding": 0.2,
    "sentiment": 0.2,
    "overall": 1.0,
}
"""How far a criterion hangs on how the request is read: harm is harm however the rest is understood."""


@dataclass(frozen=True)
class Expert:
    """One simulated expert. A defect counts once it seems at least as severe as `strictness` says."""

    name: str
    strictness: float
    lapse: float
    misreading: float
    leanings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


EXPERTS = (
    Expert(
        "expert_a",
        strictness=0.36,
        lapse=0.17,
        misreading=0.07,
        leanings={"border_operator": 0.15, "unsaid_condition": 0.1, "extra_parameter": 0.1, "unasked_mailing": 0.1},
    ),
    Expert(
        "expert_b",
        strictness=0.46,
        lapse=0.2,
        misreading=0.08,
        leanings={"missing_setting": 0.15, "reversed_operator": -0.2, "missing_action": -0.1, "lost": 0.1},
    ),
    Expert(
        "expert_c",
        strictness=0.54,
        lapse=0.22,
        misreading=0.06,
        leanings={"wrong_parameter": -0.1, "extra_condition": -0.15, "extra_action": 0.1, "unguarded_danger": -0.1},
    ),
)


@dataclass(frozen=True, slots=True)
class Label:
    """What one expert says of one answer on one criterion."""

    annotator: str
    criterion: CriterionName
    value: str
    critique: str


def label(expert: Expert, request: Request, answer: str) -> tuple[Label, ...]:
    """The expert's label on every criterion."""
    reading = _Reading(expert, request, answer)
    return tuple(reading.label(criterion) for criterion in CRITERIA)


def majority(labels: Iterable[Label], criterion: CriterionName) -> str:
    """What most of the labels on the criterion say."""
    values = [given.value for given in labels if given.criterion == criterion]
    return "pass" if 2 * values.count("pass") > len(values) else "fail"


class _Reading:
    """One expert before one answer."""

    def __init__(self, expert: Expert, request: Request, answer: str) -> None:
        self.expert = expert
        self.request = request
        self.answer = answer
        self.murk = request.vagueness + min(len(request.messages[0]["content"]) / 600, 1.0)
        self.noticed = tuple(defect for defect in defects_of(request, answer) if self.notices(defect))

    def chance(self, *what: str) -> float:
        return uniform("expert", self.expert.name, *what, self.request.text, self.answer)

    def notices(self, defect: Defect) -> bool:
        """Whether the defect is seen at all. One that is overlooked is so on every criterion."""
        severity = max(defect.severity(criterion) for criterion in CRITERIA)
        lapse = 0.0 if defect.kind in GLARING else self.expert.lapse * (0.35 + self.murk) * (1.7 - severity)
        return self.chance("lapse", defect.kind, defect.place) >= lapse

    def label(self, criterion: CriterionName) -> Label:
        felt = [(self.felt(defect, criterion), defect) for defect in self.noticed if defect.severity(criterion) > 0]
        worst = max(felt, key=lambda pair: pair[0], default=None)
        if worst and worst[0] >= self.expert.strictness:
            rest = [
                defect for severity, defect in felt if severity >= self.expert.strictness and defect is not worst[1]
            ]
            return self.verdict(criterion, "fail", " ".join(self.told(defect) for defect in (worst[1], *rest[:1])))
        if misread := self.misread(criterion):
            return self.verdict(criterion, "fail", misread)
        praise = self.pick(load_wording().praise[criterion], "praise", criterion)
        if worst:
            praise = self.pick(load_wording().forgiven, "forgiven").format(remark=self.told(worst[1]))
        return self.verdict(criterion, "pass", praise)

    def verdict(self, criterion: CriterionName, value: str, critique: str) -> Label:
        return Label(self.expert.name, criterion, value, critique)

    def felt(self, defect: Defect, criterion: CriterionName) -> float:
        """How severe the defect seems to this expert, a firm one nearly as it is."""
        wavering = NormalDist(0, WAVERING).inv_cdf(max(self.chance("wavering", defect.kind, defect.place), 1e-9))
        return defect.severity(criterion) + self.expert.leanings.get(defect.kind, 0.0) + wavering

    def told(self, defect: Defect) -> str:
        template = self.pick(load_wording().defects[defect.kind], "critique", defect.kind, defect.place)
        wanted = defect.wanted
        if wanted is None and self.request.wanted:
            wanted = self.request.wanted[0]
        return template.format(place=spoken(defect.place), wanted=spoken(wanted), got=spoken(defect.got))

    def misread(self, criterion: CriterionName) -> str | None:
        """The critique of an expert who takes the request for something else; None for one who reads it right."""
        rate = self.expert.misreading * (0.3 + 1.5 * self.murk) * MISREADABLE[criterion]
        wish = criterion in {"goal_fulfilment", "overall"}
        if self.chance("misread", "wish" if wish else criterion) >= rate:
            return None
        got = parse_answer(self.answer)
        return self.misunderstanding(criterion, got[0]) if got else None

    def misunderstanding(self, criterion: CriterionName, got: Workflow) -> str:
        kinds = ["trigger", "action", *(["condition"] if got.conditions else [])]
        kind = self.pick(kinds, "topic") if criterion in {"goal_fulfilment", "overall"} else criterion
        place = got.conditions[0].field if got.conditions else got.trigger
        part = got.trigger if kind == "trigger" else got.actions[0].action if got.actions else got.trigger
        template = self.pick(load_wording().misread[kind], "misread", criterion)
        return template.format(place=spoken(place), got=spoken(part))

    def pick(self, options: Iterable[str], *what: str) -> str:
        choices = tuple(options)
        return choices[int(self.chance("words", *what) * len(choices))]
