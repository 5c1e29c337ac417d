"""What do the gateway's tests talk to? A loopback endpoint with scripted faults, and a door with no network at all."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault
from tasks.adapters.models.prices import Price

Step = tuple[int, dict[str, str], str] | str
"""One reply of the endpoint: status, headers and body, or `hang`, or `drop` (the connection), or `flood` (no end)."""


@dataclass(frozen=True)
class Request:
    """What the endpoint received."""

    at: float
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """The last message."""
        return str(self.body["messages"][-1]["content"])


class Endpoint:
    """An OpenAI-compatible server on a free port. `script` gives steps by a request's last message; then it echoes."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.script: dict[str, list[Step]] = {}
        self.answer: Callable[[Request], Step] = lambda request: ok(f"echo {request.text}")
        self.latency = 0.0
        self.in_flight = self.most_in_flight = 0
        self.peers: set[object] = set()
        """The connections that requests came by."""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def texts(self) -> list[str]:
        return [request.text for request in self.requests]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", self._chat)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        request = Request(time.monotonic(), await http.json(), dict(http.headers))
        self.requests.append(request)
        assert http.transport is not None
        self.peers.add(http.transport.get_extra_info("peername"))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency)
            return await self._step(http, request)
        finally:
            self.in_flight -= 1

    async def _step(self, http: web.Request, request: Request) -> web.StreamResponse:
        steps = self.script.get(request.text)
        match steps.pop(0) if steps else self.answer(request):
            case "hang":
                await asyncio.sleep(3600)
            case "drop":
                assert http.transport is not None
                http.transport.abort()
            case "flood":
                return await _flood(http)
            case (status, headers, body):
                return web.Response(status=status, headers=headers, text=body, content_type="application/json")
        return web.Response()


async def _flood(http: web.Request) -> web.StreamResponse:
    """Spaces until the client has enough."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(http)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b" " * 2**20)
    return response


def ok(text: str | None, **message: Any) -> Step:
    """A completion that says `text`, and takes 100 prompt tokens and 10 more."""
    completion = {
        "id": "completion",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "system_fingerprint": "fp-1",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
    return 200, {}, json.dumps(completion)


def error(status: int, message: str = "no", *, code: str = "fault", **headers: str) -> Step:
    """An error as OpenAI words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, json.dumps({"error": {"message": message, "type": code, "code": code}})


@dataclass
class Doorman:
    """A door with no network: `answer` makes the reply or raises a Fault, and may take its time."""

    answer: Callable[[Call], Awaitable[Reply]]
    opened: list[str] = field(default_factory=list)
    sent: list[Call] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def open(self, call: Call, price: Price | None) -> None:
        self.opened.append(call.model)

    async def send(self, call: Call, timeout: float) -> Reply:
        self.sent.append(call)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self.answer(call)
        finally:
            self.in_flight -= 1


class BareDoor:
    """A door of a few lines to an endpoint: what a test of processes needs, without LiteLLM's seconds of import."""

    def open(self, call: Call, price: Price | None) -> None:
        """There is nothing to load."""

    async def send(self, call: Call, timeout: float) -> Reply:
        asked = {"model": call.model, "messages": list(call.messages), **call.params}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{call.api_base}/chat/completions", json=asked) as response,
        ):
            completion = await response.json()
        usage = completion["usage"]
        return Reply(
            text=completion["choices"][0]["message"]["content"],
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
            requests=1,
        )


async def echo(call: Call) -> Reply:
    """The last message again, for 100 and 10 tokens."""
    await asyncio.sleep(0)
    return Reply(text=f"echo {words(call)}", prompt_tokens=100, completion_tokens=10, latency_ms=5.0, requests=1)


def failing(*faults: Fault) -> Callable[[Call], Awaitable[Reply]]:
    """Each call meets the faults in their order before it is answered."""
    left: dict[str, list[Fault]] = {}

    async def answer(call: Call) -> Reply:
        await asyncio.sleep(0)
        rest = left.setdefault(call.key, list(faults))
        if rest:
            raise rest.pop(0)
        return await echo(call)

    return answer


def words(call: Call) -> str:
    return str(call.messages[-1]["content"])


def asking(text: str, model: str = "hosted_vllm/fixed", **rest: Any) -> Call:
    """A call with one user message."""
    return Call(model=model, messages=[{"role": "user", "content": text}], **rest)
