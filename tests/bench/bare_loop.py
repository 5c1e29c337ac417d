"""What does a judge cost that is nothing but its requests? The yardstick: aiohttp, no framework, nothing kept.

python -m tests.bench.bare_loop BODIES URL WORKERS
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.workers import answered, tell


async def main(bodies: str, url: str, workers: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(body: dict[str, Any]) -> str:
            async with session.post(f"{url}/chat/completions", json=body) as response:
                completion = await response.json()
            return str(completion["choices"][0]["message"]["content"])

        tell(await answered(Path(bodies), ask, int(workers)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
