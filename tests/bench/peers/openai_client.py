"""The same requests through OpenAI's own client, and nothing else."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from tests.bench.workers import answered, tell


async def main(bodies: str, url: str, workers: str) -> None:
    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(body: dict[str, Any]) -> str | None:
            completion = await client.chat.completions.create(**body)
            text: str | None = completion.choices[0].message.content
            return text

        tell(await answered(Path(bodies), ask, int(workers)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
