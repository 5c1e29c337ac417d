"""How does a call reach its provider? By OpenAI's protocol where that will do, else through LiteLLM, quiet and offline.

LiteLLM is imported when the first call needs it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.completions import MOST_TOKENS
from tasks.adapters.models.faults import Fault, Kind, fault_of, without_key
from tasks.adapters.models.openai_protocol import OpenAIProtocol, ReplyForms
from tasks.adapters.models.plain_calls import Params, speaks_plainly
from tasks.adapters.models.prices import Price
from tasks.domain.errors import WrongInput

SELF_HOSTED = frozenset({"hosted_vllm", "openai", "litellm_proxy", "lm_studio", "llamafile", "openai_like"})
"""Prefixes of endpoints that speak OpenAI's protocol: what they can do is known to them, not to LiteLLM's map."""

STEERING = frozenset(
    {
        "DISABLE_AIOHTTP_TRUST_ENV",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_ORGANIZATION",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "SSL_CERTIFICATE",
        "SSL_ECDH_CURVE",
        "SSL_SECURITY_LEVEL",
        "SSL_VERIFY",
        "USE_LITELLM_PROXY",
    }
)
"""Environment variables by which LiteLLM or OpenAI's client sends otherwise: who sets one is served by LiteLLM."""


class Door(Protocol):
    """A way to the models. `open` is called before a model's first call, `send` makes one request."""

    def open(self, call: Call, price: Price | None) -> None: ...

    async def send(self, call: Call, timeout: float) -> Reply: ...


class Doors:
    """Each call by the door that does for it. LiteLLM is opened for none that speaks OpenAI's protocol plainly."""

    def __init__(self, providers: Mapping[str, Callable[[], None]]) -> None:
        self._litellm = LiteLLM(providers)
        self._lean = OpenAIProtocol()
        self._never_lean = not STEERING.isdisjoint(os.environ)

    def open(self, call: Call, price: Price | None) -> None:
        """Loads what the call's door needs."""
        self._door(call).open(call, price)

    async def send(self, call: Call, timeout: float) -> Reply:
        """One request. Raises Fault."""
        return await self._door(call).send(call, timeout)

    def _door(self, call: Call) -> Door:
        return self._lean if speaks_plainly(call) and not self._never_lean else self._litellm


class LiteLLM:
    """Every provider that LiteLLM knows, and those that the caller registers by prefix.

    One request a `send`: no retries, no callbacks and no cache of LiteLLM's own.
    """

    def __init__(self, providers: Mapping[str, Callable[[], None]]) -> None:
        self._providers = providers
        self._registered: set[str] = set()
        self._known: set[str] = set()
        self._forms = ReplyForms(self._takes_form)
        self._lock = threading.Lock()

    def open(self, call: Call, price: Price | None) -> None:
        """Imports LiteLLM and tells it of the model, once."""
        prefix = _prefix(call.model)
        with self._lock:
            litellm = quiet_litellm()
            if prefix in self._providers and prefix not in self._registered:
                self._providers[prefix]()
                self._registered.add(prefix)
            if call.model not in self._known:
                _tell_price(litellm, call.model, price)
                self._known.add(call.model)

    async def send(self, call: Call, timeout: float) -> Reply:
        """One request. Raises Fault."""
        litellm = quiet_litellm()
        return await self._forms.send(call, lambda params: self._request(litellm, call, params, timeout))

    async def _request(self, litellm: Any, call: Call, params: Params, timeout: float) -> Reply:
        began = time.perf_counter()
        try:
            response = await litellm.acompletion(**_arguments(call, params), timeout=timeout)
            return _reply(response, (time.perf_counter() - began) * 1000)
        except Exception as error:  # LiteLLM raises what its providers raise
            raise self._fault(litellm, call, error) from error

    def _takes_form(self, call: Call) -> bool:
        prefix = _prefix(call.model)
        own = prefix in self._providers or (prefix in SELF_HOSTED and call.endpoint is not None)
        return own or bool(quiet_litellm().supports_response_schema(call.model))

    def _fault(self, litellm: Any, call: Call, error: Exception) -> Fault:
        fault = fault_of(error, in_process=_prefix(call.model) in self._providers)
        if fault.kind is Kind.authentication:
            missing = litellm.validate_environment(call.model).get("missing_keys") or []
            return without_key(call.model, missing, fault.reason)
        if fault.kind is Kind.mistaken and fault.mistake is None:
            mistake = WrongInput(
                f"LiteLLM knows no provider for the model '{call.model}'",
                fix=f"Write the provider before it; for an OpenAI-compatible endpoint: hosted_vllm/{call.model}.",
            )
            return Fault(fault.kind, fault.reason, mistake=mistake)
        return fault


def quiet_litellm() -> Any:
    """LiteLLM, imported without a look at the network; the user's own environment goes before ours."""
    for name, value in (
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LITELLM_LOG", "CRITICAL"),
        ("HF_HUB_OFFLINE", "1"),
    ):
        os.environ.setdefault(name, value)
    import litellm

    _quieten(litellm)
    return litellm


def _quieten(litellm: Any) -> None:
    if getattr(litellm, "quiet", False):
        return
    litellm.quiet = True
    litellm.drop_params = True
    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(os.environ["LITELLM_LOG"].upper())


def _arguments(call: Call, params: Params) -> dict[str, Any]:
    arguments = dict(params)
    if call.api_base is not None:
        arguments["api_base"] = call.api_base
        if _prefix(call.model) == "openai" and not os.environ.get("OPENAI_API_KEY"):
            arguments["api_key"] = "none"  # the OpenAI client wants a word; a server of one's own wants none
    if "tools" in arguments:
        arguments["_skip_mcp_handler"] = True  # it imports a package that LiteLLM does not declare
    messages = [dict(message) for message in call.messages]
    return {**arguments, "model": call.model, "messages": messages, "num_retries": 0, "max_retries": 0}


def _prefix(model: str) -> str:
    return model.split("/", 1)[0] if "/" in model else ""


def _tell_price(litellm: Any, model: str, price: Price | None) -> None:
    """Names a model that LiteLLM's map lacks: each of its calls would go through two failed look-ups otherwise.

    What a call costs is our own sum, so the figures given here are not used.
    """
    if model not in litellm.model_cost and (price is None or model.split("/", 1)[-1] not in litellm.model_cost):
        zero = {"mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
        litellm.register_model({model: {**zero, "litellm_provider": _prefix(model)}})


def _reply(response: Any, latency_ms: float) -> Reply:
    choice = response.choices[0]
    usage = getattr(response, "usage", None)
    prompt_details = getattr(usage, "prompt_tokens_details", None)
    completion_details = getattr(usage, "completion_tokens_details", None)
    calls = choice.message.tool_calls or ()
    return Reply(
        text=choice.message.content or "",
        tool_calls=tuple(call.model_dump(exclude_none=True) for call in calls),
        finish_reason=choice.finish_reason,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(prompt_details, "cached_tokens"),
        cache_write_tokens=_count(usage, "cache_creation_input_tokens"),
        reasoning_tokens=_count(completion_details, "reasoning_tokens"),
        latency_ms=round(latency_ms, 1),
        model=response.model or None,
        fingerprint=getattr(response, "system_fingerprint", None),
        requests=1,
    )


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and 0 <= value <= MOST_TOKENS else 0
