"""A real model behind the gateway: what it says fits the schema or has a reason, and is asked for once.

Nothing here holds the model to being right: it is too small to judge.
"""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.cli import flywheel
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Answer, fitting, json_format
from tasks.adapters.prompts import prompt
from tasks.domain.verdict import Accounting, Status
from tasks.judge.criteria import read_criterion
from tasks.judge.items import read_items
from tasks.local.model import CONTEXT, NAME

pytestmark = [pytest.mark.local, pytest.mark.timeout(900)]
ITEMS = Path(__file__).parent / "answers.jsonl"
CRITERION = Path(__file__).parents[2] / "flows" / "workspace" / "criteria" / "goal_fulfilment.md"
MODEL = f"hosted_vllm/{NAME}"
SCHEMA = dict(prompt("judge/binary").schema or {})
VALUES = set(SCHEMA["properties"]["verdict"]["enum"])


def started() -> tuple["subprocess.Popen[str]", str]:
    """A server of its own process, and the address that it prints."""
    command = [sys.executable, "-m", "tasks.local.server", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert words[:3] == [NAME, "answers", "at"]
    return process, words[3].rstrip(".")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    process, address = started()
    yield address
    process.terminate()
    assert process.wait(30) == 0


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    cache = CallCache(tmp_path / "calls.sqlite")
    yield Gateway(cache, Budget(price_per_million={"*": 0.0}), concurrency=4, timeout=300, retries=0)
    cache.close()


def judging(address: str, count: int, **params: Any) -> list[Call]:
    criterion = read_criterion(CRITERION)
    fill = prompt("judge/binary").filled(
        criterion=criterion.name, rubric=criterion.rubric, documentation=None, examples=[]
    )
    steered = {"temperature": 0, "max_tokens": 200, "response_format": json_format(SCHEMA, "verdict"), **params}
    return [
        Call(
            MODEL,
            fill(conversation=item.messages[0]["content"], answer=item.output),
            steered,
            address,
            row=item.item_id,
        )
        for item in list(read_items(ITEMS))[:count]
    ]


def ended(answers: list[Answer[dict[str, Any]]]) -> Accounting:
    return Accounting.of(answer.status for answer in answers)


def test_the_server_names_its_model(address: str) -> None:
    with urllib.request.urlopen(f"{address}/models", timeout=30) as response:
        served = json.load(response)["data"]
    assert [(each["id"], each["meta"]["n_ctx"]) for each in served] == [(NAME, CONTEXT)]


def test_ten_items_are_judged_once(address: str, gateway: Gateway) -> None:
    first = list(gateway.ask(judging(address, 10), fitting(SCHEMA)))
    account = ended(first)
    assert account.n == 10
    assert account.judged + account.failed == 10
    assert account.judged >= 5
    assert {answer.value["verdict"] for answer in first if answer.value} <= VALUES
    assert all(answer.reason for answer in first if answer.value is None)

    asked = gateway.tally.requests
    judged = [answer.call for answer in first if answer.status is Status.judged]
    again = list(gateway.ask(judged, fitting(SCHEMA)))
    assert gateway.tally.requests == asked
    assert all(answer.reply.cached for answer in again)


def test_the_schema_binds_a_model_that_talks_nonsense(address: str, gateway: Gateway) -> None:
    answers = list(gateway.ask(judging(address, 8, temperature=1.5, seed=3), fitting(SCHEMA), repair=None))
    whole = [answer for answer in answers if answer.reply.finish_reason != "length"]
    assert whole
    assert all(answer.status is Status.judged for answer in whole), [answer.reason for answer in whole]


def test_a_reply_that_is_cut_off_is_no_verdict(address: str, gateway: Gateway) -> None:
    [answer] = gateway.ask(judging(address, 1, max_tokens=4), fitting(SCHEMA), repair=None)
    assert (answer.status, answer.value) == (Status.failed, None)
    assert "cut off at max_tokens" in str(answer.reason)


def test_a_prompt_that_does_not_fit_is_refused_with_both_sizes(address: str, gateway: Gateway) -> None:
    call = Call(MODEL, [{"role": "user", "content": "word " * (CONTEXT + 100)}], {"max_tokens": 5}, address)
    [(_, reply)] = gateway.run([call])
    assert (reply.status, reply.requests) == (Status.failed, 1)
    assert "exceeds the available context size" in str(reply.reason)
    assert str(CONTEXT) in str(reply.reason)


def test_the_verb_judges_with_it(address: str, tmp_path: Path) -> None:
    few, out = tmp_path / "few.jsonl", tmp_path / "verdicts.jsonl"
    few.write_text("".join(ITEMS.read_text(encoding="utf-8").splitlines(keepends=True)[:3]), encoding="utf-8")
    options = ["--criterion", str(CRITERION), "--model", MODEL, "--api-base", address, "--cache", str(tmp_path)]
    verb = ["judge", str(few), *options, "--out", str(out), "--timeout", "300", "--max-tokens", "200", "--json"]
    result = CliRunner().invoke(flywheel, verb)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["accounting"]["n"] == 3
    verdicts = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(verdicts) == 3
    assert all((row["value"] in VALUES) != bool(row["unscored_reason"]) for row in verdicts)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_though_a_request_is_under_way(sent: signal.Signals) -> None:
    process, address = started()
    body = json.dumps({"messages": [{"role": "user", "content": "Count."}], "stream": True, "ignore_eos": True})
    request = urllib.request.Request(f"{address}/chat/completions", body.encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.readline()
        process.send_signal(sent)
        assert process.wait(10) == 0
