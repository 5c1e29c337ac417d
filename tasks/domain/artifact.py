"""What does a step return? Names of immutable tables, by the hash of what is in them."""

from pydantic import BaseModel, ConfigDict


class Artifact(BaseModel):
    """A table in the store: `artifacts/<hash>.parquet`. Two steps that make the same rows make the same artifact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    rows: int


class StepResult(BaseModel):
    """What a step that calls models returns: its tables, what they took, and whether every row has its final word.

    A step that is not settled (a provider failed on some rows) keeps its tables for this cycle and runs again in the
    next; the rows that succeeded are in the row cache and cost nothing then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: dict[str, Artifact]
    settled: bool = True
    model_calls: int = 0
    cost_usd: float = 0.0
