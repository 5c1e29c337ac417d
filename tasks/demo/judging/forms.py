"""In which form is a verdict asked for: a value of a scale, or the better of two answers? Told by the prompt's words.

Every form is read off the same doubt: by how much the log-odds of failing lie over the line from which an answer fails.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.adapters.prompts import fenced
from tasks.demo.judging.prompt import Case, read_case
from tasks.demo.language.fences import split_blocks

NEAR = 0.5
"""Two answers whose doubts differ by no more than this are as good as each other."""

REACH = 1.6
"""How far from the line the outermost thresholds of an ordinal scale lie: beyond, an answer has its last value."""

PASSING = frozenset({"acceptable", "correct", "good", "ok", "pass", "passed", "true", "yes"})
FAILING = frozenset({"bad", "fail", "failed", "false", "incorrect", "no", "poor", "unacceptable", "wrong"})

_HEADING = re.compile(r"^# ", re.MULTILINE)
_VALUES = re.compile(r"then the verdict: one of ((?:`[^`\n]+`(?:, )?)+)\.")
_ORDINAL = re.compile(r"^`[^`\n]+` is the lowest value and `[^`\n]+` the highest\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Grades:
    """The values that the prompt offers; of an ordinal scale from the worst to the best."""

    values: tuple[str, ...]
    ordinal: bool


@lru_cache(maxsize=32)
def grades_of(prompt: str) -> Grades | None:
    """The scale of a judge's system message; None where it asks for pass or fail. No criterion's words change it."""
    own = _HEADING.split(split_blocks(prompt)[0], maxsplit=1)[0]
    found = _VALUES.search(own)
    if found is None:
        return None
    return Grades(tuple(re.findall(r"`([^`]+)`", found[1])), _ORDINAL.search(own) is not None)


def graded(doubt: float, grades: Grades) -> str | None:
    """The value that such a doubt comes to; None on a nominal scale whose values do not say which of them passes."""
    if grades.ordinal:
        steps = len(grades.values) - 1
        thresholds = [REACH * (2 * step / (steps - 1) - 1) if steps > 1 else 0.0 for step in range(steps)]
        return grades.values[sum(doubt <= threshold for threshold in thresholds)]
    wanted = FAILING if doubt > 0 else PASSING
    both = [[value for value in grades.values if value.casefold() in words] for words in (PASSING, FAILING)]
    if any(len(values) != 1 for values in both):
        return None
    return next(value for values in both for value in values if value.casefold() in wanted)


def read_pair(prompt: str) -> tuple[Case, Case] | None:
    """The two answers of a user message that shows two, each after the conversation; None where it does not."""
    found: dict[str, str] = {}
    for block in split_blocks(prompt)[1]:
        found.setdefault(block.tag, block.text)
    if not {"conversation", "first", "second"} <= found.keys():
        return None
    first, second = (
        read_case(f"{fenced('conversation', found['conversation'])}\n{fenced('answer', found[place])}")
        for place in ("first", "second")
    )
    return (first, second) if first and second else None


def preferred(first: float, second: float) -> str:
    """The answer with clearly less doubt about it."""
    if abs(first - second) <= NEAR:
        return "tie"
    return "first" if first < second else "second"
