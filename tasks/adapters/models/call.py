"""What is asked of a model, and what came back? `Call` is known by its content, `Reply` is an answer or a reason."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Any, Self
from urllib.parse import urlsplit

from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash, canonical_json, content_hash
from tasks.domain.verdict import Status

NUMBERS = frozenset({"temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty"})
PARAMETERS = NUMBERS | {
    "extra_body",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "parallel_tool_calls",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "verbosity",
}
"""What may steer a model. Keys, headers and timeouts are not among them: they never enter a key or the cache."""


@dataclass(frozen=True, eq=False)
class Call:
    """Everything that one model call shows to the model and that steers it.

    `replicate` tells repetitions of one question apart. `row` is the caller's own name for the row and no part of the
    call: two rows that ask the same share one call.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    params: Mapping[str, Any] = field(default_factory=dict)
    api_base: str | None = None
    replicate: int = 0
    row: str | None = None

    def __post_init__(self) -> None:
        """Settles the one form that equal calls have in common. Raises WrongInput."""
        for name in self.params:
            if name not in PARAMETERS:
                nearest = difflib.get_close_matches(name, sorted(PARAMETERS), n=1, cutoff=0)[0]
                raise WrongInput(
                    f"'{name}' is not a parameter that steers a model",
                    fix=f"Did you mean '{nearest}'? Keys come from the environment, never from a call.",
                )
        if self.api_base is not None:
            _refuse_secrets(self.api_base)
        params = {
            name: float(value) if name in NUMBERS else value for name, value in self.params.items() if value is not None
        }
        object.__setattr__(self, "params", params)
        object.__setattr__(self, "messages", tuple(self.messages))

    @cached_property
    def key(self) -> str:
        """The row cache's key: the hash of all that the model sees and that steers it."""
        return content_hash(
            {
                "model": self.model,
                "api_base": self.endpoint,
                "messages": self._message_parts[0],
                "params": self._params_part[0],
                "replicate": self.replicate,
            }
        )

    @property
    def endpoint(self) -> str | None:
        """The address that answers. A folder is none: it says where a model that is known by its hash lies here."""
        return self.api_base if self.api_base is not None and "://" in self.api_base else None

    @property
    def message_hashes(self) -> tuple[str, ...]:
        """The hash of each message; what a verdict carries to lead back to its words."""
        return self._message_parts[0]

    @property
    def params_hash(self) -> str:
        return self._params_part[0]

    @property
    def parts(self) -> dict[str, bytes]:
        """The canonical JSON of each message and of the parameters, by hash."""
        hashes, bodies = self._message_parts
        return {**dict(zip(hashes, bodies, strict=True)), self._params_part[0]: self._params_part[1]}

    @property
    def size(self) -> int:
        """The bytes that the model is shown: no text has more tokens than bytes."""
        return sum(map(len, self._message_parts[1])) + len(self._params_part[1])

    @cached_property
    def _message_parts(self) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
        parts = [_part(message) for message in self.messages]
        return tuple(part for part, _ in parts), tuple(body for _, body in parts)

    @cached_property
    def _params_part(self) -> tuple[str, bytes]:
        return _part(self.params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a text or tool calls, or the reason for having neither.

    Cost, tokens and latency are those of the requests that made the reply, also when it comes from the cache: a table
    of replies is the same whether they were made today or kept. `spent_usd` is what was paid for it now.
    """

    text: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float | None = None
    latency_ms: float = 0.0
    model: str | None = None
    fingerprint: str | None = None
    requests: int = 0
    cached: bool = False
    """Nothing was requested for this row: the reply was kept, or another row of the run asked the same."""
    status: Status | None = None
    reason: str | None = None

    @classmethod
    def none(cls, status: Status, reason: str, *, requests: int = 0, cost_usd: float | None = None) -> Self:
        """No answer, and why: `failed` where the model was asked, `skipped` where it was not."""
        return cls(status=status, reason=reason, requests=requests, cost_usd=cost_usd)

    @property
    def answered(self) -> bool:
        return self.status is None

    @property
    def spent_usd(self) -> float:
        return 0.0 if self.cached else self.cost_usd or 0.0

    def kept(self) -> dict[str, Any]:
        """The reply as plain JSON, without what depends on how it was reached."""
        return {
            part.name: getattr(self, part.name)
            for part in fields(self)
            if part.name not in ("cached", "status", "reason") and getattr(self, part.name) != part.default
        }

    @classmethod
    def of_kept(cls, plain: Mapping[str, Any]) -> Self:
        """A reply from the cache."""
        return cls(**{**plain, "tool_calls": tuple(plain.get("tool_calls", ())), "cached": True})


def _part(part: Mapping[str, Any]) -> tuple[str, bytes]:
    """The hash of a message or of parameters, and the canonical JSON that it is the hash of."""
    if not isinstance(part, Mapping):
        raise TypeError(f"a message is a mapping of plain JSON values, not a {type(part).__name__}")
    if part.keys() == {"role", "content"} and isinstance(part["content"], str):
        return _text_part(part["role"], part["content"])
    body = canonical_json(part).encode("utf-8", "surrogatepass")
    return bytes_hash(body), body


@lru_cache(maxsize=64)
def _text_part(role: str, content: str) -> tuple[str, bytes]:
    """Of a message of plain text. A judge's long instructions are the same in thousands of calls."""
    body = canonical_json({"role": role, "content": content}).encode("utf-8", "surrogatepass")
    return bytes_hash(body), body


def _refuse_secrets(api_base: str) -> None:
    """An address is part of the key, so it must hold no password. Raises WrongInput, without repeating it."""
    try:
        address = urlsplit(api_base)
    except ValueError as error:
        raise WrongInput(f"an api_base is no address: {error}", fix="Write http://127.0.0.1:8000/v1.") from None
    if address.username or address.password or address.query:
        raise WrongInput(
            f"the address of {address.hostname} holds a user, a password or a query",
            fix="Give the bare address, and the key in the provider's environment variable.",
        )
