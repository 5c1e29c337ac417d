"""What is a reported figure? A value with its interval, its n and its method, or a reason why there is none."""

from typing import Self

from pydantic import BaseModel, ConfigDict


class Estimate(BaseModel):
    """One figure as contract and report show it. `value` is None exactly when `why` says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    n: int
    method: str
    why: str | None = None

    @classmethod
    def unknown(cls, why: str, *, n: int = 0, method: str = "none") -> Self:
        """An estimate that cannot be computed, and the reason."""
        return cls(value=None, n=n, method=method, why=why)

    def __str__(self) -> str:
        if self.value is None:
            return f"unknown ({self.why})"
        if self.low is None or self.high is None:
            return f"{self.value:.3f} (n={self.n})"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n})"
