"""Which calls need no LiteLLM, and what do they send? Those that it would only pass on, as it would pass them on."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tasks.adapters.models.call import Call

PREFIXES = frozenset({"hosted_vllm", "openai"})
"""The providers of LiteLLM that pass a call on to an address of its own."""
NAMED = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "presence_penalty",
        "seed",
        "temperature",
        "top_logprobs",
        "top_p",
    }
)
"""OpenAI's own parameters that go as they are, whatever their value."""
UNNAMED = frozenset({"min_p", "repetition_penalty", "top_k"})
"""Parameters that OpenAI does not have: they go as they are too, and win over an `extra_body`."""

_OPENAIS_OWN = re.compile(
    r"(?:^|/)(?:gpt-(?!oss)|chatgpt|chat-latest|o\d|codex|computer-use|daybreak|text-|davinci|babbage|ft:|responses/)"
    r"|gpt-[56]"
)
_OPENAIS_HOSTS = re.compile(r"(?:^|\.)(?:openai|azure)\.com$")
_TIDIED = frozenset({"additionalProperties", "cache_control", "pattern", "patternProperties", "strict"})
_KEPT_BACK = frozenset({"model", "messages", "metadata", "stream"})

Params = Mapping[str, Any]


def speaks_plainly(call: Call) -> bool:
    """Whether LiteLLM would send the call as it is, to an address that speaks OpenAI's protocol.

    It would not where it knows the model by name (it renames and drops parameters for OpenAI's own), where a
    parameter is another provider's (`thinking`, `verbosity`), where it tidies the schemas of tools, and where a
    message is more than text. An address that names the whole path it reads in two ways.
    """
    prefix, _, name = call.model.partition("/")
    return (
        prefix in PREFIXES
        and name != ""
        and _OPENAIS_OWN.search(name) is None
        and _plain_address(call.endpoint)
        and all(_plain_parameter(name, value, call.params) for name, value in call.params.items())
        and all(map(_plain_message, call.messages))
    )


def request_body(call: Call, params: Params) -> bytes:
    """The JSON of the request, with `params` for the call's own. `extra_body` wins over OpenAI's parameters."""
    body: dict[str, Any] = {
        "model": call.model.partition("/")[2],
        "messages": [_stated(each) for each in call.messages],
    }
    body.update({name: value for name, value in params.items() if name != "extra_body"})
    body.update(params.get("extra_body", {}))
    body.update({name: params[name] for name in UNNAMED & params.keys()})
    return json.dumps(body).encode()


def _plain_address(endpoint: str | None) -> bool:
    if endpoint is None or "chat/completions" in endpoint:
        return False
    address = urlsplit(endpoint)
    return address.scheme in ("http", "https") and _OPENAIS_HOSTS.search(address.hostname or "") is None


def _plain_parameter(name: str, value: Any, params: Params) -> bool:
    match name:
        case "response_format":
            return isinstance(value, dict)
        case "reasoning_effort":
            return isinstance(value, str)
        case "stop":
            return isinstance(value, str) or (isinstance(value, list) and len(value) <= 4)
        case "extra_body":
            return isinstance(value, dict) and _KEPT_BACK.isdisjoint(value)
        case "tools":
            return isinstance(value, list) and value != [] and all(map(_plain_tool, value))
        case "tool_choice":
            return "tools" in params and (isinstance(value, str) or value.keys() == {"type", "function"})
        case "parallel_tool_calls":
            return "tools" in params
        case _:
            return name in NAMED or name in UNNAMED


def _plain_tool(tool: Mapping[str, Any]) -> bool:
    return (
        tool.keys() == {"type", "function"}
        and tool["function"].keys() <= {"name", "description", "parameters"}
        and not _holds_tidied(tool["function"])
    )


def _plain_message(message: Mapping[str, Any]) -> bool:
    """Text, or tool calls in the form that OpenAI gives them."""
    calls = message.get("tool_calls") or ()
    return (
        message.keys() <= {"role", "content", "name", "tool_calls", "tool_call_id"}
        and message.get("role") in ("system", "user", "assistant", "tool")
        and isinstance(message.get("content"), str | None)
        and all(call.keys() == {"id", "type", "function"} and not _holds_tidied(call) for call in calls)
    )


def _holds_tidied(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _TIDIED.isdisjoint(value) or any(map(_holds_tidied, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_tidied, value))


def _stated(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value is not None}
