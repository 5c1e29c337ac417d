"""A provider's failure is told apart by what follows from it, and no key is ever repeated."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tasks.adapters.models.faults import Fault, Kind, fault_of, retry_after, told, without_secrets
from tasks.domain.errors import WrongInput


class ProviderError(Exception):
    """An error as LiteLLM shapes it."""

    def __init__(self, message: str, status: int | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status_code = status
        self.litellm_response_headers = headers


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderError("slow down", 429), Kind.rate),
        (ProviderError('{"code": "insufficient_quota"}', 429), Kind.quota),
        (ProviderError("overloaded", 503), Kind.server),
        (ProviderError("too long", 400), Kind.refused),
        (ProviderError("moderated", 403), Kind.refused),
        (ProviderError("who are you", 401), Kind.authentication),
        (ProviderError("took too long", 408), Kind.timeout),
        (ProviderError("a bug of LiteLLM's"), Kind.refused),
        (TimeoutError(), Kind.timeout),
    ],
)
def test_a_status_says_what_follows(error: Exception, kind: Kind) -> None:
    assert fault_of(error).kind is kind


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ConnectionRefusedError("refused"), Kind.connection),
        (json.JSONDecodeError("Expecting value", "<html>", 0), Kind.garbage),
    ],
)
def test_a_cause_goes_before_a_status_of_500(cause: Exception, kind: Kind) -> None:
    error = ProviderError("Internal", 500)
    error.__cause__ = cause
    assert fault_of(error).kind is kind


def test_a_users_mistake_inside_a_provider_is_kept_whole() -> None:
    mistake = WrongInput("there is no artifact b2-7", fix="Train it first.")
    error = ProviderError("wrapped", 500)
    error.__cause__ = mistake
    fault = fault_of(error, in_process=True)
    assert (fault.kind, fault.mistake) == (Kind.mistaken, mistake)


def test_a_provider_in_this_process_is_not_tried_again() -> None:
    assert fault_of(ProviderError("broken", 500), in_process=True).kind is Kind.refused
    assert not Kind.refused.passing


def test_a_fault_stays_what_it_is() -> None:
    fault = Fault(Kind.rate, "slow down", retry_after=3)
    assert fault_of(fault) is fault


@pytest.mark.parametrize("name", ["retry-after", "Retry-After", "llm_provider-retry-after"])
def test_retry_after_may_be_seconds(name: str) -> None:
    assert retry_after(ProviderError("slow", 429, {name: "2.5"})) == 2.5


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    found = retry_after(ProviderError("slow", 429, {"retry-after": date}))
    assert found is not None
    assert 90 < found <= 100


@pytest.mark.parametrize("headers", [None, {}, {"retry-after": "soon"}])
def test_no_word_of_when_is_none(headers: dict[str, str] | None) -> None:
    assert retry_after(ProviderError("slow", 429, headers)) is None


def test_a_reason_is_short_and_without_litellms_class_names() -> None:
    error = Exception("litellm.InternalServerError: InternalServerError: OpenAIException - \n  upstream   failed")
    assert told(error) == "upstream failed"
    assert len(told(Exception("x" * 5000))) == 300
    assert told(ValueError()) == "ValueError"


def test_a_reason_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "plain-looking-words")
    text = without_secrets("key plain-looking-words or sk-abc123def456 refused; Authorization: Bearer abcdefgh1234")
    assert "plain-looking-words" not in text
    assert "abc123" not in text
    assert "abcdefgh1234" not in text
    assert "[SOME_API_KEY]" in text
