"""How is a file of requests sent with so many under way? The loop that the bare one and the peers share."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

Ask = Callable[[dict[str, Any]], Awaitable[str | None]]
"""Sends one request, and gives the text of the reply."""


async def answered(bodies: Path, ask: Ask, workers: int) -> int:
    """How many of the requests got a verdict."""

    async def work(left: Iterator[str]) -> int:
        done = 0
        for line in left:
            done += "verdict" in json.loads(await ask(json.loads(line)) or "{}")
        return done

    with bodies.open(encoding="utf-8") as lines:
        shared = iter(lines)
        return sum(await asyncio.gather(*(work(shared) for _ in range(workers))))


def tell(done: int) -> None:
    """Says it as the driver reads it."""
    sys.stdout.write(json.dumps({"answered": done}))
