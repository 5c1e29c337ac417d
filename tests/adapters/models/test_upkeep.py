"""Whatever is damaged in a row cache is named and can be removed, and pruning takes what it should and nothing else."""

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.adapters.models import upkeep
from tasks.adapters.models.cache import LEASE_SECONDS, CallCache, Claim
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.upkeep import Problem, Which, problems, prunable, prune, unused_parts
from tests.adapters.models.doubles import asking

DAY = 86_400.0
RUBRIC = {"role": "system", "content": "one rubric for all"}
KEY = "correct-horse-battery"


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[CallCache]:
    opened = CallCache(tmp_path / "calls.sqlite", clock=clock)
    yield opened
    opened.close()


def row(text: str, model: str = "hosted_vllm/fixed") -> Call:
    asked = asking(text, model, params={"temperature": 0})
    return replace(asked, messages=[RUBRIC, *asked.messages])


def keep(cache: CallCache, *calls: Call, reply: str = "yes") -> None:
    with cache.owner() as owner:
        for call in calls:
            cache.keep(call, Reply(text=reply, prompt_tokens=3), owner)


def damage(cache: CallCache, statement: str, *values: object) -> None:
    connection = sqlite3.connect(cache.database.path)
    with connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


@pytest.mark.usefixtures("small_pages")
def test_a_sound_cache_has_no_problems_and_every_row_of_it_is_looked_at(cache: CallCache) -> None:
    keep(cache, *(row(f"row {number}") for number in range(7)))
    looked: list[int] = []
    assert list(problems(cache, progress=looked.append)) == []
    stats = cache.stats()
    assert sum(looked) == stats.replies + stats.parts == 7 + 9


def test_a_changed_word_is_found_in_its_part_and_in_the_reply_to_it(cache: CallCache) -> None:
    keep(cache, row("a"), row("b"))
    part = row("a").message_hashes[1]
    damage(cache, "update parts set body = ? where hash = ?", b'{"content":"c","role":"user"}', part)
    found = list(problems(cache))
    assert [(each.where, each.key) for each in found] == [("part", part), ("reply", row("a").key)]
    assert "its key is not that of the call" in found[1].found


def test_a_reply_to_another_call_is_found(cache: CallCache) -> None:
    keep(cache, row("a"), row("b"))
    damage(cache, "update replies set model = 'openai/other' where key = ?", row("a").key)
    assert [each.key for each in problems(cache)] == [row("a").key]


def test_a_missing_part_is_found(cache: CallCache) -> None:
    keep(cache, row("a"), row("b"))
    damage(cache, "delete from parts where hash = ?", row("b").message_hashes[1])
    assert list(problems(cache)) == [Problem("reply", row("b").key, "a part of its call is missing")]


@pytest.mark.parametrize(
    "reply",
    [
        '{"text": "cut o',
        "[]",
        '{"text": 3}',
        '{"text": "yes", "prompt_tokens": "many"}',
        '{"text": "yes", "mood": "good"}',
        '{"status": "failed", "reason": "no connection"}',
        '{"tool_calls": ["send"]}',
        "null",
    ],
)
def test_what_is_no_answer_is_found(cache: CallCache, reply: str) -> None:
    keep(cache, row("a"), row("b"))
    damage(cache, "update replies set reply = ? where key = ?", reply, row("a").key)
    assert [(each.where, each.key) for each in problems(cache)] == [("reply", row("a").key)]


def test_messages_that_are_no_list_are_found_and_hide_no_unused_part(cache: CallCache) -> None:
    keep(cache, row("a"), row("b"))
    damage(cache, "update replies set messages = '[' where key = ?", row("a").key)
    assert [each.key for each in problems(cache)] == [row("a").key]
    assert unused_parts(cache) == 1


def test_a_tool_call_and_text_that_is_no_valid_unicode_are_sound(cache: CallCache) -> None:
    with cache.owner() as owner:
        cache.keep(row("half a pair: \ud83d"), Reply(tool_calls=({"id": "1"},), cost_usd=0.1), owner)
    assert list(problems(cache)) == []


def test_a_key_of_the_environment_is_found_in_part_and_reply_and_never_told(
    cache: CallCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(cache, row(f"my key is {KEY}"), row("b"))
    keep(cache, row("c"), reply=f"you said {KEY}")
    assert list(problems(cache)) == []
    monkeypatch.setenv("SOME_API_KEY", KEY)
    found = list(problems(cache))
    assert [each.key for each in found] == [row(f"my key is {KEY}").message_hashes[1], row("c").key]
    assert KEY not in str(found)


@pytest.mark.parametrize("secret", ['a "quoted" secret', "two\nlines of a key", "back\\slash\\secret"])
def test_a_key_that_json_escapes_is_found(cache: CallCache, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    keep(cache, row(f"it is {secret}"))
    monkeypatch.setenv("SOME_API_KEY", secret)
    assert len(list(problems(cache))) == 1


def test_what_only_looks_like_a_key_is_found(cache: CallCache) -> None:
    keep(cache, row("a"), reply="Bearer abcdefgh12345")
    assert [each.key for each in problems(cache)] == [row("a").key]


@pytest.mark.usefixtures("small_pages")
def test_repairing_removes_the_damaged_rows_alone(cache: CallCache) -> None:
    calls = [row(f"row {number}") for number in range(9)]
    keep(cache, *calls)
    damage(cache, "update parts set body = 'text' where hash = ?", calls[2].message_hashes[1])
    damage(cache, "update replies set reply = '{' where key = ?", calls[5].key)
    assert {each.key for each in problems(cache, repair=True)} == {
        calls[2].message_hashes[1],
        calls[2].key,
        calls[5].key,
    }
    assert list(problems(cache)) == []
    assert [call for call in calls if cache.reply(call.key) is None] == [calls[2], calls[5]]


def test_a_file_that_sqlite_finds_damaged_is_not_repaired(cache: CallCache) -> None:
    keep(cache, row("a"))
    connection = sqlite3.connect(cache.database.path)
    with connection:
        connection.execute("pragma writable_schema = on")
        connection.execute("update sqlite_schema set sql = replace(sql, 'api_base text', 'api_base text not null')")
    connection.close()
    cache.close()
    assert list(problems(cache, repair=True)) == [Problem("file", None, "NULL value in replies.api_base")]
    assert cache.reply(row("a").key) is not None


def test_pruning_by_age_takes_the_older_replies_and_what_only_they_used(cache: CallCache, clock: Clock) -> None:
    keep(cache, row("old"), row("older"))
    clock.now += 40 * DAY
    keep(cache, row("new"))
    which = Which(before="2023-12-01T00:00:00+00:00")
    planned, done = prunable(cache, which), prune(cache, which)
    assert (done.replies, done.parts) == (planned.replies, planned.parts) == (2, 2)
    assert planned.bytes > 2 * len(row("old").parts[row("old").message_hashes[1]])
    recalled = cache.recall(row("new").key)
    assert recalled is not None
    assert recalled[0] == row("new")
    assert cache.stats().parts == 3
    assert list(problems(cache)) == []


def test_pruning_by_model_and_by_both(cache: CallCache, clock: Clock) -> None:
    keep(cache, row("a", "openai/x"), row("b", "hosted_vllm/x"))
    clock.now += 40 * DAY
    keep(cache, row("c", "openai/x"))
    assert prunable(cache, Which(model="openai/*")).replies == 2
    assert prune(cache, Which(before="2023-12-01", model="openai/*")).replies == 1
    assert cache.stats().by_model == {"hosted_vllm/x": 1, "openai/x": 1}


def test_a_dry_run_removes_nothing(cache: CallCache) -> None:
    keep(cache, row("a"))
    before = cache.stats()
    prunable(cache, Which())
    assert cache.stats() == before


def test_a_reply_that_is_asked_for_anew_stays(cache: CallCache) -> None:
    keep(cache, row("a"), row("b"))
    with cache.owner() as owner:
        assert cache.claim(row("a").key, owner, anew=True) is Claim.mine
        assert prunable(cache, Which()).replies == 1
        assert prune(cache, Which()).replies == 1
        assert cache.reply(row("a").key) is not None
        assert cache.stats().claims == 1


def test_claims_of_the_dead_and_the_silent_go(cache: CallCache, clock: Clock) -> None:
    host = os.uname().nodename
    keep(cache, row("a"))
    cache.claim("b2-silent", "elsewhere:1:token")
    cache.claim(row("a").key, f"{host}:{os.getpid()}:former", anew=True)
    clock.now += LEASE_SECONDS / 2
    cache.claim("b2-living", "elsewhere:2:token")
    assert (cache.stats().claims, cache.stats().abandoned) == (2, 1)
    clock.now += LEASE_SECONDS / 2
    done = prune(cache, Which())
    assert (done.claims, done.replies) == (2, 1)
    assert (cache.stats().claims, cache.stats().abandoned) == (1, 0)


@pytest.mark.usefixtures("small_pages")
def test_others_write_between_two_batches(cache: CallCache, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(cache, *(row(f"row {number}") for number in range(7)))
    monkeypatch.setattr("tasks.adapters.database.BUSY_SECONDS", 0.0)
    beside, kept = CallCache(cache.database.path), iter(range(100))

    def meanwhile(_: float) -> None:
        with beside.owner() as owner:
            beside.keep(row(f"beside {next(kept)}", "openai/x"), Reply(text="yes"), owner)

    monkeypatch.setattr("tasks.adapters.models.upkeep.time.sleep", meanwhile)
    assert prune(cache, Which(model="hosted_vllm/*")).replies == 7
    assert beside.stats().replies == next(kept) == 4
    assert list(problems(beside)) == []
    beside.close()


def test_the_disk_gets_the_space_back_once_no_call_is_under_way(cache: CallCache) -> None:
    keep(cache, *(row(f"row {number} {'long ' * 500}") for number in range(400)))
    with cache.owner() as owner:
        cache.claim("b2-under-way", owner)
        assert prune(cache, Which()).replies == 400
        held = cache.size()
    assert held > 1_000_000
    assert prune(cache, Which()).bytes > 900_000
    assert cache.size() < 100_000


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PAGE", 2)
    monkeypatch.setattr(upkeep, "BATCH", 2)


def test_the_stats_say_since_when_and_what_is_saved(cache: CallCache, clock: Clock) -> None:
    assert (cache.stats().oldest, cache.stats().cost_usd) == (None, 0)
    with cache.owner() as owner:
        for number in range(2):
            cache.keep(row(f"row {number}"), Reply(text="yes", cost_usd=0.25), owner)
            clock.now += DAY
    stats = cache.stats()
    assert (stats.oldest, stats.newest) == ("2023-11-14T22:13:20+00:00", "2023-11-15T22:13:20+00:00")
    assert stats.cost_usd == 0.5
    assert stats.bytes >= cache.database.path.stat().st_size
    assert json.loads(json.dumps(stats.by_model)) == {"hosted_vllm/fixed": 2}
