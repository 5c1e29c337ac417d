"""The lean path tells a server, and the user, what LiteLLM's path tells them; and it is lean."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import PARAMETERS, Call
from tasks.adapters.models.completions import finish_reason
from tasks.adapters.models.faults import Fault, Kind, fault_of_status, refuses_format
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.openai_protocol import OpenAIProtocol
from tasks.adapters.models.plain_calls import speaks_plainly
from tasks.adapters.models.prices import price_map
from tasks.adapters.models.providers import STEERING, Door, Doors, LiteLLM, quiet_litellm
from tasks.adapters.models.replies import json_format
from tasks.adapters.models.runs import Tally
from tasks.domain.errors import FlywheelError
from tests.adapters.models.doubles import Endpoint, Step, asking, error, ok

PROVIDERS = ["hosted_vllm/fixed", "openai/fixed"]
KEYS = ("HOSTED_VLLM_API_KEY", "OPENAI_API_KEY")
SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["pass", "fail"]}}, "required": ["verdict"]}
LOOK_UP = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}}
TOOL = {"type": "function", "function": {"name": "look_up", "description": "Looks up", "parameters": SCHEMA}}


@dataclass(frozen=True)
class Outcome:
    """All that a server saw of a call, and all that the user saw of its reply."""

    bodies: list[dict[str, Any]]
    authorizations: list[str | None]
    kinds: list[str | None]
    reply: dict[str, Any]
    reason: str | None
    tally: Tally
    error: tuple[type[FlywheelError], str | None] | None


Ask = Callable[[Door, Call, list[Step]], Outcome]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, *STEERING):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    served = Endpoint()
    yield served
    served.close()


@pytest.fixture
def endpoint(server: Endpoint) -> Endpoint:
    """One server for all tests, as good as new for each."""
    server.requests.clear()
    server.peers.clear()
    server.script, server.latency = {}, 0.0
    return server


@pytest.fixture
def ask(endpoint: Endpoint, tmp_path: Path) -> Iterator[Ask]:
    """Makes a call through a gateway with an empty cache; the endpoint takes the steps, and then echoes."""
    caches: list[CallCache] = []

    def outcome(door: Door, call: Call, steps: list[Step]) -> Outcome:
        caches.append(CallCache(tmp_path / f"{len(caches)}.sqlite"))
        endpoint.requests.clear()
        endpoint.script = {str(call.messages[-1]["content"]): list(steps)}
        budget = Budget(price_per_million={"*": (1.0, 10.0)})
        served = Gateway(caches[-1], budget, retries=1, backoff=0.001, timeout=5, door=door)
        [(_, reply)] = served.run([call])
        return Outcome(
            bodies=[request.body for request in endpoint.requests],
            authorizations=[request.headers.get("Authorization") for request in endpoint.requests],
            kinds=[request.headers.get("Content-Type") for request in endpoint.requests],
            reply={name: value for name, value in reply.kept().items() if name != "latency_ms"},
            reason=reply.reason and reply.reason.split(":")[0],
            tally=served.tally,
            error=told(served),
        )

    yield outcome
    for cache in caches:
        cache.close()


def told(served: Gateway) -> tuple[type[FlywheelError], str | None] | None:
    try:
        served.raise_if_stopped()
    except FlywheelError as raised:
        return type(raised), raised.fix
    return None


def said(message: dict[str, Any] | None = None, finish: str | None = "stop", **top: Any) -> Step:
    """A completion with parts of its own."""
    completion = {**json.loads(ok("hello", **message or {})[2]), **top}
    completion["choices"][0]["finish_reason"] = finish
    return 200, {}, json.dumps(completion)


def usage(**parts: Any) -> Step:
    return said(usage={"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, **parts})


def tool_call(**parts: Any) -> Step:
    return said({"content": None, "tool_calls": [{**LOOK_UP, **parts}]}, "tool_calls")


BEHAVIOURS: dict[str, list[Step]] = {
    "an echo": [],
    "thoughts beside the text": [said({"reasoning_content": "well"})],
    "thoughts in the text": [said({"content": "<think>well</think> yes"})],
    "thoughts in the text and beside it": [said({"content": "<think>well</think> yes", "reasoning": "well"})],
    "nothing but thoughts": [said({"content": None, "reasoning_content": "well"})],
    "no content": [ok(None)],
    "empty content": [ok("")],
    "no role": [said({"role": None})],
    "a refusal": [said({"content": None, "refusal": "no"})],
    "a tool call": [tool_call()],
    "a tool call that stops": [said({"content": None, "tool_calls": [LOOK_UP]})],
    "a tool call cut off": [said({"tool_calls": [LOOK_UP]}, "length")],
    "a tool call with a place": [tool_call(index=0, more=None)],
    "arguments as a mapping": [tool_call(function={"name": "look_up", "arguments": {"id": 7}})],
    "arguments that are no JSON": [tool_call(function={"name": "look_up", "arguments": "{oops"})],
    "no arguments": [tool_call(function={"name": "look_up"})],
    "a custom tool's call": [tool_call(type="custom", function=None, custom={"name": "look_up", "input": "7"})],
    "no tool calls": [said({"tool_calls": []})],
    "cut off": [said(finish="length")],
    "filtered": [said(finish="content_filter")],
    "no finish": [said(finish=None)],
    "an unknown finish": [said(finish="whatever")],
    "no usage": [said(usage=None)],
    "half of usage": [said(usage={"prompt_tokens": 3})],
    "details of usage": [
        usage(prompt_tokens_details={"cached_tokens": 40}, completion_tokens_details={"reasoning_tokens": 30})
    ],
    "no details of usage": [usage(prompt_tokens_details=None, completion_tokens_details={"reasoning_tokens": None})],
    "usage as DeepSeek says it": [usage(prompt_cache_hit_tokens=60, reasoning_tokens=20)],
    "usage as Anthropic says it": [usage(cache_read_input_tokens=60, cache_creation_input_tokens=7)],
    "no model": [said(model=None, system_fingerprint=None)],
    "an error that means nothing": [said(error={})],
    "an error with a good status": [(200, {}, '{"error": {"message": "no"}}')] * 2,
    "a limit with a good status": [(200, {}, '{"error": {"message": "slow down", "code": 429}}')] * 2,
    "a status of 201": [(201, {}, ok("yes")[2])],
    "no body": [(200, {}, "")] * 2,
    "a page": [(200, {}, "<html>a proxy's page</html>")] * 2,
    "half of a body": [(200, {}, '{"choices": [')] * 2,
    "a limit, then an answer": [error(429, Retry_After="0.01")],
    "a limit that lasts": [error(429, Retry_After="0.01")] * 2,
    "a limit for long": [error(429, Retry_After="400")],
    "a limit until a date": [error(429, Retry_After="Fri, 31 Dec 2100 23:59:59 GMT")],
    "a quota that is used up": [error(429, "quota", code="insufficient_quota")],
    "a key that is refused": [error(401, "Incorrect API key provided: sk-abcdef123456")],
    "a dropped connection": ["drop"],
    "connections that drop": ["drop", "drop"],
    "a redirect that asks again": [(307, {"Location": "/v1/chat/completions"}, "")],
    "a redirect to a page": [(302, {"Location": "/v1/chat/completions"}, "")],
    "not modified": [(304, {}, "")],
    "an error without JSON": [(400, {}, "<html>no</html>")],
    "an error without a word": [(400, {}, "")],
    **{
        f"a status of {status}": [error(status)] * 2
        for status in (400, 402, 403, 404, 408, 409, 413, 500, 502, 503, 504)
    },
}
SECOND_QUESTIONS: dict[str, list[Step]] = {"a status of 422": [error(422)]}
"""Here LiteLLM itself asks twice under `openai/`, and loses the reason. The lean path asks once, and tells it."""


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_both_paths_tell_the_same(ask: Ask, model: str, behaviour: str, endpoint: Endpoint) -> None:
    call = asking(behaviour, model, api_base=endpoint.url, params={"temperature": 0, "max_tokens": 100})
    lean = ask(OpenAIProtocol(), call, BEHAVIOURS[behaviour])
    assert lean == ask(LiteLLM({}), call, BEHAVIOURS[behaviour])
    assert lean.bodies


@pytest.mark.parametrize("behaviour", SECOND_QUESTIONS)
def test_what_cannot_be_processed_is_asked_once(ask: Ask, behaviour: str, endpoint: Endpoint) -> None:
    steps = SECOND_QUESTIONS[behaviour] * 2
    vllm, openai = (asking(behaviour, model, api_base=endpoint.url) for model in PROVIDERS)
    assert ask(OpenAIProtocol(), vllm, steps) == ask(LiteLLM({}), vllm, steps)
    lean, other = ask(OpenAIProtocol(), openai, steps), ask(LiteLLM({}), openai, steps)
    assert (len(lean.bodies), len(other.bodies)) == (1, 2)
    assert (lean.reply, lean.reason, lean.error) == (other.reply, other.reason, other.error)


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("answer", [401, 200])
def test_both_paths_use_the_same_key(
    ask: Ask, model: str, answer: int, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, f"secret of {name}")
    steps = [error(401, "no: secret of OPENAI_API_KEY, secret of HOSTED_VLLM_API_KEY")] if answer == 401 else []
    call = asking("hello", model, api_base=endpoint.url)
    lean = ask(OpenAIProtocol(), call, steps)
    assert lean == ask(LiteLLM({}), call, steps)
    assert lean.authorizations == [f"Bearer secret of {model.partition('/')[0].upper()}_API_KEY"]
    assert "secret of" not in str((lean.reply, lean.reason, lean.error))


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("words", ["unknown field: response_format", "guided decoding is off"])
def test_both_paths_ask_again_without_the_schema(ask: Ask, model: str, words: str, endpoint: Endpoint) -> None:
    call = asking("judge", model, api_base=endpoint.url, params={"response_format": json_format(SCHEMA)})
    doors = OpenAIProtocol(), LiteLLM({})
    lean, other = (ask(door, call, [error(400, words)]) for door in doors)
    assert lean == other
    assert ["response_format" in body for body in lean.bodies] == [True, False]
    lean, other = (ask(door, call, []) for door in doors)
    assert lean == other
    assert ["response_format" in body for body in lean.bodies] == [False]


PARAMS: dict[str, list[Any]] = {
    "extra_body": [{"guided_choice": ["a", "b"], "chat_template_kwargs": {"thinking": False}, "none": None}],
    "logit_bias": [{"50256": -100}],
    "logprobs": [True, False],
    "max_completion_tokens": [100],
    "max_tokens": [100],
    "min_p": [0.1],
    "reasoning_effort": ["low"],
    "repetition_penalty": [1.1],
    "response_format": [json_format(SCHEMA), {"type": "json_object"}],
    "seed": [0, 7],
    "stop": ["end", ["a", "b", "c", "d"]],
    "temperature": [0, 0.7],
    "tools": [[TOOL]],
    "top_k": [40],
    "top_logprobs": [5],
    "top_p": [0.9],
    "presence_penalty": [-1],
    "frequency_penalty": [0.5],
}
TOGETHER: list[dict[str, Any]] = [
    {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
    {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look_up"}}},
    {"extra_body": {"top_k": 3, "temperature": 0.5}, "top_k": 40, "temperature": 1.0},
]
REWRITTEN: list[dict[str, Any]] = [
    {"verbosity": "low"},
    {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    {"reasoning_effort": {"effort": "low"}},
    {"stop": ["a", "b", "c", "d", "e"]},
    {"extra_body": {"model": "another"}},
    {"tools": []},
    {"tool_choice": "auto"},
    {"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"additionalProperties": False}}}]},
    {"tools": [TOOL], "tool_choice": {"type": "auto"}},
]
EACH = [{name: value} for name, values in PARAMS.items() for value in values]


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("params", [*EACH, *TOGETHER], ids=str)
def test_both_paths_send_the_same_parameters(ask: Ask, model: str, params: Any, endpoint: Endpoint) -> None:
    call = asking("hello", model, api_base=endpoint.url, params=params)
    assert speaks_plainly(call)
    lean = ask(OpenAIProtocol(), call, [])
    assert lean == ask(LiteLLM({}), call, [])
    assert lean.bodies[0].keys() >= params.keys() - {"extra_body"}


def test_every_parameter_is_either_sent_as_it_is_or_known_to_be_rewritten() -> None:
    named = {name for params in (*EACH, *TOGETHER, *REWRITTEN) for name in params}
    assert named == PARAMETERS


CONVERSATIONS: list[list[dict[str, Any]]] = [
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "héllo \U0001f600", "name": "Ada"}],
    [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": None, "tool_calls": [LOOK_UP]},
        {"role": "tool", "tool_call_id": "1", "content": "seven"},
    ],
    [{"role": "user", "content": ""}, {"role": "assistant", "content": "a", "name": None}],
]


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("messages", CONVERSATIONS, ids=len)
def test_both_paths_send_the_same_messages(ask: Ask, model: str, messages: Any, endpoint: Endpoint) -> None:
    call = Call(model=model, messages=messages, api_base=endpoint.url + "/")
    assert speaks_plainly(call)
    assert ask(OpenAIProtocol(), call, []) == ask(LiteLLM({}), call, [])


@pytest.mark.parametrize("name", ["gpt-oss-120b", "openai/gpt-oss-20b", "Qwen/Qwen3-8B", "mistral-o1", "llama3.1"])
def test_models_that_litellm_does_not_know_go_lean(ask: Ask, name: str, endpoint: Endpoint) -> None:
    params = {"temperature": 0, "max_tokens": 9, "reasoning_effort": "low", "response_format": json_format(SCHEMA)}
    for prefix in ("hosted_vllm", "openai"):
        call = asking("hello", f"{prefix}/{name}", api_base=endpoint.url, params=params)
        assert speaks_plainly(call)
        assert ask(OpenAIProtocol(), call, []) == ask(LiteLLM({}), call, [])


def test_no_model_of_openais_own_goes_lean() -> None:
    own = {name: entry for name, entry in price_map().items() if entry.get("litellm_provider") == "openai"}
    chats = {name for name, entry in own.items() if entry.get("mode") in ("chat", "responses", "completion")}
    chats.remove("openai/container")  # the fee of a tool
    assert len(chats) > 100
    for name in chats:
        assert not speaks_plainly(asking("hello", f"openai/{name}", api_base="http://127.0.0.1/v1")), name


@pytest.mark.parametrize("params", REWRITTEN, ids=str)
def test_what_litellm_rewrites_goes_through_litellm(params: Any) -> None:
    assert not speaks_plainly(asking("hello", api_base="http://127.0.0.1/v1", params=params))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
        {"role": "user", "content": "hello", "cache_control": {"type": "ephemeral"}},
        {"role": "developer", "content": "hello"},
        {"role": "assistant", "content": "hello", "reasoning_content": "well"},
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {}, "index": 0}]},
    ],
)
def test_a_message_that_is_more_than_text_goes_through_litellm(message: Any) -> None:
    assert not speaks_plainly(Call(model="hosted_vllm/fixed", messages=[message], api_base="http://127.0.0.1/v1"))


@pytest.mark.parametrize(
    ("model", "api_base"),
    [
        ("anthropic/claude", "http://127.0.0.1/v1"),
        ("hosted_vllm/fixed", None),
        ("hosted_vllm/fixed", "/models"),
        ("hosted_vllm/fixed", "http://127.0.0.1/v1/chat/completions"),
        ("openai/fixed", "https://api.openai.com/v1"),
        ("fixed", "http://127.0.0.1/v1"),
    ],
)
def test_an_address_that_is_not_ones_own_goes_through_litellm(model: str, api_base: str | None) -> None:
    assert not speaks_plainly(asking("hello", model, api_base=api_base))


def test_who_steers_litellm_by_the_environment_is_served_by_it(
    ask: Ask, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORGANIZATION", "ours")
    ask(Doors({}), asking("hello", "openai/fixed", api_base=endpoint.url), [])
    assert endpoint.requests[0].headers["openai-organization"] == "ours"


GARBAGE = [
    "[]",
    "5",
    "null",
    "{}",
    '{"choices": null}',
    '{"choices": []}',
    '{"choices": ["x"]}',
    '{"choices": [{"text": "hi"}]}',
    '{"choices": [{"message": null}]}',
    '{"choices": [{"message": {"content": ["hi"]}}]}',
    '{"choices": [{"message": {"tool_calls": [{"id": "1"}]}}]}',
    '{"choices": [{"message": {"tool_calls": {}}}]}',
    '{"choices": [{"message": {"tool_calls": [{"function": {"arguments": 5}}]}}]}',
    '{"choices": [{"message": {"content": "hi"}, "finish_reason": ["x"]}]}',
    '{"choices": [{"message": {"content": "hi"}}], "usage": [1]}',
    '{"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": "many"}}',
    '{"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": 2.5}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: body[:60])
def test_what_is_no_completion_is_garbage_and_tried_again(ask: Ask, body: str, endpoint: Endpoint) -> None:
    call = asking("hello", api_base=endpoint.url)
    assert ask(OpenAIProtocol(), call, [(200, {}, body)]).reply["text"] == "echo hello"
    assert ask(OpenAIProtocol(), call, [(200, {}, body)] * 2).reason == Kind.garbage.value


def test_a_body_without_end_is_garbage(ask: Ask, endpoint: Endpoint) -> None:
    assert ask(OpenAIProtocol(), asking("hello", api_base=endpoint.url), ["flood"] * 2).reason == Kind.garbage.value


def test_a_redirect_to_another_host_does_not_carry_the_key(
    ask: Ask, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "very-secret-word")
    other = Endpoint()
    there: Step = (307, {"Location": f"{other.url}/chat/completions"}, "")
    for door in (OpenAIProtocol(), LiteLLM({})):
        ask(door, asking("hello", api_base=endpoint.url), [there])
    other.close()
    assert [request.text for request in other.requests] == ["hello", "hello"]
    assert "very-secret-word" not in str([request.headers for request in other.requests])


def test_a_proxy_of_the_environment_is_used(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1"))
    reply = asyncio.run(OpenAIProtocol().send(asking("hello", api_base="http://models.invalid/v1"), 5))
    assert reply.text == "echo hello"
    assert endpoint.requests[0].headers["Host"] == "models.invalid"


def test_a_call_that_hangs_is_a_timeout(endpoint: Endpoint) -> None:
    endpoint.script["hello"] = ["hang"]
    with pytest.raises(Fault, match="nothing came within") as caught:
        asyncio.run(OpenAIProtocol().send(asking("hello", api_base=endpoint.url), 0.1))
    assert caught.value.kind is Kind.timeout


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_a_status_comes_with_the_time_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert fault_of_status(429, headers, "slow down").retry_after == seconds


def test_an_error_that_names_the_field_tells_it() -> None:
    fault = fault_of_status(400, {}, '{"error": {"message": "extra inputs", "param": "response_format"}}')
    assert fault.reason == "extra inputs (response_format)"
    assert refuses_format(fault)


def test_every_finish_that_litellm_knows_is_read_as_litellm_reads_it() -> None:
    quiet_litellm()
    from litellm.litellm_core_utils.core_helpers import _FINISH_REASON_MAP

    assert {said: finish_reason(said, tools=False) for said in _FINISH_REASON_MAP} == _FINISH_REASON_MAP


def test_connections_are_used_again(cache: CallCache, endpoint: Endpoint) -> None:
    endpoint.latency = 0.002
    served = Gateway(cache, Budget(allow_unknown_cost=True), concurrency=8, door=Doors({}))
    assert len(list(served.run(asking(f"row {n}", api_base=endpoint.url) for n in range(100)))) == 100
    assert len(endpoint.requests) == 100
    assert len(endpoint.peers) <= 8
