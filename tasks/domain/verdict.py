"""What did a judge say of an output, and where did every row end up?"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Status(StrEnum):
    """The four ends of a row. They add up to N in every table."""

    judged = "judged"
    abstained = "abstained"
    failed = "failed"
    skipped = "skipped"


class Verdict(BaseModel):
    """A judge's word on one output: a value, or a reason for having none. Nothing defaults to fail or to pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status
    value: str | None = None
    critique: str | None = None
    unscored_reason: str | None = None

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) == (self.unscored_reason is None):
            raise ValueError("a verdict has either a value or an unscored reason")
        if (self.status is Status.judged) != (self.value is not None):
            raise ValueError("exactly the judged verdicts have a value")
        return self

    @classmethod
    def judged(cls, value: str, critique: str) -> Self:
        return cls(status=Status.judged, value=value, critique=critique)

    @classmethod
    def unscored(cls, reason: str, status: Status = Status.failed) -> Self:
        return cls(status=status, unscored_reason=reason)


class Accounting(BaseModel):
    """Where all N rows are: judged + abstained + failed + skipped = n."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    judged: int = 0
    abstained: int = 0
    failed: int = 0
    skipped: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.judged + self.abstained + self.failed + self.skipped != self.n:
            raise ValueError(f"the accounting does not add up to {self.n}: {self}")
        return self

    @classmethod
    def of(cls, statuses: Iterable[str]) -> Self:
        """Counts the statuses. Raises ValueError for one that is not among the four."""
        counts = Counter(Status(status).value for status in statuses)
        return cls(n=sum(counts.values()), **counts)

    def __add__(self, other: "Accounting") -> "Accounting":
        return Accounting(**{name: getattr(self, name) + getattr(other, name) for name in Accounting.model_fields})
