"""What question is asked of an output, on which scale, in which words?"""

import re
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.domain.errors import WrongInput
from tasks.domain.hashing import content_hash

CANNOT_JUDGE = "cannot_judge"
"""What a judge says where it has nothing to go by: it abstains. So it is no value of a scale."""
MOST_STEPS = 101
"""Of an ordinal scale: 0-100. Each is shown to the judge as a choice of its own."""


class Scale(BaseModel):
    """The values that a verdict may take: `binary`, an ordinal range like `1-5`, or `nominal: a|b|tie`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["binary", "ordinal", "nominal"]
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """Reads a scale as a criterion file writes it. Raises WrongInput for anything else."""
        if text == "binary":
            return cls(level="binary", values=("pass", "fail"))
        if match := re.fullmatch(r"(\d{1,9})\s*-\s*(\d{1,9})", text):
            low, high = int(match[1]), int(match[2])
            if high - low >= MOST_STEPS:
                fix = "Use a coarser one, as 1-5 or 0-100, and say in the rubric what its steps mean."
                raise WrongInput(f"the scale '{text}' has more than {MOST_STEPS} values", fix=fix)
            if low < high:
                return cls(level="ordinal", values=tuple(str(step) for step in range(low, high + 1)))
        if match := re.fullmatch(r"nominal:\s*(.+)", text):
            values = tuple(part.strip() for part in match[1].split("|"))
            if CANNOT_JUDGE in values:
                fix = "Leave it out: each judge may abstain, on any scale."
                raise WrongInput(f"'{CANNOT_JUDGE}' is how a judge abstains, and no value of a scale", fix=fix)
            if len(values) > 1 and all(values) and len(set(values)) == len(values):
                return cls(level="nominal", values=values)
        raise WrongInput(f"'{text}' is not a scale", fix="Write binary, a range like 1-5, or nominal: a|b|tie.")


class Criterion(BaseModel):
    """A question with a scale; its rubric is the prose that people and judge both read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    scale: Scale = Scale(level="binary", values=("pass", "fail"))
    kind: str = "llm"
    subjective: bool = False
    rubric: str

    @cached_property
    def rubric_hash(self) -> str:
        """The identity of the wording: labels and verdicts carry it."""
        return content_hash(self)
