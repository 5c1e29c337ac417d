"""The same requests through LiteLLM's `acompletion`, and nothing else."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import litellm

from tests.bench.workers import answered, tell


async def main(bodies: str, url: str, workers: str) -> None:
    async def ask(body: dict[str, Any]) -> str | None:
        model = f"hosted_vllm/{body['model']}"
        completion = await litellm.acompletion(**{**body, "model": model}, api_base=url, api_key="none")
        text: str | None = completion.choices[0].message.content
        return text

    tell(await answered(Path(bodies), ask, int(workers)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
