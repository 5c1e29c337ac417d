"""Facts about the cycles in MLflow: one run a cycle, whole or not there; no store hangs or speaks in riddles."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import polars as pl
import pytest

from tasks.adapters.mlflow_store import open_store
from tasks.adapters.report import figures
from tasks.adapters.tracking import Tracker
from tasks.domain.cycle import Cycle
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.estimate import Estimate
from tasks.stats.proportion import rate_difference

MakeCycle = Callable[..., Cycle]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as MLflow makes it, once for all tests: that takes seconds."""
    folder = tmp_path_factory.mktemp("empty")
    open_store(f"sqlite:///{folder / 'mlflow.db'}", make=True)
    return folder / "mlflow.db"


@pytest.fixture
def folder(tmp_path: Path, empty_store: Path) -> Path:
    shutil.copyfile(empty_store, tmp_path / "mlflow.db")
    return tmp_path


class Logged:
    """A workspace's MLflow store as a reader sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = open_store(f"sqlite:///{folder / 'mlflow.db'}", make=False)

    def runs(self) -> list[Any]:
        experiment = self.client.get_experiment_by_name("tests")
        return list(self.client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"]))

    def cycles(self) -> list[Any]:
        return [run for run in self.runs() if "mlflow.parentRunId" not in run.data.tags]

    def file(self, run: str, name: str) -> Path:
        location = self.client.get_run(run).info.artifact_uri
        assert location.startswith((self.folder / "mlartifacts").as_uri())
        return Path(url2pathname(urlsplit(location).path)) / name


def log(folder: Path, cycle: Cycle, **changes: Any) -> str:
    (folder / "report.html").write_text("<!doctype html><title>report</title>")
    (folder / "chat.jsonl").write_text('{"messages": []}\n')
    content: dict[str, Any] = {
        "tables": {"verdicts": pl.DataFrame({"trace_id": ["t1", "t2"], "value": ["pass", None], "tags": [["a"], []]})},
        "training_files": {"chat": folder / "chat.jsonl"},
        "report": folder / "report.html",
    }
    return Tracker(None, folder, "tests").log_cycle(cycle, **content | changes)


def test_a_cycle_is_one_run_with_a_nested_run_for_each_step(folder: Path, made_cycle: MakeCycle) -> None:
    run_id = log(folder, made_cycle())
    [cycle] = Logged(folder).cycles()
    steps = [run for run in Logged(folder).runs() if run.info.run_id != run_id]
    assert cycle.info.run_id == run_id
    assert (cycle.info.run_name, cycle.info.status) == ("cycle 2026-03-05", "FINISHED")
    assert [step.info.run_name for step in steps] == ["ingest", "sample", "judge.production", "training_set"]
    assert {step.data.tags["mlflow.parentRunId"] for step in steps} == {run_id}
    assert {step.info.status for step in steps} == {"FINISHED"}
    assert steps[2].data.metrics["model_calls"] == 2000
    assert steps[2].data.metrics["rows/judged"] == 5 * 396
    assert steps[2].info.end_time - steps[2].info.start_time == pytest.approx(71_300, abs=2)


def test_every_estimate_is_a_metric_with_its_bounds_and_n(folder: Path, made_cycle: MakeCycle) -> None:
    cycle = made_cycle().compared([made_cycle("2026-03-04")], rate_difference)
    run = Logged(folder).client.get_run(log(folder, cycle))
    for name, estimate in figures.named_estimates(cycle).items():
        found = [run.data.metrics[f"{name}{ending}"] for ending in ("", "_low", "_high", "_n")]
        assert found == pytest.approx([estimate.value, estimate.low, estimate.high, estimate.n], abs=1e-6)
    assert {"pass_rate", "production_pass_rate", "benchmark_production_gap", "delta", "production_change"} <= set(
        run.data.metrics
    )
    assert run.data.metrics["cost_usd"] == 0.8125


def test_the_accounting_of_every_table_adds_up_in_mlflow(folder: Path, made_cycle: MakeCycle) -> None:
    cycle = made_cycle()
    run_id = log(folder, cycle)
    metrics = Logged(folder).client.get_run(run_id).data.metrics
    for table in ("production", "benchmark", "current", "candidate"):
        parts = [metrics[f"rows/{table}_{name}"] for name in ("judged", "abstained", "failed", "skipped")]
        assert sum(parts) == metrics[f"rows/{table}_n"] == cycle.accounting[table].n
    whole = pl.read_parquet(Logged(folder).file(run_id, "tables/accounting.parquet"))
    assert whole.get_column("table").to_list() == list(cycle.accounting)


def test_the_table_of_cycles_is_a_saved_view_of_metrics_and_tags_that_exist(
    folder: Path, made_cycle: MakeCycle
) -> None:
    run = Logged(folder).client.get_run(log(folder, made_cycle().compared([made_cycle("2026-03-04")], rate_difference)))
    experiment = Logged(folder).client.get_experiment_by_name("tests")
    view = json.loads(experiment.tags["mlflow.sharedViewState.cycles"])
    state = json.loads(view["state"])
    assert {chart["metricKey"] for chart in state["compareRunCharts"]} <= set(run.data.metrics)
    known = {f"metrics.`{name}`" for name in run.data.metrics} | {f"tags.`{name}`" for name in run.data.tags}
    assert set(state["selectedColumns"]) <= known


def test_an_unknown_estimate_is_no_metric_and_its_reason_stands_in_the_table(
    folder: Path, made_cycle: MakeCycle
) -> None:
    cycle = made_cycle(estimates={"production_pass_rate": Estimate.unknown("all verdicts failed", n=400)})
    store = Logged(folder)
    run_id = log(folder, cycle)
    metrics = store.client.get_run(run_id).data.metrics
    assert "production_pass_rate" not in metrics
    assert metrics["production_pass_rate_n"] == 400
    table = pl.read_parquet(store.file(run_id, "tables/estimates.parquet"))
    assert table.filter(pl.col("figure") == "pass_rate").get_column("why").to_list() == ["all verdicts failed"]


def test_parameters_are_hashes_and_settings_and_tags_tell_what_to_filter_by(
    folder: Path, made_cycle: MakeCycle
) -> None:
    run = Logged(folder).client.get_run(log(folder, made_cycle(simulated=True, trust=())))
    assert run.data.params["judge_overall"] == "b2-judge-overall"
    assert run.data.params["sample"] == "b2-5a3b"
    assert run.data.params["window_until"] == "2026-03-06"
    tags = run.data.tags
    assert (tags["simulated"], tags["judge_trusted"], tags["decision"]) == ("yes", "no labels yet", "INCONCLUSIVE")
    assert "**77.1%** [75.0 to 79.2%], n = 396" in tags["mlflow.note.content"]


def test_tables_training_set_and_report_are_among_the_files(folder: Path, made_cycle: MakeCycle) -> None:
    run_id = log(folder, made_cycle())
    store = Logged(folder)
    assert {each.path for each in store.client.list_artifacts(run_id)} == {
        "report.html",
        "cycle.json",
        "tables",
        "training_set",
    }
    assert store.file(run_id, "report.html").read_text() == (folder / "report.html").read_text()
    assert store.file(run_id, "training_set/chat.jsonl").read_text() == (folder / "chat.jsonl").read_text()
    assert Cycle.model_validate_json(store.file(run_id, "cycle.json").read_text()) == made_cycle()
    shown = json.loads(store.file(run_id, "tables/verdicts.json").read_text())
    assert shown == {"columns": ["trace_id", "value", "tags"], "data": [["t1", "pass", ["a"]], ["t2", None, []]]}


def test_a_long_table_is_shown_in_part_and_kept_whole(folder: Path, made_cycle: MakeCycle) -> None:
    table = pl.DataFrame({"row": range(3000), "output": ["long " * 1000] * 3000})
    run_id = log(folder, made_cycle(), tables={"verdicts": table})
    store = Logged(folder)
    shown = json.loads(store.file(run_id, "tables/verdicts.json").read_text())["data"]
    assert len(shown) == 1000
    assert max(len(text) for _, text in shown) == 2000
    assert pl.read_parquet(store.file(run_id, "tables/verdicts.parquet")).equals(table)


def test_the_same_cycle_logged_twice_is_one_run(folder: Path, made_cycle: MakeCycle) -> None:
    first = log(folder, made_cycle())
    again = log(folder, made_cycle(model_calls=0, cost_usd=0.0))
    assert again == first
    assert [run.info.run_id for run in Logged(folder).cycles()] == [first]
    assert Logged(folder).cycles()[0].data.metrics["model_calls"] == 2000


def test_a_cycle_that_says_something_else_now_replaces_what_it_said(folder: Path, made_cycle: MakeCycle) -> None:
    first = log(folder, made_cycle())
    second = log(folder, made_cycle(production=0.81))
    assert second != first
    assert [run.info.run_id for run in Logged(folder).cycles()] == [second]
    assert len(Logged(folder).runs()) == 1 + len(made_cycle().stages)


def test_a_failure_in_the_middle_is_marked_and_the_next_try_logs_anew(folder: Path, made_cycle: MakeCycle) -> None:
    with pytest.raises(FileNotFoundError):
        log(folder, made_cycle(), report=folder / "no-such-report.html")
    assert [run.info.status for run in Logged(folder).cycles()] == ["FAILED"]
    run_id = log(folder, made_cycle())
    assert [(run.info.run_id, run.info.status) for run in Logged(folder).cycles()] == [(run_id, "FINISHED")]
    assert len(Logged(folder).runs()) == 1 + len(made_cycle().stages)


def test_a_run_that_was_killed_is_replaced(folder: Path, made_cycle: MakeCycle) -> None:
    store = Logged(folder)
    log(folder, made_cycle("2026-03-04"))
    experiment = store.client.get_experiment_by_name("tests").experiment_id
    dead = store.client.create_run(experiment, tags=figures.cycle_tags(made_cycle()), run_name="cycle 2026-03-05")
    run_id = log(folder, made_cycle())
    assert [run.info.run_name for run in store.cycles()] == ["cycle 2026-03-04", "cycle 2026-03-05"]
    assert store.cycles()[1].info.run_id == run_id
    assert store.client.get_run(dead.info.run_id).info.status == "KILLED"
    assert store.client.get_run(dead.info.run_id).info.lifecycle_stage == "deleted"


@pytest.mark.parametrize("name", ["", "strata with / and ü=1", "../up", "a" * 300, "10% off: 'x'"])
def test_any_name_of_a_table_makes_a_metric(folder: Path, made_cycle: MakeCycle, name: str) -> None:
    accounting = made_cycle().accounting["benchmark"]
    run = Logged(folder).client.get_run(log(folder, made_cycle(accounting={name: accounting}, parameters={name: "b2"})))
    assert [value for key, value in run.data.metrics.items() if key.startswith("rows/")].count(300) == 2
    assert "b2" in run.data.params.values()


def test_a_new_store_is_made_quietly_and_nothing_else_is_left_behind(tmp_path: Path, made_cycle: MakeCycle) -> None:
    workspace = tmp_path / "a workspace, 100% ours"
    workspace.mkdir()
    cycle = tmp_path / "cycle.json"
    cycle.write_text(made_cycle().model_dump_json())
    (tmp_path / "report.html").write_text("<!doctype html>")
    script = """
        import socket, sys
        from pathlib import Path

        def refuse(*arguments: object) -> None:
            raise AssertionError(f"it looks for {arguments}")

        socket.getaddrinfo = socket.socket.connect = refuse
        from tasks.adapters.tracking import Tracker
        from tasks.domain.cycle import Cycle

        cycle = Cycle.model_validate_json(Path(sys.argv[1]).read_text())
        Tracker(None, Path(sys.argv[2]), "tests").log_cycle(cycle, {}, {}, Path(sys.argv[3]))
    """
    files = [str(cycle), str(workspace), str(tmp_path / "report.html")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    house = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *files],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(house)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(each.name for each in workspace.iterdir()) == ["mlartifacts", "mlflow.db"]
    assert len(Logged(workspace).cycles()) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["cycle.json", "report.html", workspace.name])


def test_a_store_whose_making_was_cut_off_is_made_again(tmp_path: Path, made_cycle: MakeCycle) -> None:
    (tmp_path / f".mlflow.db.{os.getpid()}.tmp").write_bytes(b"half a store")
    log(tmp_path, made_cycle())
    assert len(Logged(tmp_path).cycles()) == 1


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\x00" + b"\x00" * 40])
def test_a_file_that_is_no_store_is_named_at_once(tmp_path: Path, made_cycle: MakeCycle, content: bytes) -> None:
    (tmp_path / "mlflow.db").write_bytes(content * 100)
    with pytest.raises(WrongInput, match="this is not an MLflow store") as caught:
        log(tmp_path, made_cycle())
    assert caught.value.file == str(tmp_path / "mlflow.db")
    assert (tmp_path / "mlflow.db").read_bytes() == content * 100


def test_the_database_of_another_program_is_left_alone(tmp_path: Path, made_cycle: MakeCycle) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as other:
        other.execute("create table invoices (id integer)")
    other.close()
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(WrongInput, match="another program"):
        log(tmp_path, made_cycle())
    assert (tmp_path / "mlflow.db").read_bytes() == before


def test_a_locked_store_is_called_locked(folder: Path, made_cycle: MakeCycle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.adapters.mlflow_store.CONNECT_SECONDS", 0.05)
    holder = sqlite3.connect(folder / "mlflow.db", isolation_level=None)
    holder.execute("begin exclusive")
    with pytest.raises(WrongInput, match="locked"):
        log(folder, made_cycle())
    holder.close()
    log(folder, made_cycle())


def test_a_store_of_another_version_is_explained(folder: Path, made_cycle: MakeCycle) -> None:
    with sqlite3.connect(folder / "mlflow.db") as file:
        file.execute("update alembic_version set version_num = 'f1e2d3c4b5a6'")
    file.close()
    with pytest.raises(WrongInput, match="another version of MLflow") as caught:
        log(folder, made_cycle())
    assert "mlflow db upgrade" in str(caught.value)


def test_a_moved_workspace_is_told_so(folder: Path, made_cycle: MakeCycle) -> None:
    log(folder, made_cycle())
    moved = folder.with_name(f"{folder.name}-moved")
    folder.rename(moved)
    with pytest.raises(WrongInput, match="moved or copied"):
        log(moved, made_cycle())


def test_a_deleted_experiment_is_told_so(folder: Path, made_cycle: MakeCycle) -> None:
    log(folder, made_cycle())
    client = Logged(folder).client
    client.delete_experiment(client.get_experiment_by_name("tests").experiment_id)
    with pytest.raises(WrongInput, match="was deleted"):
        log(folder, made_cycle())


def test_two_processes_may_make_the_experiment_at_once(
    folder: Path, made_cycle: MakeCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = log(folder, made_cycle("2026-03-04"))
    client = type(Logged(folder).client)
    look_up = client.get_experiment_by_name
    answers = iter([None])
    monkeypatch.setattr(client, "get_experiment_by_name", lambda self, name: next(answers, look_up(self, name)))
    second = log(folder, made_cycle("2026-03-05"))
    assert {run.info.run_id for run in Logged(folder).cycles()} == {first, second}


def test_a_relative_store_lies_in_the_workspace(folder: Path) -> None:
    assert Tracker("sqlite:///shared.db", folder, "tests").uri == f"sqlite:///{folder / 'shared.db'}"
    assert Tracker("sqlite:////data/shared.db", folder, "tests").uri == "sqlite:////data/shared.db"
    assert Tracker("http://mlflow.internal:5000", folder, "tests").uri == "http://mlflow.internal:5000"


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def server() -> Iterator[Callable[[int, bytes], str]]:
    """A web server that answers everything with one status and one body."""
    running: list[HTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else body)

            do_POST = do_HEAD = do_GET  # noqa: N815

            def log_message(self, *arguments: Any) -> None:
                pass

        running.append(HTTPServer(("127.0.0.1", 0), Answer))
        Thread(target=running[-1].serve_forever, kwargs={"poll_interval": 0.01}).start()
        return f"127.0.0.1:{running[-1].server_address[1]}"

    yield start
    for each in running:
        each.shutdown()
        each.server_close()


def test_a_server_that_does_not_answer_leaves_the_cycle_unfinished(tmp_path: Path, made_cycle: MakeCycle) -> None:
    tracker = Tracker(f"http://lead:hunter2@127.0.0.1:{closed_port()}", tmp_path, "tests")
    with pytest.raises(Unfinished, match="does not answer") as caught:
        tracker.log_cycle(made_cycle(), {}, {}, tmp_path / "report.html")
    assert "hunter2" not in str(caught.value)
    assert "only the logging is left" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}', WrongInput, "refuses this user"),
        (401, b"who are you", WrongInput, "refuses this user"),
        (404, b"<html>no such page</html>", WrongInput, "cannot use this store"),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "broken"}', Unfinished, "does not answer"),
    ],
)
def test_what_a_server_refuses_is_explained(
    tmp_path: Path,
    made_cycle: MakeCycle,
    server: Callable[[int, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    error: type[Exception],
    words: str,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracker = Tracker(f"http://lead:hunter2@{server(status, body)}", tmp_path, "tests")
    with pytest.raises(error, match=words) as caught:
        tracker.log_cycle(made_cycle(), {}, {}, tmp_path / "report.html")
    assert "hunter2" not in str(caught.value)
