"""What does a step return? Names of immutable tables, by the hash of what is in them."""

from pydantic import BaseModel, ConfigDict


class Artifact(BaseModel):
    """A table in the store: `artifacts/<hash>.parquet`. Two steps that make the same rows make the same artifact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    rows: int
