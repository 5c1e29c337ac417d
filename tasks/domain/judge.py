"""What is a judge? A value: a model, a prompt, a criterion, examples and the product's documentation. No class tree."""

from functools import cached_property
from typing import Any

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
    """Of one verdict."""
    beside: str | None = None
    """The hash of all judges that one call asks together; None for a judge that has its calls to itself."""

    @cached_property
    def hash(self) -> str:
        return content_hash(self)

    def changed(self, **parts: Any) -> "Judge":
        """Another judge: this one with some parts changed. pydantic's own copy would keep the hash of this one."""
        return Judge(**{name: getattr(self, name) for name in Judge.model_fields} | parts)

    @property
    def name(self) -> str:
        """What people call it in a table: the model, and the beginning of the hash."""
        return f"{self.model}@{self.hash.partition('-')[2][:8]}"
