"""The bench draws the faults that it is asked for, counts what is served, and tells what it measured."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.bench.bench import changes, in_turn, same_values
from tests.bench.endpoint import Plan
from tests.bench.job import Job, adds_up
from tests.bench.measuring import Bench, Run, bench
from tests.bench.report import Line, Target, exactly, middle_of, table, targets_text

ROWS = 12


@pytest.fixture(scope="module")
def started() -> Iterator[Bench]:
    with bench() as endpoint:
        yield endpoint


@pytest.fixture
def job(started: Bench, tmp_path: Path) -> Job:
    return Job(tmp_path, started, ROWS, workers=4, latency_ms=2)


def run(wall: float = 1.0, **said: object) -> Run:
    return Run(wall=wall, cpu=0.5, peak_mb=40, code=0, requests=3, said=said)


def bodies(job: Job) -> Path:
    path = job.folder / "bodies.jsonl"
    lines = [{"model": "m", "messages": [{"role": "user", "content": str(number)}]} for number in range(job.rows)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_faults_are_drawn_in_the_shares_that_are_asked_for_and_a_retry_may_succeed() -> None:
    plan = Plan(rate_limit=0.1, error=0.05, garbage=0.05, hang=0.01)
    contents = [str(number).encode() for number in range(5000)]
    first = [plan.fault(content, 1) for content in contents]
    for name in ("rate_limit", "error", "garbage", "hang"):
        assert first.count(name) / len(first) == pytest.approx(getattr(plan, name), rel=0.25)
    assert first == [plan.fault(content, 1) for content in contents]
    again = [plan.fault(content, 2) for content, fault in zip(contents, first, strict=True) if fault]
    assert again.count(None) > len(again) / 2
    assert not any(Plan().fault(content, 1) for content in contents)


@pytest.mark.parametrize(("fault", "status"), [("rate_limit", 429), ("error", 503)])
def test_a_fault_is_served_as_a_provider_would(started: Bench, fault: str, status: int) -> None:
    started.reset(**{fault: 1.0})
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{started.url}/chat/completions", data=b'{"model": "m"}'))
    assert refused.value.code == status
    assert (refused.value.headers["Retry-After"] == "1") == (fault == "rate_limit")
    assert started.requests() == 1


def test_garbage_is_a_completion_that_holds_no_verdict(started: Bench) -> None:
    started.reset(garbage=1.0)
    with urlopen(Request(f"{started.url}/chat/completions", data=b'{"model": "m"}')) as reply:
        text = json.load(reply)["choices"][0]["message"]["content"]
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(text)


def test_the_bare_loop_makes_each_request_once(job: Job) -> None:
    job.bench.reset(latency_ms=1)
    done = job.bench.run(job.script("bare_loop", bodies(job)))
    assert (done.said, done.requests, done.code) == ({"answered": ROWS}, ROWS, 0)
    assert done.wall > 0
    assert done.cpu > 0
    assert done.peak_mb > 10, "of a test it says no more: a process begins with the memory of whoever starts it"


def test_a_process_that_gives_no_account_is_an_error_with_its_complaint(job: Job) -> None:
    job.bench.reset(error=1.0)
    with pytest.raises(RuntimeError, match="KeyError: 'choices'"):
        job.bench.run(job.script("bare_loop", bodies(job)))


def test_a_process_is_killed_once_it_has_made_half_of_its_requests(job: Job) -> None:
    job.bench.reset(latency_ms=500)
    job.bench.kill_after(ROWS // 2, job.script("bare_loop", bodies(job)))
    assert job.bench.requests() == 2 * job.workers


def test_we_and_the_bare_loop_send_the_same_and_what_did_not_change_is_not_sent_again(job: Job) -> None:
    parts = [*in_turn(job, rounds=1, peers={"nobody's": ("no_such_module", "nobody")}, slow={}), *changes(job)]
    lines = {part.name: part.run for part in parts if isinstance(part, Line)}
    assert lines.pop("nobody's") is None
    requests = {name: each.requests for name, each in lines.items() if each}
    assert requests == {
        "bare aiohttp loop": ROWS,
        "flywheel judge, cold": ROWS,
        "flywheel judge, warm": 0,
        "10 rows changed": 10,
        "rubric changed": ROWS,
    }
    exact = [part for part in parts if isinstance(part, Target) and part.at_least]
    assert len(exact) == 4
    assert all(part.holds for part in exact)


def test_the_table_and_the_targets_are_told() -> None:
    counts = {"n": 1000, "judged": 998, "abstained": 0, "failed": 2, "skipped": 0}
    lines = [Line("bare", run(2.0, answered=1000)), Line("ours", run(3.0, accounting=counts)), Line("theirs", None)]
    assert table(lines, run(2.0)).splitlines()[2:] == [
        "| bare | 2.00 | 1.00 | 0.50 | 40 | 3 | 1,000 answered |",
        "| ours | 3.00 | 1.50 | 0.50 | 40 | 3 | 998 judged, 2 failed |",
        "| theirs | not installed | | | | | |",
    ]
    told = targets_text([Target("cold: seconds", 1.2, 1.0), exactly("rows", 10, 10), exactly("requests", 9, 10)])
    assert [line.split()[1] for line in told.splitlines()] == ["MISSED:", "holds:", "MISSED:"]


def test_an_account_that_does_not_add_up_is_seen() -> None:
    counts = {"n": 10, "judged": 8, "abstained": 0, "failed": 1, "skipped": 0}
    assert not adds_up(run(accounting=counts), 10)
    assert adds_up(run(accounting={**counts, "skipped": 1}), 10)
    assert not adds_up(run(accounting={**counts, "skipped": 1}), 11)


def test_the_middle_of_several_runs_is_their_median() -> None:
    assert middle_of([run(3.0), run(1.0), run(2.0)]).wall == 2.0


def test_only_equal_verdicts_count_as_the_same(tmp_path: Path) -> None:
    files = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    for path, values in zip(files, (["pass", "fail", None], ["pass", "pass", None]), strict=True):
        rows = [{"item_id": number, "value": value} for number, value in enumerate(values)]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert same_values(*files) == 1
