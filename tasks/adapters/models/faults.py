"""What went wrong with a request, and what follows: try again, fail the row, or stop asking this provider?"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from tasks.domain.errors import FlywheelError, WrongInput


class Kind(Enum):
    """The kinds of fault, by what follows from them."""

    unreachable = "nobody answers"
    connection = "no connection"
    timeout = "no answer in time"
    server = "a server error"
    rate = "rate limited"
    garbage = "an answer that is no completion"
    absent = "there is no such thing"
    refused = "refused"
    quota = "the account's quota is used up"
    authentication = "no valid key"
    mistaken = "a mistake in the set-up"

    @property
    def passing(self) -> bool:
        """Another attempt may succeed."""
        return self in (Kind.unreachable, Kind.connection, Kind.timeout, Kind.server, Kind.rate, Kind.garbage)

    @property
    def final(self) -> bool:
        """No call to this provider can succeed."""
        return self in (Kind.quota, Kind.authentication, Kind.mistaken)

    @property
    def silent(self) -> bool:
        """The provider did not do its work: enough of these, for long enough, and it is down."""
        return self in (Kind.unreachable, Kind.connection, Kind.timeout, Kind.server, Kind.garbage)

    @property
    def crowded(self) -> bool:
        """The provider has more requests than it serves: fewer at a time may do better."""
        return self in (Kind.rate, Kind.server, Kind.timeout)

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
        "ClientHttpProxyError",
        "ClientPayloadError",
        "ClientResponseError",
        "ReadError",
        "RemoteProtocolError",
        "ServerDisconnectedError",
        "WriteError",
    }
)
"""Names of exceptions of httpx, aiohttp, OpenAI and LiteLLM: a list of classes would import all four."""
_UNREACHABLE = frozenset({"ClientConnectorDNSError", "ClientConnectorError", "ConnectError"})
"""Of those where there was no connection to begin with."""


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
    if "Missing credentials" in reason:
        return Kind.authentication
    if "LLM Provider NOT provided" in reason:
        return Kind.mistaken
    if isinstance(error, TimeoutError) or "Timeout" in names:
        return Kind.timeout
    if status in (401, 408, 429):
        return _kind_of_status(status, str(getattr(error, "body", "")) + reason)
    if any(isinstance(cause, json.JSONDecodeError) for cause in chain) or status == 200:
        return Kind.garbage
    if names & _UNREACHABLE:
        return Kind.unreachable
    if names & _CONNECTION or any(isinstance(cause, OSError) for cause in chain):
        return Kind.connection
    return _kind_of_status(status, reason) if isinstance(status, int) else Kind.refused


def fault_of_status(status: int, headers: Mapping[str, str], body: str) -> Fault:
    """The fault that an answer with an error's status tells of, in the words of its body."""
    reason = without_secrets(_words(body))[:300] or f"status {status}"
    return Fault(_kind_of_status(status, body), reason, retry_after=_seconds(headers))


def _kind_of_status(status: int, words: str) -> Kind:
    if status == 401:
        return Kind.authentication
    if status in (408, 504):
        return Kind.timeout
    if status == 429:
        return Kind.quota if "insufficient_quota" in words else Kind.rate
    if status in (404, 405):
        return Kind.absent
    return Kind.server if status >= 500 else Kind.refused


def _words(body: str) -> str:
    """The message of an error as OpenAI words it, and the field that it names; else the whole body."""
    try:
        error = json.loads(body)["error"]
        message, field = error["message"], error.get("param")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        message, field = body, None
    named = f" ({field})" if isinstance(field, str) and field not in str(message) else ""
    return " ".join(f"{message}{named}".split())


def refuses_format(fault: Fault) -> bool:
    """Whether an endpoint says that it does not know `response_format`."""
    words = ("response_format", "json_schema", "guided", "grammar")
    return fault.kind is Kind.refused and any(word in fault.reason.lower() for word in words)


def without_key(model: str, missing: Sequence[str], reason: str) -> Fault:
    """A provider wants a key: which environment variable is missing, or holds one that it refuses."""
    if missing:
        mistake = WrongInput(
            f"the provider of '{model}' wants a key, and {' and '.join(missing)} is not set",
            fix=f"Set it and run again: export {missing[0]}=…",
        )
    else:
        prefix = model.split("/", 1)[0] if "/" in model else "provider"
        mistake = WrongInput(
            f"the provider of '{model}' does not accept the key: {reason}",
            fix=f"Set {prefix.upper().replace('-', '_')}_API_KEY to a valid key and run again.",
        )
    return Fault(Kind.authentication, reason, mistake=mistake)


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
    return _seconds(headers)


def _seconds(headers: Mapping[str, Any]) -> float | None:
    said = {name.lower().removeprefix("llm_provider-"): str(value) for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(said[name]) / unit)
        except (KeyError, ValueError):
            pass
    try:
        return max(0.0, (parsedate_to_datetime(said["retry-after"]) - datetime.now(UTC)).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def told(error: BaseException) -> str:
    """An error's words on one line, short, without LiteLLM's class names and without secrets."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"^(?:litellm\.\w+: )?(?:\w*(?:Error|Timeout|Exception)(?: Error)?: )*(?:\w+Exception - )?", "", text)
    text = re.sub(r" ssl:(?:<[^>]*>|default|True|False)", "", text)
    return without_secrets(text)[:300]


def without_secrets(text: str) -> str:
    """The text with every key taken out: those of the environment, and whatever else looks like one.

    Providers repeat a refused key in their message.
    """
    text = without_own_keys(text)
    return re.sub(r"\b(?:sk|pk|rk|hf|gsk|xai|AIza)[-_][\w*-]{6,}|(?<=Bearer )[\w.*-]{8,}", "[key]", text)


def without_own_keys(text: str) -> str:
    """The text with the keys of the environment taken out, and every other word as it is."""
    for name, value in os.environ.items():
        if len(value) >= 8 and value in text and _KEY_NAME.search(name):
            text = text.replace(value, f"[{name}]")
    return text


_KEY_NAME = re.compile("KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL")
