"""What does one check say of one answer?"""

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.demo.judging.reading import Number, Reading
from tasks.demo.language.mentions import Mention, words_of_id
from tasks.demo.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw: 0 (nothing wrong) to 1 (clearly wrong), and a sentence about it."""

    severity: float
    note: str


NOTHING = Finding(0.0, "")


def worst(findings: Iterable[Finding]) -> Finding:
    """The gravest of several findings of one check."""
    return max(findings, key=lambda finding: finding.severity, default=NOTHING)


def named(name: str) -> str:
    """An identifier as a reader likes it: its words."""
    return f"'{words_of_id(name)}'"


def strength(reading: Reading, kind: str, name: str) -> float:
    """How well the request speaks of an element."""
    mention = reading.asked.get((kind, name))
    return mention.strength if mention else 0.0


def quoted_words(reading: Reading, mention: Mention) -> str:
    """The merchant's words that a mention rests on."""
    tokens = reading.request.tokens
    return reading.request.text[tokens[mention.first].start : tokens[mention.last].end]


def element_names(flow: Workflow) -> set[tuple[str, str]]:
    """The elements of a workflow, as kind and name."""
    return {
        ("trigger", flow.trigger),
        *(("field", part.field) for part in flow.conditions),
        *(("action", call.action) for call in flow.actions),
    }


def used_elements(reading: Reading) -> list[tuple[str, str]]:
    """The elements and options of the answer and of the workflow that it edits."""
    flows = (*reading.proposed, *((reading.original,) if reading.original else ()))
    names: list[tuple[str, str]] = []
    for flow in flows:
        names += sorted(element_names(flow))
        names += [("value", f"{part.field}={part.value}") for part in flow.conditions]
        names += [
            ("value", f"{call.action}.{name}={value}") for call in flow.actions for name, value in call.parameters
        ]
    return names


def number_words(reading: Reading, number: Number) -> str:
    """A number with the words before it, quoted."""
    return f'"{reading.request.text[max(0, number.start - 12) : number.end].strip()}"'
