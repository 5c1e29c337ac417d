"""How does a call reach an endpoint that speaks OpenAI's protocol? By one POST: LiteLLM's work would cost ten of them.

Only for calls that `speaks_plainly` lets through. LiteLLM is not imported, and what it would send is sent.
"""

import asyncio
import os
import ssl
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.adapters.models.background import before_the_end
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.completions import read_completion
from tasks.adapters.models.faults import Fault, Kind, fault_of, fault_of_status, refuses_format, without_key
from tasks.adapters.models.plain_calls import Params, request_body
from tasks.adapters.models.prices import Price

if TYPE_CHECKING:
    import aiohttp

LONGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""No completion is longer: whoever sends more sends something else, and memory is not for that."""

_KEYS = {"hosted_vllm": ("HOSTED_VLLM_API_KEY", "fake-api-key"), "openai": ("OPENAI_API_KEY", "none")}
"""Where a provider's key is, and the word that LiteLLM sends where there is none."""
_SESSIONS: dict[asyncio.AbstractEventLoop, "aiohttp.ClientSession"] = {}


class OpenAIProtocol:
    """The door to endpoints with an address of their own. One request a `send`, over connections that stay open."""

    def __init__(self) -> None:
        self._forms = ReplyForms(lambda _: True)  # what an endpoint of one's own can do is known to it alone

    def open(self, call: Call, price: Price | None) -> None:  # noqa: ARG002 - the form of a door
        """Loads aiohttp, in the caller's thread: the loop never stands still."""
        import aiohttp  # noqa: F401

    async def send(self, call: Call, timeout: float) -> Reply:
        """One request. Raises Fault."""
        try:
            return await self._forms.send(call, lambda params: _reply(call, params, timeout))
        except Fault as fault:
            if fault.kind is Kind.authentication:
                raise _without_key(call, fault) from fault
            raise


class ReplyForms:
    """Remembers which endpoints do not know `response_format`: they are asked again without, and from then on so."""

    def __init__(self, may_take: Callable[[Call], bool]) -> None:
        self._may_take = may_take
        self._takes: dict[tuple[str, str | None], bool] = {}

    async def send(self, call: Call, ask: Callable[[Params], Awaitable[Reply]]) -> Reply:
        """What `ask` brings for the call's parameters. Where a form may not be sent, the prompt's own words must do."""
        if "response_format" not in call.params:
            return await ask(call.params)
        where = call.model, call.endpoint
        if where not in self._takes:
            self._takes[where] = self._may_take(call)
        if self._takes[where]:
            try:
                return await ask(call.params)
            except Fault as fault:
                if not refuses_format(fault):
                    raise
            self._takes[where] = False
        return await ask({name: value for name, value in call.params.items() if name != "response_format"})


async def _reply(call: Call, params: Params, timeout: float) -> Reply:
    import aiohttp

    began = time.perf_counter()
    try:
        status, headers, body = await _post(call, request_body(call, params), timeout)
    except TimeoutError as error:
        raise Fault(Kind.timeout, f"nothing came within {timeout:g} seconds") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise fault_of(error) from error
    if not 200 <= status < 300:
        raise fault_of_status(status, headers, body.decode(errors="replace"))
    return read_completion(body, (time.perf_counter() - began) * 1000)


async def _post(call: Call, body: bytes, timeout: float) -> tuple[int, Mapping[str, str], bytes]:
    """The answer's status, headers and body. A redirect to another host is followed without the key."""
    import aiohttp

    address = f"{str(call.endpoint).rstrip('/')}/chat/completions"
    secure = address.startswith("https:")
    headers = {"Authorization": f"Bearer {_key(call) or _KEYS[_prefix(call)][1]}", "Content-Type": "application/json"}
    async with _session().post(
        address,
        data=body,
        headers=headers,
        proxy=_proxy(urlsplit(address).netloc, "https" if secure else "http"),
        ssl=_trusted() if secure else True,
        timeout=aiohttp.ClientTimeout(total=timeout),
    ) as response:
        return response.status, response.headers, await _bounded(response.content)


async def _bounded(content: "aiohttp.StreamReader") -> bytes:
    body = bytearray()
    async for part in content.iter_any():
        body += part
        if len(body) > LONGEST_ANSWER_BYTES:
            raise Fault(Kind.garbage, f"an answer of more than {LONGEST_ANSWER_BYTES // 2**20} MB is no completion")
    return bytes(body)


def _session() -> "aiohttp.ClientSession":
    """The session of the running loop. How many calls are under way is the gateway's to say, not the connector's."""
    import aiohttp

    loop = asyncio.get_running_loop()
    if loop not in _SESSIONS:
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
        _SESSIONS[loop] = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        before_the_end(_close_session)
    return _SESSIONS[loop]


async def _close_session() -> None:
    session = _SESSIONS.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


@cache
def _proxy(host: str, scheme: str) -> str | None:
    """The proxy that the environment names for a host, as LiteLLM reads it."""
    if urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


@cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities that LiteLLM trusts: the user's file, or certifi's."""
    import certifi

    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


def _prefix(call: Call) -> str:
    return call.model.partition("/")[0]


def _key(call: Call) -> str | None:
    return os.environ.get(_KEYS[_prefix(call)][0])


def _without_key(call: Call, fault: Fault) -> Fault:
    """An endpoint under `hosted_vllm/` may do without a key, one under `openai/` asks for it."""
    missing = ["OPENAI_API_KEY"] if _prefix(call) == "openai" and not _key(call) else []
    return without_key(call.model, missing, fault.reason)
