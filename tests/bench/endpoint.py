"""How fast can a judge be, and what does it do about faults? An OpenAI-compatible endpoint where both are known.

    python -m tests.bench.endpoint 18080

`POST /reset` with a `Plan` as JSON opens a new account; `GET /stats` is the account, `GET /bodies` what was asked.
Verdicts and faults are drawn by content, faults by attempt too: a run can be repeated exactly, and a retry succeed.
"""

import asyncio
import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiohttp import web

HANG_SECONDS = 600.0


@dataclass(frozen=True)
class Plan:
    """The latency of a reply, the share of requests that meet each fault, and whether to keep what is asked."""

    latency_ms: float = 0.0
    rate_limit: float = 0.0
    error: float = 0.0
    garbage: float = 0.0
    hang: float = 0.0
    record: bool = False

    def fault(self, content: bytes, attempt: int) -> str | None:
        """The fault that an attempt at a content meets, if any."""
        drawn = fraction(content, attempt)
        for name in ("rate_limit", "error", "garbage", "hang"):
            drawn -= getattr(self, name)
            if drawn < 0:
                return name
        return None


class Endpoint:
    """Answers as planned, and counts."""

    def __init__(self) -> None:
        self.open_account(Plan())

    def open_account(self, plan: Plan) -> None:
        self.plan = plan
        self.attempts: Counter[bytes] = Counter()
        self.faults: Counter[str] = Counter()
        self.bodies: list[bytes] = []

    async def chat(self, http: web.Request) -> web.Response:
        body = await http.read()
        content = hashlib.blake2b(body, digest_size=16).digest()
        self.attempts[content] += 1
        if self.plan.record:
            self.bodies.append(body)
        fault = self.plan.fault(content, self.attempts[content])
        await asyncio.sleep(self.plan.latency_ms / 1000)
        return await self.answer(json.loads(body), content, fault)

    async def answer(self, asked: dict[str, Any], content: bytes, fault: str | None) -> web.Response:
        if fault is not None:
            self.faults[fault] += 1
        if fault == "rate_limit":
            return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "1"})
        if fault == "error":
            return web.json_response({"error": {"message": "upstream failed"}}, status=503)
        if fault == "hang":
            await asyncio.sleep(HANG_SECONDS)
        text = "It is quite {good, mostly" if fault == "garbage" else json.dumps(verdict(asked, content))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220}
        named = {"id": "completion", "object": "chat.completion", "created": 1, "model": asked["model"]}
        return web.json_response({**named, "choices": [choice], "usage": usage})

    async def reset(self, http: web.Request) -> web.Response:
        self.open_account(Plan(**await http.json()))
        return web.json_response({})

    async def stats(self, _: web.Request) -> web.Response:
        counts = {"requests": self.attempts.total(), "distinct": len(self.attempts), "faults": dict(self.faults)}
        return web.json_response(counts)

    async def asked(self, _: web.Request) -> web.Response:
        return web.Response(body=b"\n".join(self.bodies))


def fraction(*parts: object) -> float:
    """A number in [0, 1) fixed by the parts."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big") / 2**64


def verdict(asked: dict[str, Any], content: bytes) -> dict[str, str]:
    """What the schema asks for: the first value of an enumeration for a pass, four in five, else the last; or words."""
    schema = asked.get("response_format", {}).get("json_schema", {}).get("schema", {})
    parts = schema.get("properties", {"critique": {}, "verdict": {"enum": ["pass", "fail"]}})
    choice = 0 if fraction(content) < 0.8 else -1
    return {name: part["enum"][choice] if "enum" in part else "a word or two" for name, part in parts.items()}


def application() -> web.Application:
    endpoint, made = Endpoint(), web.Application(client_max_size=16 * 2**20)
    made.router.add_post("/v1/chat/completions", endpoint.chat)
    made.router.add_post("/reset", endpoint.reset)
    made.router.add_get("/stats", endpoint.stats)
    made.router.add_get("/bodies", endpoint.asked)
    return made


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, backlog=2048)
