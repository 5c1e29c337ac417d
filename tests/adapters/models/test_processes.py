"""Processes share one cache: each call is made once, a killed one loses only what was under way, money adds up."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.adapters.models.cache import LEASE_SECONDS, CallCache
from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tests.adapters.models.doubles import BareDoor, Endpoint, asking

ROOT = Path(__file__).parents[3]
RUN = """
import sys
from pathlib import Path
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import LEASE_SECONDS, CallCache
from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tests.adapters.models.doubles import BareDoor, asking

path, address, first, last, door = sys.argv[1:]
budget = Budget(price_per_million={"*": 1000.0})
gateway = Gateway(CallCache(Path(path)), budget, concurrency=8, door=BareDoor() if door == "bare" else None)
print("ready", flush=True)
sys.stdin.readline()
numbers = range(int(first), int(last))
calls = (asking(f"row {number}", api_base=address, params={"max_tokens": 10}) for number in numbers)
for call, reply in gateway.run(calls):
    print(reply.text or reply.reason, flush=True)
"""


@contextmanager
def process(cache: CallCache, endpoint: Endpoint, first: int, last: int) -> Iterator["subprocess.Popen[str]"]:
    """A process that makes the calls of some rows once it is told to."""
    arguments = [sys.executable, "-c", RUN, str(cache.database.path), endpoint.url, str(first), str(last), "bare"]
    running = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def rows(first: int, last: int, endpoint: Endpoint) -> Iterator[Call]:
    return (asking(f"row {n}", api_base=endpoint.url, params={"max_tokens": 10}) for n in range(first, last))


def go(running: "subprocess.Popen[str]") -> None:
    assert running.stdin is not None
    running.stdin.write("\n")
    running.stdin.flush()


def wait_until(true: Callable[[], bool]) -> None:
    """Until a fact about another process holds; it fails after a minute."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_two_processes_make_each_call_once(
    cache: CallCache, endpoint: Endpoint, gateway: Callable[..., Gateway]
) -> None:
    endpoint.latency = 0.01
    with process(cache, endpoint, 0, 200) as other:
        go(other)
        wait_until(lambda: len(endpoint.requests) > 0)
        replies = [reply.text for _, reply in gateway(concurrency=8, door=BareDoor()).run(rows(0, 200, endpoint))]
        output, _ = other.communicate(timeout=60)
    expected = {f"echo row {number}" for number in range(200)}
    assert set(replies) == set(output.split("\n")[:-1]) == expected
    assert max(Counter(endpoint.texts()).values()) == 1


def test_after_a_kill_only_what_was_under_way_is_made_again(
    cache: CallCache, endpoint: Endpoint, gateway: Callable[..., Gateway]
) -> None:
    endpoint.script = {f"row {number}": ["hang"] for number in range(60, 68)}
    with process(cache, endpoint, 0, 100) as other:
        go(other)
        wait_until(lambda: len(endpoint.requests) == 68)
        wait_until(lambda: cache.stats().replies == 60)
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        began = time.monotonic()
        served = gateway(concurrency=8, door=BareDoor())
        replies = {reply.text for _, reply in served.run(rows(0, 100, endpoint))}
    assert replies == {f"echo row {number}" for number in range(100)}
    assert (served.tally.cached, served.tally.sent) == (60, 40)
    assert len(endpoint.requests) == 100 + 8
    assert time.monotonic() - began < LEASE_SECONDS / 2, "a dead owner's claims are not waited for"


def test_a_process_finishes_what_another_was_killed_over(
    cache: CallCache, endpoint: Endpoint, gateway: Callable[..., Gateway]
) -> None:
    endpoint.script = {f"row {number}": ["hang"] for number in range(8)}
    with process(cache, endpoint, 0, 8) as other:
        go(other)
        wait_until(lambda: len(endpoint.requests) == 8)
        stream = gateway(concurrency=8, door=BareDoor()).run(rows(0, 16, endpoint))
        first = [next(stream)[1].text for _ in range(8)]
        assert set(first) == {f"echo row {number}" for number in range(8, 16)}, "nobody waits for another's call"
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert {reply.text for _, reply in stream} == {f"echo row {number}" for number in range(8)}


def test_money_of_all_processes_adds_up_and_a_killed_one_stays_counted(
    cache: CallCache, endpoint: Endpoint, gateway: Callable[..., Gateway]
) -> None:
    with process(cache, endpoint, 0, 10) as one, process(cache, endpoint, 10, 20) as two:
        go(one)
        go(two)
        one.communicate(timeout=60)
        two.communicate(timeout=60)
    assert gateway().spending().settled_usd == pytest.approx(20 * 110 * 0.001)
    assert gateway().spending().reserved_usd == 0
    endpoint.script = {"row 20": ["hang"]}
    with process(cache, endpoint, 20, 21) as killed:
        go(killed)
        wait_until(lambda: "row 20" in endpoint.texts())
    assert gateway().spending().reserved_usd > 0


def test_a_warm_run_never_imports_litellm(
    cache: CallCache, endpoint: Endpoint, gateway: Callable[..., Gateway]
) -> None:
    list(gateway(door=BareDoor()).run(rows(0, 20, endpoint)))
    script = RUN + 'print("litellm" in sys.modules)'
    arguments = [sys.executable, "-c", script, str(cache.database.path), endpoint.url, "0", "20", "litellm"]
    warm = subprocess.run(arguments, cwd=ROOT, input="\n", capture_output=True, text=True, timeout=60, check=True)
    assert warm.stdout.endswith("False\n")
    assert warm.stderr == ""
    assert len(endpoint.requests) == 20


def test_a_cold_run_ends_without_a_word_on_stderr(cache: CallCache, endpoint: Endpoint) -> None:
    arguments = [sys.executable, "-c", RUN, str(cache.database.path), endpoint.url, "0", "5", "litellm"]
    cold = subprocess.run(arguments, cwd=ROOT, input="\n", capture_output=True, text=True, timeout=60, check=True)
    assert cold.stdout.count("echo row") == 5
    assert cold.stderr == ""
