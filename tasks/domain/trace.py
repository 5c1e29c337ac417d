"""What happened in production: one conversation, or the part of it up to one answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """One message of an OpenAI chat. Fields beyond these (tool calls, names) are kept as they came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Any = None


class Trace(BaseModel):
    """One answered request of the production system.

    `messages` is what the system saw, `output` what it answered; `after` is what followed (a user's thanks, say).
    `cluster` is the unit of independence: the tenant where there is one, else the trace itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trace_id: str
    messages: tuple[Message, ...]
    output: str
    after: tuple[Message, ...] = ()
    timestamp: datetime | None = None
    tenant: str | None = None
    system: str | None = None
    outcome: str | None = None
    metadata: dict[str, Any] = {}

    @property
    def cluster(self) -> str:
        return self.tenant if self.tenant is not None else self.trace_id
