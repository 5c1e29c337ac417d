"""What is under test? A model with a prompt, an endpoint, or a Python callable; each a value with a content hash."""

from pydantic import BaseModel, ConfigDict

from tasks.domain.hashing import content_hash


class SystemUnderTest(BaseModel):
    """A system as it answers: what it is given in front of a request, and who answers.

    Either `model` (through LiteLLM, with `instructions` as the system message) or `callable` is set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    api_base: str | None = None
    instructions: str | None = None
    """The rendered system message. It takes the place of one that the request brings along."""
    callable: str | None = None
    version: str = "1"
    temperature: float | None = 0.0
    max_tokens: int = 1200

    @property
    def hash(self) -> str:
        return content_hash(self)

    @property
    def model_name(self) -> str:
        """The name that the gateway calls it by: a callable is one more provider."""
        return self.model if self.model is not None else f"callable/{self.callable}@{self.version}"


def differences(current: SystemUnderTest, candidate: SystemUnderTest) -> tuple[str, ...]:
    """The fields in which a candidate departs from the current system. A fair comparison changes one."""
    return tuple(name for name in SystemUnderTest.model_fields if getattr(current, name) != getattr(candidate, name))
