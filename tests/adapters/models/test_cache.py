"""The row cache keeps good replies, lets one owner make a call, and never believes a dead one."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.adapters.models.cache import LEASE_SECONDS, CallCache, Claim
from tasks.adapters.models.call import Reply
from tasks.domain.errors import Unfinished, WrongInput
from tests.adapters.models.doubles import asking

CALL = asking("a", params={"temperature": 0, "seed": 3}, api_base="http://127.0.0.1:9/v1", replicate=2)


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Iterator[CallCache]:
    cache = CallCache(tmp_path / "calls.sqlite", clock=clock)
    yield cache
    cache.close()


def test_a_kept_reply_is_found_again_by_another_connection(kept: CallCache, tmp_path: Path) -> None:
    with kept.owner() as owner:
        assert kept.claim(CALL.key, owner) is Claim.mine
        kept.keep(CALL, Reply(text="yes", prompt_tokens=3), owner)
    other = CallCache(tmp_path / "calls.sqlite")
    found = other.reply(CALL.key)
    other.close()
    assert found == Reply(text="yes", prompt_tokens=3, cached=True)


def test_a_key_leads_back_to_the_words(kept: CallCache) -> None:
    with kept.owner() as owner:
        kept.keep(CALL, Reply(text="yes"), owner)
    found = kept.recall(CALL.key)
    assert found is not None
    call, reply = found
    assert call.key == CALL.key
    assert call.messages == CALL.messages
    assert reply.text == "yes"
    assert kept.recall("b2-none") is None


def test_words_that_calls_share_are_stored_once(kept: CallCache) -> None:
    shared = {"role": "system", "content": "a long prompt " * 1000}
    calls = [asking(f"row {number}") for number in range(20)]
    with kept.owner() as owner:
        for call in calls:
            together = type(call)(call.model, [shared, *call.messages])
            kept.keep(together, Reply(text="yes"), owner)
    stats = kept.stats()
    assert stats.replies == 20
    assert stats.parts == 1 + 20 + 1
    assert stats.by_model == {"hosted_vllm/fixed": 20}


def test_text_that_is_not_valid_unicode_is_kept(kept: CallCache) -> None:
    call = asking("half a pair: \ud83d")
    with kept.owner() as owner:
        kept.keep(call, Reply(text="\udc00 too"), owner)
    found = kept.recall(call.key)
    assert found is not None
    assert found[0].messages == call.messages
    assert found[1].text == "\udc00 too"


def test_one_owner_makes_a_call_and_the_other_finds_it_taken(kept: CallCache) -> None:
    with kept.owner() as one, kept.owner() as other:
        assert kept.claim(CALL.key, one) is Claim.mine
        assert kept.claim(CALL.key, other) is Claim.taken
        kept.keep(CALL, Reply(text="yes"), one)
        claim = kept.claim(CALL.key, other)
        assert isinstance(claim, Reply)
        assert claim.text == "yes"


def test_an_owner_that_stops_gives_its_calls_back(kept: CallCache) -> None:
    with kept.owner() as other:
        with kept.owner() as one:
            kept.claim(CALL.key, one)
        assert kept.claim(CALL.key, other) is Claim.mine


def test_an_owner_that_does_not_renew_its_claim_loses_it(kept: CallCache, clock: Clock) -> None:
    with kept.owner() as one, kept.owner() as other:
        kept.claim(CALL.key, one)
        clock.now += LEASE_SECONDS - 1
        kept.renew(one)
        clock.now += LEASE_SECONDS - 1
        assert kept.claim(CALL.key, other) is Claim.taken
        clock.now += 2
        assert kept.claim(CALL.key, other) is Claim.mine


def test_a_dead_process_loses_its_claims_at_once(kept: CallCache) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with kept.owner() as mine:
        host, _, token = mine.rsplit(":", 2)
        assert kept.claim(CALL.key, f"{host}:{ended.pid}:{token}") is Claim.mine
        assert kept.claim(CALL.key, mine) is Claim.mine


def test_a_dead_process_whose_number_is_now_ours_loses_its_claims(kept: CallCache) -> None:
    with kept.owner() as mine:
        host, process, _ = mine.rsplit(":", 2)
        assert int(process) == os.getpid()
        assert kept.claim(CALL.key, f"{host}:{process}:former") is Claim.mine
        assert kept.claim(CALL.key, mine) is Claim.mine


def test_a_process_of_another_machine_is_believed_until_its_claim_expires(kept: CallCache, clock: Clock) -> None:
    with kept.owner() as mine:
        assert kept.claim(CALL.key, "elsewhere:1:token") is Claim.mine
        assert kept.claim(CALL.key, mine) is Claim.taken
        clock.now += LEASE_SECONDS + 1
        assert kept.claim(CALL.key, mine) is Claim.mine


def test_a_reply_that_cannot_be_used_may_be_asked_for_anew(kept: CallCache) -> None:
    with kept.owner() as owner:
        kept.keep(CALL, Reply(text="old"), owner)
        assert kept.claim(CALL.key, owner, anew=True) is Claim.mine
        kept.keep(CALL, Reply(text="new"), owner)
    found = kept.reply(CALL.key)
    assert found is not None
    assert found.text == "new"


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_text("item_id,value\n" * 200)
    with pytest.raises(WrongInput, match=r"calls\.sqlite.*the row cache is damaged"):
        CallCache(path)


def test_a_cache_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "calls.sqlite") as connection:
        connection.execute("pragma user_version = 999")
    connection.close()
    with pytest.raises(WrongInput, match="newer version"):
        CallCache(tmp_path / "calls.sqlite")


def test_a_locked_cache_is_unfinished_work(kept: CallCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.adapters.database.BUSY_SECONDS", 0.05)
    blocker = sqlite3.connect(kept.database.path, isolation_level=None)
    waiting = CallCache(kept.database.path)
    blocker.execute("begin immediate")
    with pytest.raises(Unfinished, match="locked"):
        waiting.keep(CALL, Reply(text="yes"), "owner")
    blocker.close()
    waiting.keep(CALL, Reply(text="yes"), "owner")
    waiting.close()
