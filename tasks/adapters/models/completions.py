"""What does a chat completion say? Reads the JSON of OpenAI's protocol as LiteLLM reads it, without LiteLLM."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tasks.adapters.models.call import Reply
from tasks.adapters.models.faults import Fault, Kind, fault_of_status, without_secrets

_LENGTH = frozenset({"length", "max_tokens", "MAX_TOKENS", "compaction"})
_TOOLS = frozenset({"tool_calls", "tool_use"})
_FILTER = frozenset(
    {
        "BLOCKLIST",
        "ERROR_TOXIC",
        "ESCALATION",
        "IMAGE_OTHER",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "IMAGE_SAFETY",
        "LANGUAGE",
        "NO_IMAGE",
        "OTHER",
        "PROHIBITED_CONTENT",
        "RECITATION",
        "SAFETY",
        "SPII",
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "refusal",
        "sensitive",
    }
)
_THOUGHT = re.compile(r"<(?:think|thinking|budget:thinking)>.*?</(?:think|thinking|budget:thinking)>", re.DOTALL)
MOST_TOKENS = 10**9
"""No model reads or writes as many at once."""
UNREADABLE_ERROR = 422
"""The status of an error that arrives as a good answer and names none."""


def read_completion(body: bytes, latency_ms: float) -> Reply:
    """The reply that a completion holds. Raises Fault: garbage where it is none, or the error that it holds instead."""
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _garbage(f"{error}, in {_start(body)}") from error
    try:
        _raise_error(completion, body)
        return _reply(completion, latency_ms)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _garbage(f"no completion of OpenAI's protocol: {_start(body)}") from error


def finish_reason(said: object, *, tools: bool) -> str:
    """One of OpenAI's own words; whoever says nothing, or a word that nobody knows, has stopped."""
    if said in _LENGTH:
        return "length"
    if said in _FILTER:
        return "content_filter"
    if said == "function_call":
        return "function_call"
    return "tool_calls" if said in _TOOLS or (tools and said in (None, "stop")) else "stop"


def _reply(completion: Mapping[str, Any], latency_ms: float) -> Reply:
    choice = completion["choices"][0]
    message = choice["message"]
    calls = tuple(_tool_call(call, number) for number, call in enumerate(_list(message.get("tool_calls"))))
    usage = _mapping(completion.get("usage"))
    return Reply(
        text=_text(message),
        tool_calls=calls,
        finish_reason=finish_reason(choice.get("finish_reason") or choice.get("finish_details"), tools=bool(calls)),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_cached_tokens(usage),
        cache_write_tokens=_count(usage.get("cache_creation_input_tokens")),
        reasoning_tokens=_reasoning_tokens(usage),
        latency_ms=round(latency_ms, 1),
        model=_name(completion.get("model")),
        fingerprint=_name(completion.get("system_fingerprint")),
        requests=1,
    )


def _text(message: Mapping[str, Any]) -> str:
    """The answer without the thoughts before it, where a server leaves them in the text."""
    content = message.get("content")
    if content is None:
        return ""
    if not isinstance(content, str):
        raise TypeError(f"content is a {type(content).__name__}")
    if "reasoning_content" in message or "reasoning" in message:
        return content
    thought = _THOUGHT.match(content)
    return content if thought is None else content[thought.end() :]


def _tool_call(call: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A tool call as LiteLLM gives it; where a server names none, its place is its name."""
    named = {**call, "id": call.get("id") or f"call-{number}", "type": call.get("type") or "function"}
    if named["type"] == "function":
        named["function"] = _function(call["function"])
    return {name: value for name, value in named.items() if value is not None}


def _function(function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    if arguments is None:
        arguments = function.get("parameters") or ""
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments)
    if not isinstance(arguments, str):
        raise TypeError(f"arguments are a {type(arguments).__name__}")
    name = function.get("name")
    return {"arguments": arguments} if name is None else {"arguments": arguments, "name": name}


def _cached_tokens(usage: Mapping[str, Any]) -> int:
    """Providers differ in where they say it; the last of these that is said goes before the others."""
    for name in ("cache_read_input_tokens", "prompt_cache_hit_tokens"):
        if isinstance(usage.get(name), int):
            return _count(usage[name])
    return _detail(usage, "prompt_tokens_details", "cached_tokens")


def _reasoning_tokens(usage: Mapping[str, Any]) -> int:
    detailed = _detail(usage, "completion_tokens_details", "reasoning_tokens")
    return detailed or _count(usage.get("reasoning_tokens"))


def _detail(usage: Mapping[str, Any], group: str, name: str) -> int:
    details = usage.get(group)
    return _count(details.get(name)) if isinstance(details, Mapping) else 0


def _count(value: object) -> int:
    if value is None:
        return 0
    if not isinstance(value, int | float) or not 0 <= value <= MOST_TOKENS or value != int(value):
        raise TypeError(f"{value!r} is no number of tokens")
    return int(value)


def _list(value: object) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} is no list")
    return value or []


def _mapping(value: object) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"a {type(value).__name__} is no mapping")
    return value or {}


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _raise_error(completion: Mapping[str, Any], body: bytes) -> None:
    """Some servers send an error with the status of a good answer; an empty one means nothing."""
    error = completion.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        if error.get("message") or code is not None:
            status = code if isinstance(code, int) else UNREADABLE_ERROR
            raise fault_of_status(status, {}, body.decode(errors="replace"))
    elif error is not None and error != "":
        raise fault_of_status(UNREADABLE_ERROR, {}, str(error))


def _garbage(reason: str) -> Fault:
    return Fault(Kind.garbage, without_secrets(reason)[:300])


def _start(body: bytes) -> str:
    """The first words of an answer. A key is looked for before they are cut: half of one is one too."""
    return " ".join(without_secrets(body[:4096].decode(errors="replace")).split())[:200] or "nothing"
