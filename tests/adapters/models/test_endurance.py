"""A provider that is alive loses no row, however it stumbles; one that is not is given up and said once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault, Kind
from tasks.adapters.models.gateway import Gateway
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.hashing import uniform
from tasks.domain.verdict import Status
from tests.adapters.models.doubles import Doorman, Endpoint, asking, echo, error, ok, words

Make = Callable[..., Gateway]


def rows(count: int, api_base: str | None = None) -> list[Call]:
    return [asking(f"row {number}", api_base=api_base) for number in range(count)]


def bucket(size: int, a_second: float) -> Callable[[Call], Awaitable[Reply]]:
    """A provider with a rate limit: so many at once, so many a second, and the others are told when to come back."""
    tokens, filled = float(size), time.monotonic()

    async def answer(call: Call) -> Reply:
        nonlocal tokens, filled
        now = time.monotonic()
        tokens, filled = min(size, tokens + (now - filled) * a_second), now
        if tokens < 1:
            raise Fault(Kind.rate, "slow down", retry_after=0.02)
        tokens -= 1
        return await echo(call)

    return answer


def test_a_rate_limit_loses_no_row(gateway: Make) -> None:
    door = Doorman(bucket(5, 400))
    served = gateway(door=door, concurrency=32, retries=2, backoff=0.01)
    replies = [reply for _, reply in served.run(rows(200))]
    assert all(reply.answered for reply in replies)
    assert len(door.sent) < 2 * 200, "and it is not hammered"


def test_a_provider_that_turns_everybody_away_is_given_up(gateway: Make) -> None:
    async def full(call: Call) -> Reply:
        raise Fault(Kind.rate, "slow down")

    served = gateway(door=Doorman(full), concurrency=4, retries=3)
    replies = [reply for _, reply in served.run(rows(300))]
    assert not any(reply.answered for reply in replies)
    with pytest.raises(Unfinished, match="turns every request away"):
        served.raise_if_stopped()


def test_an_outage_that_is_shorter_than_the_patience_loses_no_row(gateway: Make) -> None:
    began: list[float] = []

    async def restarting(call: Call) -> Reply:
        began.append(time.monotonic())
        if len(began) > 10 and time.monotonic() - began[10] < 0.1:
            raise Fault(Kind.server, "restarting")
        return await echo(call)

    served = gateway(door=Doorman(restarting), concurrency=8, backoff=0.05)
    assert all(reply.answered for _, reply in served.run(rows(200)))
    served.raise_if_stopped()


def test_dropped_connections_are_no_dead_address(gateway: Make) -> None:
    """Those that are dropped fail at once, so they come before the first answer."""

    async def dropping(call: Call) -> Reply:
        attempt = sum(words(each) == words(call) for each in door.sent)
        if uniform(words(call), attempt) < 0.3:
            raise Fault(Kind.connection, "reset by peer")
        await asyncio.sleep(0.02)
        return await echo(call)

    door = Doorman(dropping)
    served = gateway(door=door, concurrency=16, retries=9)
    assert all(reply.answered for _, reply in served.run(rows(100)))
    served.raise_if_stopped()


def test_a_hanging_provider_is_given_up_after_one_round(gateway: Make) -> None:
    async def hanging(call: Call) -> Reply:
        await asyncio.sleep(3600)
        raise AssertionError

    door = Doorman(hanging)
    served = gateway(door=door, concurrency=8, timeout=0.05)
    replies = [reply for _, reply in served.run(rows(200))]
    assert len(door.sent) <= 2 * 8
    assert {reply.status for reply in replies} <= {Status.failed, Status.skipped}
    with pytest.raises(Unfinished, match="does not answer"):
        served.raise_if_stopped()


def test_an_address_with_nothing_there_is_given_up_and_explained(gateway: Make, endpoint: Endpoint) -> None:
    served = gateway(concurrency=4)
    elsewhere = f"{endpoint.url}/nowhere"
    list(served.run(rows(300, api_base=elsewhere)))
    assert served.tally.requests <= 5 + 4
    with pytest.raises(WrongInput, match="nothing to ask there") as caught:
        served.raise_if_stopped()
    assert "/v1" in (caught.value.fix or "")


def test_a_row_that_is_not_found_does_not_stop_a_provider_that_answers(gateway: Make, endpoint: Endpoint) -> None:
    endpoint.script = {f"row {number}": [error(404)] for number in range(10, 40)}
    served = gateway(concurrency=1)
    replies = [reply for _, reply in served.run(rows(60, api_base=endpoint.url))]
    assert sum(reply.answered for reply in replies) == 30
    served.raise_if_stopped()


@pytest.mark.parametrize("tokens", ["1e999", "1" + 40 * "0", "-5", "2.5", '"7"'])
@pytest.mark.parametrize("price", [0.0, 1.0])
def test_a_count_that_cannot_be_is_no_completion(gateway: Make, endpoint: Endpoint, tokens: str, price: float) -> None:
    odd = ok("fine")[2].replace('"prompt_tokens": 100', f'"prompt_tokens": {tokens}')
    assert odd != ok("fine")[2]
    endpoint.script["row 0"] = [(200, {}, odd)] * 9
    served = gateway(Budget(price_per_million={"*": price}, usd_per_day=100.0), retries=1)
    [(_, reply)] = served.run(rows(1, api_base=endpoint.url))
    assert reply.status is Status.failed
    assert "no completion" in (reply.reason or "")


def test_a_key_that_a_server_echoes_reaches_no_reply_and_no_cache(
    gateway: Make, endpoint: Endpoint, cache: CallCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "very-secret-value-1234567"
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", key)
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": f'{{"key": "{key}"}}'}}
    endpoint.script["row 0"] = [ok(f"I was called with Bearer {key}", tool_calls=[call])]
    [(_, reply)] = gateway().run(rows(1, api_base=endpoint.url))
    assert key not in str(reply)
    assert reply.text == "I was called with Bearer [HOSTED_VLLM_API_KEY]"
    cache.database.close()
    assert key.encode() not in Path(cache.database.path).read_bytes()


def test_a_key_is_taken_out_before_an_answer_is_cut(
    gateway: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "very-secret-value-1234567-abcdefghijkl"
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", key)
    for padding in range(150, 200):
        endpoint.script[f"row {padding}"] = [(200, {}, "x" * padding + " " + key)]
    calls = [asking(f"row {padding}", api_base=endpoint.url) for padding in range(150, 200)]
    replies = [reply for _, reply in gateway(retries=0, concurrency=64).run(calls)]
    assert all("very-secret" not in str(reply) for reply in replies)


def test_whoever_waited_for_a_locked_cache_in_vain_waits_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.adapters.database.BUSY_SECONDS", 0.2)
    cache, other = CallCache(tmp_path / "calls.sqlite"), CallCache(tmp_path / "calls.sqlite")
    served = Gateway(cache, Budget(price_per_million={"*": 0.0}), door=Doorman(echo), concurrency=16)
    with other.database.transaction():
        began = time.monotonic()
        with pytest.raises(Unfinished, match="locked"):
            list(served.run(rows(50)))
        assert time.monotonic() - began < 2
