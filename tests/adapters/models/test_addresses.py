"""A model that an address serves needs no provider before its name; what runs on this machine costs nothing."""

import pytest

from tasks.adapters.models.addresses import named_model, own_price
from tasks.domain.errors import WrongInput

HERE = "http://127.0.0.1:8000/v1"
ELSEWHERE = "https://models.example.org/v1"


@pytest.mark.parametrize(
    ("model", "api_base", "named"),
    [
        ("my-model", HERE, "hosted_vllm/my-model"),
        ("Qwen/Qwen3-8B", ELSEWHERE, "hosted_vllm/Qwen/Qwen3-8B"),
        ("hosted_vllm/my-model", HERE, "hosted_vllm/my-model"),
        ("openai/gpt-4o-mini", HERE, "openai/gpt-4o-mini"),
        ("anthropic/claude-haiku-4-5", ELSEWHERE, "anthropic/claude-haiku-4-5"),
        ("gpt-4o-mini", None, "gpt-4o-mini"),
        ("embedded/agent@b2-1", "models", "embedded/agent@b2-1"),
    ],
)
def test_a_served_name_gets_the_protocol_as_its_provider(model: str, api_base: str | None, named: str) -> None:
    assert named_model(model, api_base) == named


@pytest.mark.parametrize("model", ["my-model", "openai/gpt-4o-mini", "embedded"])
@pytest.mark.parametrize(
    ("api_base", "found"),
    [
        ("127.0.0.1:8000/v1", "no http://"),
        ("localhost:8000/v1", "no http://"),
        ("", "no http://"),
        ("ftp://127.0.0.1/v1", "no http://"),
        ("http://[::1", "host and port"),
        ("http:///v1", "host and port"),
        ("http://127.0.0.1:port/v1", "host and port"),
        ("https://user:secret@[::1", "host and port"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(model: str, api_base: str, found: str) -> None:
    with pytest.raises(WrongInput, match=found) as caught:
        named_model(model, api_base)
    assert "http://127.0.0.1:8000/v1" in (caught.value.fix or "")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "[::1]"])
def test_a_model_of_ones_own_on_this_machine_is_free(host: str) -> None:
    assert own_price("hosted_vllm/my-model", f"http://{host}:8000/v1") == 0.0


@pytest.mark.parametrize(
    ("model", "api_base"),
    [
        ("hosted_vllm/my-model", ELSEWHERE),
        ("hosted_vllm/my-model", "http://10.0.0.7:8000/v1"),
        ("hosted_vllm/my-model", "http://127.0.0.1.example.org/v1"),
        ("openai/gpt-4o-mini", HERE),
        ("openai/gpt-4o-mini", None),
    ],
)
def test_what_a_price_list_knows_or_runs_elsewhere_is_not_free(model: str, api_base: str | None) -> None:
    assert own_price(model, api_base) is None
