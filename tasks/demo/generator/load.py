"""How are a million traces made in a minute? Repetitive rows for load tests; nothing can be learnt from them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tasks.demo.generator.history import DAYS, FIRST_DAY
from tasks.demo.generator.training import engineering_requests

TEXTS = 500
"""So many different conversations are repeated."""


def traces_for_load(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """`count` trace rows in the order of time, about 300 bytes each as JSON, spread over 400 tenants."""
    rng = Random(f"{seed}/load")
    texts = [(request.text[:60], request.wanted[0].trigger) for request in engineering_requests(TEXTS, seed)]
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    step = timedelta(days=DAYS) / count
    for number in range(count):
        text, trigger = texts[rng.randrange(TEXTS)]
        yield {
            "trace_id": f"l{number:08d}",
            "timestamp": (start + number * step).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "tenant": f"m{1 + rng.randrange(400):04d}",
            "system": "current",
            "messages": [{"role": "user", "content": f"{text} ({number})"}],
            "output": f"Starts with {trigger}.",
            "outcome": "activated" if rng.random() < 0.6 else "not_activated",
            "metadata": {"feature": "load"},
        }
