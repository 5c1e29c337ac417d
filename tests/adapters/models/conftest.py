"""Fixtures of the gateway's tests: a loopback endpoint, an empty row cache, and gateways over it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.gateway import Gateway
from tests.adapters.models.doubles import Endpoint

FREE = Budget(price_per_million={"*": 0.0})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint()
    yield served
    served.close()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[CallCache]:
    kept = CallCache(tmp_path / "calls.sqlite")
    yield kept
    kept.close()


@pytest.fixture
def gateway(cache: CallCache) -> Callable[..., Gateway]:
    """Makes gateways over one cache: free of cost unless told otherwise, and quick to try again."""

    def make(budget: Budget = FREE, **rest: object) -> Gateway:
        return Gateway(cache, budget, **{"backoff": 0.001, **rest})  # type: ignore[arg-type]  # names are checked below

    return make
