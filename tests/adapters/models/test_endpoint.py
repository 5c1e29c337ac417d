"""To a real server on loopback, by either door: what it says comes back, and each fault has its consequence."""

import json
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.providers import Doors, LiteLLM, quiet_litellm
from tasks.adapters.models.replies import fitting, json_format
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.verdict import Accounting, Status
from tests.adapters.models.doubles import Endpoint, asking, error, ok

Make = Callable[..., Gateway]
SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["pass", "fail"]}}, "required": ["verdict"]}
PROVIDERS = ["hosted_vllm/fixed", "openai/fixed"]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HOSTED_VLLM_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=[Doors, LiteLLM])
def gateway(gateway: Make, request: pytest.FixtureRequest) -> Make:
    """Gateways by the lean path, and by LiteLLM's."""

    def make(*budget: Budget, providers: Any = None, **rest: Any) -> Gateway:
        return gateway(*budget, door=request.param(providers or {}), **rest)

    return make


def one(served: Gateway, call: Call) -> Reply:
    [(_, reply)] = served.run([call])
    return reply


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_reply_comes_back_with_its_usage(gateway: Make, endpoint: Endpoint, model: str) -> None:
    priced = gateway(Budget(price_per_million={"*": (1.0, 10.0)}))
    reply = one(priced, asking("hello", model, api_base=endpoint.url, params={"temperature": 0, "seed": 7}))
    assert reply.text == "echo hello"
    assert (reply.prompt_tokens, reply.completion_tokens) == (100, 10)
    assert (reply.model, reply.fingerprint, reply.finish_reason) == ("served-model", "fp-1", "stop")
    assert reply.cost_usd == pytest.approx(100e-6 + 100e-6)
    assert reply.latency_ms > 0
    sent = endpoint.requests[0].body
    assert (sent["model"], sent["temperature"], sent["seed"]) == ("fixed", 0, 7)
    assert sent["messages"] == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("model", PROVIDERS)
def test_tool_calls_come_back(gateway: Make, endpoint: Endpoint, model: str) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}}
    endpoint.script["hello"] = [ok(None, tool_calls=[call])]
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
    reply = one(gateway(), asking("hello", model, api_base=endpoint.url, params={"tools": tools}))
    assert reply.tool_calls[0]["function"] == call["function"]
    assert endpoint.requests[0].body["tools"] == tools


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize(
    "fault",
    [
        error(429, "slow down"),
        error(500),
        error(503),
        error(408),
        (200, {}, "<html>a proxy's page</html>"),
        (200, {}, '{"choices": ['),
        "drop",
    ],
)
def test_a_fault_that_passes_is_tried_again(gateway: Make, endpoint: Endpoint, model: str, fault: Any) -> None:
    endpoint.script["hello"] = [fault, fault]
    reply = one(gateway(), asking("hello", model, api_base=endpoint.url))
    assert (reply.text, reply.requests, len(endpoint.requests)) == ("echo hello", 3, 3)


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
def test_what_is_refused_fails_its_row_with_the_reason(
    gateway: Make, endpoint: Endpoint, model: str, status: int
) -> None:
    endpoint.script["hello"] = [error(status, "the context is too long")] * 3
    served = gateway()
    replies = dict(served.run([asking(text, model, api_base=endpoint.url) for text in ("hello", "fine")]))
    failed, fine = sorted(replies.values(), key=lambda reply: reply.answered)
    assert (failed.status, failed.requests) == (Status.failed, 1)
    assert fine.text == "echo fine"
    served.raise_if_stopped()


def test_retry_after_is_obeyed(gateway: Make, endpoint: Endpoint) -> None:
    endpoint.script["hello"] = [error(429, Retry_After="0.3")]
    assert one(gateway(), asking("hello", api_base=endpoint.url)).text == "echo hello"
    first, second = endpoint.requests
    assert second.at - first.at >= 0.3


def test_a_hanging_call_is_tried_again_after_its_timeout(gateway: Make, endpoint: Endpoint) -> None:
    endpoint.script["hello"] = ["hang"]
    reply = one(gateway(timeout=0.3), asking("hello", api_base=endpoint.url))
    assert (reply.text, reply.requests) == ("echo hello", 2)


def test_a_call_that_always_hangs_fails_with_the_reason(gateway: Make, endpoint: Endpoint) -> None:
    endpoint.script["hello"] = ["hang"] * 2
    reply = one(gateway(timeout=0.2, retries=1), asking("hello", api_base=endpoint.url))
    assert reply.status is Status.failed
    assert "no answer in time" in (reply.reason or "")


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_refused_connection_is_noticed_early(gateway: Make, model: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    served = gateway(concurrency=4)
    replies = [reply for _, reply in served.run(asking(f"row {n}", model, api_base=address) for n in range(200))]
    assert served.tally.requests <= 12
    assert sum(reply.status is Status.skipped for reply in replies) > 180
    with pytest.raises(Unfinished) as caught:
        served.raise_if_stopped()
    assert address in caught.value.message


def test_a_missing_key_is_named(gateway: Make) -> None:
    served = gateway(Budget(usd_per_day=5))
    assert not one(served, asking("hello", "openai/gpt-4o-mini", params={"max_tokens": 5})).answered
    with pytest.raises(WrongInput, match="OPENAI_API_KEY is not set"):
        served.raise_if_stopped()


def test_a_refused_key_is_named_and_not_shown(
    gateway: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-word")
    endpoint.script["hello"] = [error(401, "Incorrect API key provided: very-secret-word")]
    served = gateway()
    reply = one(served, asking("hello", "openai/fixed", api_base=endpoint.url))
    assert "very-secret-word" not in str(reply)
    with pytest.raises(WrongInput, match="OPENAI_API_KEY") as caught:
        served.raise_if_stopped()
    assert "very-secret-word" not in str(caught.value)


def test_a_used_up_account_stops_the_run(gateway: Make, endpoint: Endpoint) -> None:
    for number in range(50):
        endpoint.script[f"row {number}"] = [error(429, "You exceeded your quota", code="insufficient_quota")] * 9
    served = gateway(concurrency=2)
    list(served.run(asking(f"row {number}", api_base=endpoint.url) for number in range(50)))
    assert len(endpoint.requests) <= 4
    with pytest.raises(Unfinished, match="quota"):
        served.raise_if_stopped()


def test_a_model_without_a_provider_is_explained(gateway: Make, endpoint: Endpoint) -> None:
    served = gateway()
    assert not one(served, asking("hello", "fixed", api_base=endpoint.url)).answered
    with pytest.raises(WrongInput, match="no provider for the model 'fixed'"):
        served.raise_if_stopped()


@pytest.mark.parametrize("model", PROVIDERS)
def test_the_schema_is_sent_to_an_endpoint_of_ones_own(gateway: Make, endpoint: Endpoint, model: str) -> None:
    endpoint.script["judge"] = [ok('{"verdict": "fail"}')]
    call = asking("judge", model, api_base=endpoint.url, params={"response_format": json_format(SCHEMA)})
    [answer] = gateway().ask([call], fitting(SCHEMA))
    assert answer.value == {"verdict": "fail"}
    assert endpoint.requests[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_an_endpoint_that_does_not_know_the_schema_is_asked_without(gateway: Make, endpoint: Endpoint) -> None:
    refusal = error(400, "unknown field: response_format")
    endpoint.script["judge"] = [refusal, ok('{"verdict": "fail"}')]
    endpoint.script["again"] = [ok('{"verdict": "pass"}')]
    served = gateway()
    form = {"response_format": json_format(SCHEMA)}
    for text, verdict in (("judge", "fail"), ("again", "pass")):
        [answer] = served.ask([asking(text, api_base=endpoint.url, params=form)], fitting(SCHEMA))
        assert answer.value == {"verdict": verdict}
    assert ["response_format" in request.body for request in endpoint.requests] == [True, False, False]


def test_a_garbled_reply_is_repaired_by_showing_it(gateway: Make, endpoint: Endpoint) -> None:
    endpoint.script["judge"] = [ok("I think it is quite {good, mostly")]

    form = {"response_format": json_format(SCHEMA)}
    served = gateway(retries=0)
    [answer] = served.ask([asking("judge", api_base=endpoint.url, params=form)], fitting(SCHEMA))
    second = endpoint.requests[1].body["messages"]
    assert [message["role"] for message in second] == ["user", "assistant", "user"]
    assert second[1]["content"] == "I think it is quite {good, mostly"
    assert "cannot be used" in second[2]["content"]
    assert json.loads(second[2]["content"].split("\n\n")[-1]) == SCHEMA
    assert answer.status is Status.failed  # the endpoint echoes the repair's words, which are no verdict


def test_a_fifth_of_faults_still_accounts_for_every_row(gateway: Make, endpoint: Endpoint) -> None:
    faults = [error(429, Retry_After="0.01"), error(503), ok("garbage {"), ok("")]
    for number in range(0, 120, 5):
        endpoint.script[f"row {number}"] = [faults[number // 5 % 4]]
    parse = fitting({"type": "object"})
    calls = [asking(f"row {number}", api_base=endpoint.url) for number in range(120)]
    for call in calls:
        text = str(call.messages[0]["content"])
        endpoint.script.setdefault(text, []).append(ok('{"row": 1}'))
    served = gateway()
    answers = list(served.ask(calls, parse))
    accounting = Accounting.of(answer.status for answer in answers)
    assert accounting.n == 120
    assert accounting.judged >= 108
    assert served.tally.rows == served.tally.sent == 120
    assert {answer.call.key for answer in answers} == {call.key for call in calls}


def test_no_key_is_in_the_cache(
    gateway: Make, endpoint: Endpoint, cache: CallCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-word")
    endpoint.script["refused"] = [error(400, "bad key very-secret-word")]
    list(gateway().run(asking(text, "openai/fixed", api_base=endpoint.url) for text in ("hello", "refused")))
    assert endpoint.requests[0].headers["Authorization"] == "Bearer very-secret-word"
    folder: Path = cache.database.path.parent
    contents = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"echo hello" in contents
    assert b"very-secret-word" not in contents


def test_a_provider_in_this_process_is_registered_once_and_only_when_needed(gateway: Make) -> None:
    litellm = quiet_litellm()
    registered = []

    class Parrot(litellm.CustomLLM):  # type: ignore[name-defined,misc]  # litellm's types are not read
        async def acompletion(self, model: str, messages: list[dict[str, Any]], model_response: Any, **_: Any) -> Any:
            if model == "missing":
                raise WrongInput("there is no such parrot")
            if model == "broken":
                raise ValueError("it only squawks")
            model_response.choices[0].message.content = f"{model} says {messages[-1]['content']}"
            model_response.usage = litellm.Usage(prompt_tokens=5, completion_tokens=3, total_tokens=8)
            return model_response

    def register() -> None:
        registered.append("parrot")
        litellm.custom_provider_map = [{"provider": "parrot", "custom_handler": Parrot()}]
        litellm.utils.custom_llm_setup()

    served = gateway(providers={"parrot": register})
    assert registered == []
    replies = [one(served, asking(text, "parrot/grey", api_base="/models")) for text in ("a", "b")]
    assert [reply.text for reply in replies] == ["grey says a", "grey says b"]
    assert replies[0].completion_tokens == 3
    assert registered == ["parrot"]
    broken = one(served, asking("a", "parrot/broken"))
    assert (broken.status, broken.requests) == (Status.failed, 1)
    assert "it only squawks" in (broken.reason or "")
    assert not one(served, asking("a", "parrot/missing")).answered
    with pytest.raises(WrongInput, match="no such parrot"):
        served.raise_if_stopped()


def test_a_door_is_quiet(
    gateway: Make, endpoint: Endpoint, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.script["hello"] = [error(500), error(400, "no")]
    with caplog.at_level(logging.WARNING):
        one(gateway(), asking("hello", api_base=endpoint.url))
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_the_users_own_environment_goes_before_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.delenv("LITELLM_LOCAL_MODEL_COST_MAP", raising=False)
    quiet_litellm()
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
