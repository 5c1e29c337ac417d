"""What does one check say of one answer?"""

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.demo.judge_reading import Reading
from tasks.demo.mentions import Mention, words_of_id


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
