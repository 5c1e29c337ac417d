"""What went wrong with a request, and what follows: try again, fail the row, or stop asking this provider?"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from tasks.domain.errors import FlywheelError


class Kind(Enum):
    """The kinds of fault, by what follows from them."""

    connection = "no connection"
    timeout = "no answer in time"
    server = "a server error"
    rate = "rate limited"
    garbage = "an answer that is no completion"
    refused = "refused"
    quota = "the account's quota is used up"
    authentication = "no valid key"
    mistaken = "a mistake in the set-up"

    @property
    def passing(self) -> bool:
        """Another attempt may succeed."""
        return self in (Kind.connection, Kind.timeout, Kind.server, Kind.rate, Kind.garbage)

    @property
    def final(self) -> bool:
        """No call to this provider can succeed."""
        return self in (Kind.quota, Kind.authentication, Kind.mistaken)

    @property
    def silent(self) -> bool:
        """The provider did not do its work: enough of these in a row, and it is down."""
        return self in (Kind.connection, Kind.timeout, Kind.server)

    @property
    def charged(self) -> bool:
        """The provider may have done the work, and may charge for it."""
        return self in (Kind.timeout, Kind.garbage)


class Fault(Exception):
    """One failed request. `retry_after` is the provider's own word, in seconds."""

    def __init__(
        self, kind: Kind, reason: str, *, retry_after: float | None = None, mistake: FlywheelError | None = None
    ) -> None:
        super().__init__(f"{kind.value}: {reason}")
        self.kind = kind
        self.reason = reason
        self.retry_after = retry_after
        self.mistake = mistake


_CONNECTION = frozenset(
    {
        "APIConnectionError",
        "ClientConnectorDNSError",
        "ClientConnectorError",
        "ConnectError",
        "ReadError",
        "RemoteProtocolError",
        "ServerDisconnectedError",
        "WriteError",
    }
)
"""Names of exceptions of httpx, aiohttp, OpenAI and LiteLLM: a list of classes would import all four."""


def fault_of(error: BaseException, *, in_process: bool = False) -> Fault:
    """The fault behind an exception of LiteLLM, or of what it runs on.

    LiteLLM folds most failures into a few classes with status 500, so the chain of causes is read as well. A provider
    in this process has no network that could mend itself: its errors fail the row.
    """
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, Fault):
            return cause
        if isinstance(cause, FlywheelError):
            return Fault(Kind.mistaken, cause.message, mistake=cause)
    reason = told(error)
    if in_process:
        return Fault(Kind.refused, reason)
    return Fault(_kind(error, chain, reason), reason, retry_after=retry_after(error))


def _kind(error: BaseException, chain: list[BaseException], reason: str) -> Kind:
    status = getattr(error, "status_code", None)
    names = {type(cause).__name__ for cause in chain}
    if "Missing credentials" in reason or status == 401:
        return Kind.authentication
    if "LLM Provider NOT provided" in reason:
        return Kind.mistaken
    if isinstance(error, TimeoutError) or status == 408 or "Timeout" in names:
        return Kind.timeout
    if status == 429:
        return Kind.quota if "insufficient_quota" in str(getattr(error, "body", "")) + reason else Kind.rate
    if any(isinstance(cause, json.JSONDecodeError) for cause in chain) or status == 200:
        return Kind.garbage
    if names & _CONNECTION or any(isinstance(cause, OSError) for cause in chain):
        return Kind.connection
    return Kind.server if isinstance(status, int) and status >= 500 else Kind.refused


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(12):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait as the provider's headers say it: a number, or a date as HTTP writes it."""
    response = getattr(error, "response", None)
    headers: Mapping[str, Any] = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", {})
    said = next((str(value) for name, value in headers.items() if name.lower().endswith("retry-after")), None)
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def told(error: BaseException) -> str:
    """An error's words on one line, short, without LiteLLM's class names and without secrets."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"^(?:litellm\.\w+: )?(?:\w*(?:Error|Timeout|Exception)(?: Error)?: )*(?:\w+Exception - )?", "", text)
    text = re.sub(r" ssl:<[^>]*>", "", text)
    return without_secrets(text)[:300]


def without_secrets(text: str) -> str:
    """The text with every key taken out: those of the environment, and whatever else looks like one.

    Providers repeat a refused key in their message.
    """
    for name, value in os.environ.items():
        if len(value) >= 8 and re.search(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", name):
            text = text.replace(value, f"[{name}]")
    return re.sub(r"\b(?:sk|pk|rk|hf|gsk|xai|AIza)[-_][\w*-]{6,}|(?<=Bearer )[\w.*-]{8,}", "[key]", text)
