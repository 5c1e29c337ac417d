"""Both deployments run for real: a Prefect server on loopback, a process worker, and the entrypoints by their names."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.adapters.store.cycles import CycleStore
from tasks.adapters.workspace import Workspace

ROOT = Path(__file__).parents[2]
PREFECT = Path(sys.executable).with_name("prefect")
pytestmark = pytest.mark.timeout(420)


class Server:
    """A Prefect server with a home of its own, and what a person types at it."""

    def __init__(self, home: Path, workspace: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "FLYWHEEL_WORKSPACE": str(workspace),
            "NO_PROXY": "127.0.0.1",
        }
        self.log = home / "log.txt"
        home.mkdir(parents=True)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PREFECT, *words], cwd=ROOT, env=self.environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT
        )

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [PREFECT, "--no-prompt", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/{path}", data, {"Content-Type": "application/json"})
        for patience in reversed(range(40)):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or "null")
            except urllib.error.HTTPError as error:
                if error.code != 503 or not patience:
                    raise
                time.sleep(0.5)  # its SQLite file is busy for a moment, and it says so
        return None


def until(ready: Callable[[], Any], seconds: float) -> Any:
    """What `ready` gives as soon as it gives something."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            if found := ready():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"not ready in {seconds} s")


@pytest.fixture
def server(workspace: Workspace, tmp_path: Path) -> Iterator[Server]:
    """A running server with both deployments and a worker."""
    server = Server(tmp_path / "prefect", workspace.root)
    running = [server.start("server", "start", "--host", "127.0.0.1", "--port", str(server.port))]
    try:
        until(lambda: server.ask("health"), 120)
        server.run("work-pool", "create", "flywheel", "--type", "process")
        server.run("deploy", "--prefect-file", "deployments/prefect.yaml", "--all")
        running.append(server.start("worker", "start", "--pool", "flywheel"))
        yield server
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(30)


def finished(server: Server, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    deployment = server.ask(f"deployments/name/{name}")
    run = server.ask(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})

    def over() -> Any:
        found = server.ask(f"flow_runs/{run['id']}")
        return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    found: dict[str, Any] = until(over, 240)
    return found


def task_states(server: Server, run_id: str, last: str) -> dict[str, str]:
    """The task runs of a flow run by name. The server notes them a moment after they end, so the last is waited for."""

    def noted() -> dict[str, str] | None:
        found = server.ask("task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 200})
        states = {task["name"]: task["state_name"] for task in found}
        return states if last in states and not {"Pending", "Running"} & set(states.values()) else None

    states: dict[str, str] = until(noted, 60)
    return states


def test_both_deployments_run_to_their_end(server: Server, workspace: Workspace) -> None:
    nightly = server.ask("deployments/name/nightly/nightly")
    assert nightly["schedules"][0]["schedule"]["cron"] == "0 5 * * *"
    run = finished(server, "nightly/nightly", {})
    assert run["state_type"] == "COMPLETED", server.log.read_text(encoding="utf-8")[-3000:]
    (record,) = CycleStore(workspace.root / "cycles").all()
    assert record.summary.comparison is not None
    expected = {"sample", "judge.production.overall", "answer.candidate", "training_set"}
    assert expected <= task_states(server, run["id"], "training_set").keys()

    mirror = finished(
        server, "mirror/mirror", {"request": {"candidate": "candidate", "workspace": str(workspace.root)}}
    )
    assert mirror["state_type"] == "COMPLETED", server.log.read_text(encoding="utf-8")[-3000:]
    form = server.ask("deployments/name/mirror/mirror")["parameter_openapi_schema"]
    assert "candidate" in json.dumps(form)
    states = task_states(server, mirror["id"], "decide.synthetic")
    assert states["judge.candidate.overall"] == "Cached", "what the nightly did is not done again"
    assert "Running" not in server.run("flow-run", "ls", "--limit", "5")


def test_every_entrypoint_of_the_file_can_be_imported() -> None:
    described = yaml.safe_load((ROOT / "deployments" / "prefect.yaml").read_text(encoding="utf-8"))
    for deployment in described["deployments"]:
        module, _, name = deployment["entrypoint"].rpartition(".")
        program = f"import {module} as m; assert m.{name}.name == {deployment['name']!r}"
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
