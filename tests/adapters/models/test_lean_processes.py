"""A process of lean calls is light, ends in silence whatever is under way, and shares nothing with its children."""

import subprocess
import sys
from pathlib import Path

from tests.adapters.models.doubles import Endpoint

ROOT = Path(__file__).parents[3]
RUN = """
import os, sys
from pathlib import Path
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.providers import Doors, LiteLLM
from tests.adapters.models.doubles import asking

def run(first, last):
    cache = CallCache(Path(path))
    opened = {"lean": Doors, "litellm": LiteLLM}[door]({})
    served = Gateway(cache, Budget(price_per_million={"*": 1.0}), concurrency=8, door=opened)
    for call, reply in served.run(asking(f"row {number}", api_base=address) for number in range(first, last)):
        print(reply.text or reply.reason, flush=True)

path, address, door = sys.argv[1:]
"""
COLD = RUN + 'run(0, 20); print("litellm" in sys.modules)'
LEFT = """
import asyncio, sys, time
from tasks.adapters.models.background import background_loop
from tasks.adapters.models.providers import Doors
from tests.adapters.models.doubles import asking

doors = Doors({})
calls = [asking(f"row {number}", api_base=sys.argv[2]) for number in range(8)]
sent = [asyncio.run_coroutine_threadsafe(doors.send(call, 60), background_loop()) for call in calls]
for reply in sent[:4]:
    print(reply.result().text)
"""
FORKED = RUN + "run(0, 8); child = os.fork(); run(*((8, 16) if child else (16, 24))); child and os.waitpid(child, 0)"


def ran(script: str, path: Path, endpoint: Endpoint, door: str = "lean") -> "subprocess.CompletedProcess[str]":
    """A process of its own, which tells of everything that it leaves open."""
    arguments = [sys.executable, "-W", "always::ResourceWarning", "-c", script, str(path), endpoint.url, door]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)


def test_a_process_of_lean_calls_never_imports_litellm_and_ends_in_silence(tmp_path: Path, endpoint: Endpoint) -> None:
    cold = ran(COLD, tmp_path / "calls.sqlite", endpoint)
    assert cold.stdout.count("echo row") == 20
    assert cold.stdout.endswith("False\n")
    assert cold.stderr == ""


def test_a_process_that_leaves_calls_under_way_ends_in_silence(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.script = {f"row {number}": ["hang"] for number in range(4, 8)}
    left = ran(LEFT, tmp_path / "calls.sqlite", endpoint)
    assert (left.stdout.count("echo row"), left.stderr) == (4, "")


def test_a_forked_process_has_connections_of_its_own_and_ends_in_silence(tmp_path: Path, endpoint: Endpoint) -> None:
    forked = ran(FORKED, tmp_path / "calls.sqlite", endpoint)
    assert {f"echo row {number}" for number in range(24)} == set(forked.stdout.split("\n")[:-1])
    assert forked.stderr == ""
    assert len(endpoint.requests) == 24


def test_a_process_of_litellms_calls_ends_in_silence(tmp_path: Path, endpoint: Endpoint) -> None:
    cold = ran(COLD, tmp_path / "calls.sqlite", endpoint, "litellm")
    assert cold.stdout.count("echo row") == 20
    assert cold.stdout.endswith("True\n")
    assert "Unclosed" not in cold.stderr
