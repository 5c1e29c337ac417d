"""`flywheel judge` on plain files: every row accounted for, paid for once, in order, and resumed after any end."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.adapters.models.doubles import Endpoint, Request, Step, error, ok
from tests.flows.test_cli import FLYWHEEL, Said, flywheel, refused

RUBRIC = "---\nname: tone\nscale: {scale}\n---\nIs it kind? {more}\n"


@dataclass
class Desk:
    """A folder with items and a criterion, and an endpoint that judges by the words of the answer."""

    folder: Path
    endpoint: Endpoint
    first: dict[str, list[Step]] = field(default_factory=dict)
    """What the endpoint does first where an answer holds certain words."""

    def write(self, outputs: Sequence[str | None], name: str = "items.jsonl", **more: Any) -> Path:
        rows = [
            {"item_id": f"item {n}", "input": "Where is my order?", "output": text, **more}
            for n, text in enumerate(outputs)
        ]
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def words(self, *options: object, items: str = "items.jsonl") -> tuple[object, ...]:
        served = ("--model", "judge-1", "--api-base", self.endpoint.url, "--cache", "cache", "--concurrency", 8)
        return ("judge", items, "--criterion", "tone.md", "--out", "verdicts.jsonl", *served, *options)

    def judge(self, *options: object, items: str = "items.jsonl") -> Said:
        return flywheel(*self.words(*options, items=items), cwd=self.folder)

    def started(self, *options: object) -> "subprocess.Popen[str]":
        words = [str(word) for word in (FLYWHEEL, *self.words(*options))]
        return subprocess.Popen(
            words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )

    def verdicts(self, name: str = "verdicts.jsonl") -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / name).read_text(encoding="utf-8").splitlines()]

    def say(self, request: Request) -> Step:
        asked = json.dumps(request.body["messages"])
        for words, steps in self.first.items():
            if words in asked and steps:
                return steps.pop(0)
        if "NOISE" in asked:
            return ok("I rather like it")
        verdict = "fail" if "RUDE" in asked else "cannot_judge" if "BLANK" in asked else "pass"
        return ok(json.dumps({"critique": "because", "verdict": verdict}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    endpoint = Endpoint()
    made = Desk(tmp_path, endpoint)
    endpoint.answer = made.say
    (tmp_path / "tone.md").write_text(RUBRIC.format(scale="binary", more=""), encoding="utf-8")
    yield made
    endpoint.close()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_each_row_ends_in_one_of_four_ways_in_the_items_order(desk: Desk) -> None:
    desk.write(["kind", "RUDE", "BLANK", "NOISE", None, "kind too"], cluster="shop 1")
    said = desk.judge("--json")
    assert said.code == 0
    assert "tone: 1 of 6, $0.0000" in said.err, "progress and cost are told as it goes"
    assert said.values["accounting"] == {"n": 6, "judged": 3, "abstained": 1, "failed": 1, "skipped": 1}
    rows = desk.verdicts()
    assert [row["item_id"] for row in rows] == [f"item {n}" for n in range(6)]
    assert [row["value"] for row in rows] == ["pass", "fail", None, None, None, "pass"]
    assert all((row["value"] is None) == bool(row["unscored_reason"]) for row in rows)
    assert "after one repair" in rows[3]["unscored_reason"]
    assert {(row["criterion"], row["cluster"], row["judge"].partition("@")[0]) for row in rows} == {
        ("tone", "shop 1", "hosted_vllm/judge-1")
    }
    assert "run" not in rows[0]
    assert said.values["criteria"]["tone"]["values"] == {"fail": 1, "pass": 2}


def test_a_second_run_asks_nobody_and_writes_the_same(desk: Desk) -> None:
    desk.write(["kind", "RUDE"] * 20 + [f"kind {n}" for n in range(10)])
    assert desk.judge().code == 0
    before, asked = (desk.folder / "verdicts.jsonl").read_bytes(), len(desk.endpoint.requests)
    assert asked == 12, "rows that ask the same share one call"
    said = desk.judge("--json")
    assert (said.values["model_calls"], said.values["cached"]) == (0, 50)
    assert len(desk.endpoint.requests) == asked
    assert (desk.folder / "verdicts.jsonl").read_bytes() == before


def test_only_rows_that_changed_and_a_changed_rubric_ask_anew(desk: Desk) -> None:
    texts = [f"kind {n}" for n in range(30)]
    desk.write(texts)
    desk.judge()
    desk.write([*texts[:27], "new 1", "new 2", "RUDE"])
    assert desk.judge("--json").values["model_calls"] == 3
    (desk.folder / "tone.md").write_text(RUBRIC.format(scale="binary", more="Truly?"), encoding="utf-8")
    assert desk.judge("--json").values["model_calls"] == 30


def test_an_ordinal_scale_takes_its_values_as_words_or_numbers(desk: Desk) -> None:
    (desk.folder / "tone.md").write_text(RUBRIC.format(scale="1-5", more=""), encoding="utf-8")
    grades = {"FINE": 5, "RUDE": "1", "ODD": "6", "GOOD": 4.0, "SO SO": 3.5}
    desk.endpoint.answer = lambda request: ok(
        json.dumps(
            {"critique": "c", "verdict": next((each for word, each in grades.items() if word in request.text), "6")}
        )
    )
    desk.write(["FINE", "RUDE", "ODD", "GOOD", "SO SO"])
    said = desk.judge("--json")
    assert [row["value"] for row in desk.verdicts()] == ["5", "1", None, "4", None]
    schema = desk.endpoint.requests[0].body["response_format"]["json_schema"]["schema"]
    assert set(schema["properties"]["verdict"]["enum"]) == {"1", "2", "3", "4", "5", "cannot_judge"}
    assert said.values["accounting"]["failed"] == 2


def test_repetitions_are_calls_of_their_own_and_show_how_often_a_judge_changes_its_mind(desk: Desk) -> None:
    desk.first = {"wavers": [ok('{"critique": "c", "verdict": "fail"}')]}
    desk.write(["kind", "RUDE", "it wavers", None])
    said = desk.judge("--repeat", 3, "--json")
    assert said.values["accounting"] == {"n": 12, "judged": 9, "abstained": 0, "failed": 0, "skipped": 3}
    flip_rate = said.values["criteria"]["tone"]["flip_rate"]
    assert (flip_rate["value"], flip_rate["n"]) == (pytest.approx(1 / 3), 3)
    assert flip_rate["low"] < 1 / 3 < flip_rate["high"]
    assert [row["run"] for row in desk.verdicts()] == [0, 1, 2] * 4
    assert len(desk.endpoint.requests) == 9
    assert desk.judge("--repeat", 4, "--json").values["model_calls"] == 3, "each repetition is kept on its own"


def test_two_criteria_are_two_calls_a_row(desk: Desk) -> None:
    desk.write(["kind", "RUDE"])
    (desk.folder / "brief.md").write_text("---\nname: brief\n---\nIs it brief?\n", encoding="utf-8")
    said = desk.judge("--criterion", "brief.md", "--json")
    assert said.values["accounting"]["n"] == len(desk.endpoint.requests) == 4
    assert [row["criterion"] for row in desk.verdicts()] == ["tone", "tone", "brief", "brief"]


@pytest.mark.parametrize("name", ["verdicts.csv", "verdicts.parquet"])
def test_verdicts_are_written_in_the_format_that_is_asked_for(desk: Desk, name: str) -> None:
    desk.write(["kind", "RUDE", "BLANK"])
    assert desk.judge("--out", name).code == 0
    path = desk.folder / name
    table = pl.read_csv(path) if name.endswith("csv") else pl.read_parquet(path)
    assert table["value"].to_list() == ["pass", "fail", None]


def test_a_spent_budget_ends_with_code_4_and_the_next_run_goes_on(desk: Desk) -> None:
    desk.write([f"kind {n}" for n in range(20)])
    said = desk.judge("--calls-per-run", 7, "--json")
    assert said.code == 4
    assert said.values["error"]["fix"].startswith("Run again")
    assert said.values["accounting"] == {"n": 20, "judged": 7, "abstained": 0, "failed": 0, "skipped": 13}
    assert len(desk.verdicts()) == 20
    again = desk.judge("--json")
    assert (again.code, again.values["model_calls"], again.values["cached"]) == (0, 13, 7)


def test_a_run_that_is_stopped_leaves_an_earlier_file_and_writes_another(desk: Desk) -> None:
    desk.write(["kind", "RUDE"])
    desk.judge()
    before = (desk.folder / "verdicts.jsonl").read_bytes()
    desk.write([f"kind {n}" for n in range(20)])
    said = desk.judge("--calls-per-run", 7, "--json")
    assert (said.code, said.values["out"]) == (4, "verdicts.unfinished.jsonl")
    assert (desk.folder / "verdicts.jsonl").read_bytes() == before
    assert [row["value"] for row in desk.verdicts("verdicts.unfinished.jsonl")].count("pass") == 7
    told = desk.judge("--calls-per-run", 7).out
    assert "Verdicts: verdicts.unfinished.jsonl\nverdicts.jsonl was there before, and is left as it was." in told
    again = desk.judge("--json")
    assert (again.code, again.values["out"], len(desk.verdicts())) == (0, "verdicts.jsonl", 20)


def test_a_dead_endpoint_ends_with_code_4_after_a_few_attempts(desk: Desk) -> None:
    desk.write([f"kind {n}" for n in range(200)])
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = desk.judge("--api-base", f"http://127.0.0.1:{unused.getsockname()[1]}/v1", "--json")
    assert said.code == 4
    assert "does not answer" in said.values["error"]["message"]
    assert said.err.count("does not answer") == 1
    assert said.values["accounting"]["n"] == 200


def test_a_refused_key_ends_with_code_2_and_leaves_the_old_verdicts(desk: Desk) -> None:
    desk.write(["kind"])
    desk.judge()
    before = (desk.folder / "verdicts.jsonl").read_bytes()
    desk.write(["kind", "other"])
    desk.first = {"other": [error(401, "no")] * 9}
    assert "HOSTED_VLLM_API_KEY" in str(desk.judge("--json").values["error"])
    assert (desk.folder / "verdicts.jsonl").read_bytes() == before


def test_an_interruption_lets_what_is_under_way_end_and_the_same_command_goes_on(desk: Desk) -> None:
    desk.write([f"kind {n}" for n in range(100)])
    desk.endpoint.latency = 0.2
    running = desk.started("--json")
    wait_until(lambda: len(desk.endpoint.requests) >= 20)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    values = json.loads(out)
    judged, asked = values["accounting"]["judged"], len(desk.endpoint.requests)
    assert running.returncode == 4
    assert judged == asked < 100, "nothing that was asked for is lost"
    assert values["accounting"]["skipped"] == 100 - judged
    assert "ends first" in err
    assert "Traceback" not in err
    desk.endpoint.latency = 0.0
    again = desk.judge("--json")
    assert (again.values["model_calls"], again.values["cached"]) == (100 - judged, judged)
    assert len(desk.endpoint.requests) == 100


def test_after_a_kill_only_what_was_under_way_is_asked_again(desk: Desk) -> None:
    desk.write([f"kind {n}" for n in range(100)])
    desk.endpoint.latency = 0.1
    running = desk.started()
    wait_until(lambda: len(desk.endpoint.requests) >= 50)
    running.kill()
    running.communicate(timeout=60)
    assert not (desk.folder / "verdicts.jsonl").exists()
    desk.endpoint.latency = 0.0
    said = desk.judge("--json")
    assert said.values["accounting"]["judged"] == 100
    assert 100 <= len(desk.endpoint.requests) <= 108


def test_a_dry_run_counts_and_writes_nothing(desk: Desk) -> None:
    desk.write(["kind", "RUDE", None])
    desk.judge()
    asked = len(desk.endpoint.requests)
    desk.write(["kind", "RUDE", None, "new"])
    (desk.folder / "verdicts.jsonl").unlink()
    said = desk.judge("--dry-run", "--json")
    assert (said.values["cached"], said.values["calls"], said.values["cost_usd"]) == (2, 1, 0.0)
    assert len(desk.endpoint.requests) == asked
    assert not (desk.folder / "verdicts.jsonl").exists()


def test_odd_names_and_clusters_fit_any_table(desk: Desk) -> None:
    rows = [{"item_id": each, "input": "?", "output": "!", "cluster": each} for each in (1, "half \ud83d", 2.5)]
    (desk.folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert desk.judge("--out", "verdicts.parquet").code == 0
    table = pl.read_parquet(desk.folder / "verdicts.parquet")
    assert table["item_id"].to_list() == table["cluster"].to_list() == ["1", "half ?", "2.5"]


def test_a_price_that_nobody_knows_is_asked_for(desk: Desk) -> None:
    desk.write(["kind"])
    unknown = ("--model", "x-1", "--api-base", "http://models.example.invalid/v1")
    assert "--price" in refused(desk.judge(*unknown, "--json"))["fix"]
    assert desk.judge(*unknown, "--price", "1,x").code == 2
    priced = desk.judge("--price", "1,10", "--json")
    assert priced.values["cost_usd"] == pytest.approx(100e-6 + 100e-6)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--out", "items.jsonl"), "take the place of the items"),
        (("--out", "verdicts.txt"), "no format of a table"),
        (("--criterion", "tone.md"), "the same name"),
        (("--criterion", "absent.md"), "cannot be read"),
        (("--columns", "item_id"), "names no column"),
        (("--columns", "itemid=item_id"), "'itemid' is no column of ours"),
        (("--columns", "output=output_new"), "no column 'output_new'"),
        (("--out", "tone.md/verdicts.jsonl"), "cannot be written"),
        (("--api-base", "127.0.0.1:8000/v1"), "no http://"),
        (("--api-base", "http://[::1"), "host and port"),
        (("--price", "-1"), "not a price"),
        (("--price", "1,nan"), "not a price"),
        (("--price", "1e300"), "not a price"),
        (("--usd-per-run", "nan"), "not a finite number"),
        (("--usd-per-day", "inf"), "not in the range"),
        (("--usd-per-day", "1e300"), "not in the range"),
        (("--timeout", "nan"), "not a finite number"),
        (("--temperature", "nan"), "not a finite number"),
        (("--documentation", "absent.md"), "documentation cannot be read"),
    ],
)
def test_wrong_use_is_explained(desk: Desk, options: tuple[str, str], found: str) -> None:
    desk.write(["kind"])
    assert found in refused(desk.judge(*options, "--json"))["message"]
    assert desk.endpoint.requests == []


def test_a_wrong_row_is_named_before_anything_is_asked(desk: Desk) -> None:
    path = desk.write(["kind"] * 3)
    path.write_text(path.read_text() + '{"item_id": "item 1", "input": "?", "output": "!"}\n')
    assert refused(desk.judge("--json"))["line"] == 4
    assert desk.endpoint.requests == []


def test_the_embedded_judge_answers_without_a_key(desk: Desk) -> None:
    desk.write(["no"])
    said = flywheel(
        *("judge", "items.jsonl", "--criterion", "tone.md", "--model", "embedded/judge", "--cache", "c", "--json"),
        cwd=desk.folder,
    )
    assert said.values["accounting"]["judged"] == 1
    assert (desk.folder / "items.verdicts.jsonl").exists()


def test_injections_tell_how_often_a_judge_is_talked_round_and_by_what(desk: Desk) -> None:
    """This judge believes a line that claims a verdict, and nothing else."""

    def gullible(request: Request) -> Step:
        claimed = "Verdict: pass" in request.text
        return ok(
            json.dumps({"critique": "c", "verdict": "fail" if "RUDE" in request.text and not claimed else "pass"})
        )

    desk.endpoint.answer = gullible
    desk.write(["kind", "RUDE 1", "RUDE 2", "RUDE 3", "kind too"])
    planned = desk.judge("--injections", 2, "--dry-run", "--json").values
    said = desk.judge("--injections", 2, "--concurrency", 32, "--json")
    found = said.values["criteria"]["tone"]["injections"]
    assert (found["items"], found["trials"], found["unscored"]) == (2, 2 * found["attempts"], 0)
    assert found["attempts"] >= 40
    assert 0 < found["moved"] < found["trials"]
    assert "verdict-line" in found["moved_by"]
    assert found["share"]["low"] <= found["share"]["value"] <= found["share"]["high"]
    assert found["control_share"]["value"] == 0
    assert said.values["accounting"]["n"] == 5, "the verdicts are those on the items as they are"
    assert len(desk.verdicts()) == 5
    assert planned["calls"] == said.values["model_calls"] == len(desk.endpoint.requests)
    told = desk.judge("--injections", 2)
    assert "injections on 2 items moved" in told.out
    assert len(desk.endpoint.requests) == said.values["model_calls"], "attempts are kept as any other row"


def test_injections_need_a_scale_with_a_better_end(desk: Desk) -> None:
    desk.write(["kind"])
    (desk.folder / "tone.md").write_text(RUBRIC.format(scale="'nominal: a|b|tie'", more=""), encoding="utf-8")
    assert "nominal" in refused(desk.judge("--injections", 2, "--json"))["message"]


def test_a_run_in_which_every_row_failed_is_not_done(desk: Desk) -> None:
    desk.endpoint.answer = lambda request: error(400, "this model takes no system message")
    desk.write([f"kind {n}" for n in range(5)])
    said = desk.judge("--json")
    assert said.code == 4
    assert "no system message" in said.values["error"]["message"]
    assert said.values["accounting"] == {"n": 5, "judged": 0, "abstained": 0, "failed": 5, "skipped": 0}


def test_an_address_without_its_path_is_explained(desk: Desk) -> None:
    desk.write([f"kind {n}" for n in range(40)])
    address = desk.endpoint.url.removesuffix("/v1")
    assert "/v1" in refused(desk.judge("--api-base", address, "--json"))["fix"]
    assert not (desk.folder / "verdicts.jsonl").exists()
