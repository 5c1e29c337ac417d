"""What did a whole process take? Its wall time, its CPU seconds, its peak memory, and what the endpoint served it.

Only the standard library is imported here: the kernel counts the memory of whoever starts a process as that process's
own for a moment, so that one may not be large.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "MLFLOW_DISABLE_TELEMETRY": "true", "OPENAI_API_KEY": "none"}
"""Of the peers: they ask no other host than the endpoint."""


@dataclass(frozen=True)
class Run:
    """A process that has ended. `said` is the JSON document on its stdout, empty where there was none."""

    wall: float
    cpu: float
    peak_mb: float
    code: int
    requests: int
    said: dict[str, Any]


class Bench:
    """The endpoint's process, and the processes that are measured against it."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

    def reset(self, **plan: object) -> None:
        """Opens a new account, with the latency and the faults of a `Plan`."""
        self._asked("/reset", json.dumps(plan).encode())

    def requests(self) -> int:
        """How many were served since then."""
        return int(json.loads(self._asked("/stats"))["requests"])

    def bodies(self) -> bytes:
        """What was asked, a line a request, where the plan says to keep it."""
        return self._asked("/bodies")

    def run(self, words: Sequence[object]) -> Run:
        """Starts a process, waits for its end and says what it took."""
        return self.together([words])[0]

    def together(self, several: Sequence[Sequence[object]]) -> list[Run]:
        """Starts processes at once. Each one's requests are those of all."""
        before = self.requests()
        sys.stderr.write(f"  {' '.join(Path(str(word)).name for word in several[0][:4])}\n")
        ends = [end() for end in [_started(words) for words in several]]
        served = self.requests() - before
        return [Run(wall, cpu, peak, code, served, said) for wall, cpu, peak, code, said in ends]

    def kill_after(self, requests: int, words: Sequence[object]) -> None:
        """Starts a process, and kills it once it has made so many requests."""
        running = subprocess.Popen(_command(words), cwd=ROOT, env=_environment(), stdout=-3, stderr=-3)
        while running.poll() is None and self.requests() < requests:
            time.sleep(0.01)
        running.kill()
        running.wait()

    def _asked(self, path: str, body: bytes | None = None) -> bytes:
        with urlopen(Request(self.address + path, data=body), timeout=60) as reply:
            read: bytes = reply.read()
        return read


@contextmanager
def bench() -> Iterator[Bench]:
    """Starts the endpoint on a free port, and ends it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = subprocess.Popen([sys.executable, "-m", "tests.bench.endpoint", str(port)], cwd=ROOT)
    try:
        started = Bench(port)
        _wait_for(started)
        yield started
    finally:
        endpoint.kill()
        endpoint.wait()


def _wait_for(started: Bench) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            started.requests()
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


Ended = tuple[float, float, float, int, dict[str, Any]]


def _started(words: Sequence[object]) -> Callable[[], Ended]:
    """Starts a process; the function that is returned waits for its end."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
    err = tempfile.TemporaryFile()  # noqa: SIM115
    began = time.perf_counter()
    running = subprocess.Popen(_command(words), cwd=ROOT, env=_environment(), stdout=out, stderr=err)

    def end() -> Ended:
        _, status, usage = os.wait4(running.pid, 0)
        wall = time.perf_counter() - began
        running.returncode = code = os.waitstatus_to_exitcode(status)
        with out, err:
            out.seek(0), err.seek(0)
            said, complaint = out.read(), err.read().decode(errors="replace")
        document: dict[str, Any] = json.loads(said.splitlines()[-1]) if said else {}
        if not {"accounting", "answered"} & document.keys():
            raise RuntimeError(f"{words[0]} ended with {code} and gave no account:\n{complaint[-2000:]}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code, document

    return end


def _command(words: Sequence[object]) -> list[str]:
    return [*map(str, words)]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")} | QUIET
