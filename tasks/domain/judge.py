"""What is a judge? A value: a model, a prompt, a criterion, examples and the product's documentation. No class tree."""

from functools import cached_property

from pydantic import BaseModel, ConfigDict

from tasks.domain.criterion import Criterion
from tasks.domain.hashing import content_hash


class Example(BaseModel):
    """One labelled output with an expert's critique, as a judge's prompt shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation: str
    answer: str
    critique: str
    verdict: str


class Judge(BaseModel):
    """Everything that decides what a judge says. Two judges with the same hash are the same judge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    api_base: str | None = None
    prompt: str
    """The hash of the prompt's template."""
    criterion: Criterion
    documentation: str | None = None
    examples: tuple[Example, ...] = ()
    temperature: float | None = 0.0
    max_tokens: int = 600

    @cached_property
    def hash(self) -> str:
        return content_hash(self)
