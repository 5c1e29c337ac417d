"""Every call comes out once, with a reply or a reason; what was answered is kept, and asked once."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator

import pytest

from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault, Kind
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Unscored
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.verdict import Accounting, Status
from tests.adapters.models.doubles import Doorman, asking, echo, failing, words

Make = Callable[..., Gateway]


def numbered(count: int) -> list[Call]:
    return [asking(f"row {number}", row=str(number)) for number in range(count)]


def yes_or_no(call: Call, reply: Reply) -> str | Unscored:
    """A parser that takes the words after `echo`."""
    match = re.search(r"echo (yes|no|unsure)", reply.text)
    if match is None:
        return Unscored("neither yes nor no")
    return Unscored("unsure", Status.abstained) if match[1] == "unsure" else match[1]


def test_every_call_comes_out_once_with_its_own_reply(gateway: Make) -> None:
    seen = {call.row: reply.text for call, reply in gateway(door=Doorman(echo)).run(numbered(200))}
    assert seen == {str(number): f"echo row {number}" for number in range(200)}


def test_a_second_run_asks_nobody(gateway: Make) -> None:
    first, second = Doorman(echo), Doorman(echo)
    replies = dict(gateway(door=first).run(numbered(50)))
    warm = gateway(door=second)
    again = dict(warm.run(numbered(50)))
    assert len(first.sent) == 50
    assert second.sent == second.opened == []
    assert {call.row: reply.text for call, reply in again.items()} == {c.row: r.text for c, r in replies.items()}
    assert (warm.tally.rows, warm.tally.cached, warm.tally.requests) == (50, 50, 0)


def test_ten_changed_rows_are_ten_calls(gateway: Make) -> None:
    list(gateway(door=Doorman(echo)).run(numbered(100)))
    door = Doorman(echo)
    changed = [
        asking("changed", replicate=number) if number < 10 else call for number, call in enumerate(numbered(100))
    ]
    list(gateway(door=door).run(changed))
    assert len(door.sent) == 10


def test_calls_that_are_the_same_reach_the_model_once(gateway: Make) -> None:
    door = Doorman(echo)
    served = gateway(door=door)
    rows = [asking("the same", row=str(number)) for number in range(30)]
    replies = [(call.row, reply) for call, reply in served.run(rows)]
    assert len(door.sent) == 1
    assert {row for row, _ in replies} == {str(number) for number in range(30)}
    assert [reply.cached for _, reply in replies].count(False) == 1
    assert served.tally.cost_usd == 0
    assert (served.tally.sent, served.tally.cached) == (1, 29)


def test_calls_that_fail_the_same_way_are_counted_but_paid_once(gateway: Make) -> None:
    door = Doorman(failing(*[Fault(Kind.refused, "too long")] * 2))
    served = gateway(door=door)
    replies = [reply for _, reply in served.run([asking("the same", row=str(number)) for number in range(5)])]
    assert [reply.status for reply in replies] == [Status.failed] * 5
    assert (len(door.sent), served.tally.failed, served.tally.requests) == (1, 5, 1)


def test_replicates_are_calls_of_their_own_and_each_is_kept(gateway: Make) -> None:
    door = Doorman(echo)
    replicates = [asking("the same", replicate=number) for number in range(4)]
    list(gateway(door=door).run(replicates))
    list(gateway(door=door).run(replicates))
    assert len(door.sent) == 4


def test_no_more_calls_are_under_way_than_allowed(gateway: Make) -> None:
    async def slow(call: Call) -> Reply:
        await asyncio.sleep(0.002)
        return await echo(call)

    door = Doorman(slow)
    list(gateway(door=door, concurrency=7).run(numbered(100)))
    assert door.most_in_flight == 7


def test_calls_are_pulled_as_they_are_needed(gateway: Make) -> None:
    pulled = 0

    def endless() -> Iterator[Call]:
        nonlocal pulled
        while True:
            pulled += 1
            yield asking(f"row {pulled}")

    stream = gateway(door=Doorman(echo), concurrency=4).run(endless())
    for _ in range(50):
        next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert pulled < 50 + 64 + 2


def test_a_run_that_is_left_gives_its_calls_back(gateway: Make, cache: CallCache) -> None:
    async def endless(call: Call) -> Reply:
        await asyncio.sleep(3600 if words(call) != "row 0" else 0)
        return await echo(call)

    door = Doorman(endless)
    stream = gateway(door=door).run(numbered(10))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert cache.stats().claims == 0
    assert door.in_flight == 0
    assert len(list(gateway(door=Doorman(echo)).run(numbered(10)))) == 10


def test_it_works_inside_a_running_event_loop_and_one_step_after_another(gateway: Make) -> None:
    served = gateway(door=Doorman(echo))

    async def flow() -> list[int]:
        return [len(list(served.run(numbered(size)))) for size in (5, 10, 20)]

    assert asyncio.run(flow()) == [5, 10, 20]
    assert served.tally.requests == 20


def test_threads_share_one_gateway(gateway: Make) -> None:
    door = Doorman(echo)
    served = gateway(door=door)
    threads = [threading.Thread(target=lambda: list(served.run(numbered(60)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(door.sent) == 60
    assert served.tally.rows == 240


def test_an_error_in_the_calls_reaches_the_caller_and_nothing_is_left_behind(gateway: Make, cache: CallCache) -> None:
    def broken() -> Iterator[Call]:
        yield from numbered(3)
        raise RuntimeError("the table broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        list(gateway(door=Doorman(echo)).run(broken()))
    assert cache.stats().claims == 0


def test_an_unknown_price_is_refused_before_any_call(gateway: Make) -> None:
    door = Doorman(echo)
    with pytest.raises(WrongInput, match="hosted_vllm/fixed"):
        list(gateway(Budget(), door=door).run(numbered(3)))
    assert not door.sent


def test_a_kept_reply_needs_no_price(gateway: Make) -> None:
    list(gateway(door=Doorman(echo)).run(numbered(3)))
    assert [reply.cached for _, reply in gateway(Budget(), door=Doorman(echo)).run(numbered(3))] == [True] * 3


@pytest.mark.parametrize("kind", [Kind.connection, Kind.timeout, Kind.server, Kind.rate, Kind.garbage])
def test_a_passing_fault_is_tried_again(gateway: Make, kind: Kind) -> None:
    [(_, reply)] = gateway(door=Doorman(failing(Fault(kind, "once"), Fault(kind, "twice")))).run(numbered(1))
    assert (reply.text, reply.requests) == ("echo row 0", 3)


def test_attempts_end_with_the_reason_and_the_row_is_not_kept(gateway: Make, cache: CallCache) -> None:
    door = Doorman(failing(*[Fault(Kind.server, "overloaded")] * 9))
    [(_, reply)] = gateway(door=door, retries=2).run(numbered(1))
    assert (reply.status, reply.requests) == (Status.failed, 3)
    assert "overloaded" in (reply.reason or "")
    assert (cache.stats().replies, cache.stats().claims) == (0, 0)


def test_what_the_provider_refuses_fails_its_row_at_once(gateway: Make) -> None:
    door = Doorman(failing(Fault(Kind.refused, "context too long")))
    [(_, reply)] = gateway(door=door).run(numbered(1))
    assert (reply.status, reply.requests) == (Status.failed, 1)


def test_an_empty_reply_is_a_failure_and_is_not_asked_again(gateway: Make, cache: CallCache) -> None:
    async def empty(call: Call) -> Reply:
        return Reply(finish_reason="content_filter", requests=1)

    door = Doorman(empty)
    [(_, reply)] = gateway(door=door).run(numbered(1))
    assert reply.status is Status.failed
    assert "content_filter" in (reply.reason or "")
    assert (len(door.sent), cache.stats().replies) == (1, 0)


def test_a_reply_of_tool_calls_alone_is_an_answer(gateway: Make) -> None:
    async def tools(call: Call) -> Reply:
        return Reply(tool_calls=({"function": {"name": "look_up"}},), requests=1)

    [(_, reply)] = gateway(door=Doorman(tools)).run(numbered(1))
    assert reply.answered


def test_an_address_that_never_answers_is_given_up_early_and_said_once(gateway: Make) -> None:
    door = Doorman(failing(*[Fault(Kind.unreachable, "refused")] * 99))
    served = gateway(door=door, concurrency=4)
    replies = [reply for _, reply in served.run(numbered(300))]
    assert len(door.sent) <= 3 + 4, "three refusals, and what was under way meanwhile"
    assert {reply.status for reply in replies} == {Status.failed, Status.skipped}
    with pytest.raises(Unfinished, match="hosted_vllm does not answer"):
        served.raise_if_stopped()


def test_a_provider_that_goes_down_is_given_up_and_what_it_said_is_kept(gateway: Make, cache: CallCache) -> None:
    async def until_40(call: Call) -> Reply:
        if len(door.sent) > 40:
            raise Fault(Kind.server, "gone")
        return await echo(call)

    door = Doorman(until_40)
    served = gateway(door=door, concurrency=4)
    replies = [reply for _, reply in served.run(numbered(500))]
    assert len(replies) == 500
    assert cache.stats().replies == sum(reply.answered for reply in replies) == 40
    assert len(door.sent) <= 40 + 3 * 4 + 4
    with pytest.raises(Unfinished, match="run again"):
        served.raise_if_stopped()


def test_a_dead_provider_does_not_stop_another(gateway: Make) -> None:
    async def one_dead(call: Call) -> Reply:
        if call.model.startswith("dead/"):
            raise Fault(Kind.connection, "refused")
        return await echo(call)

    calls = [asking(f"row {n}", "dead/m" if n % 2 else "alive/m") for n in range(40)]
    replies = list(gateway(door=Doorman(one_dead)).run(calls))
    assert all(reply.answered for call, reply in replies if call.model == "alive/m")


def test_a_missing_key_stops_the_run(gateway: Make) -> None:
    mistake = WrongInput("OPENAI_API_KEY is not set")
    door = Doorman(failing(*[Fault(Kind.authentication, "no key", mistake=mistake)] * 9))
    served = gateway(door=door, concurrency=2)
    replies = [reply for _, reply in served.run(numbered(50))]
    assert len(door.sent) <= 2
    assert not any(reply.answered for reply in replies)
    with pytest.raises(WrongInput, match="OPENAI_API_KEY"):
        served.raise_if_stopped()


def test_a_very_long_retry_after_stops_the_run(gateway: Make) -> None:
    door = Doorman(failing(Fault(Kind.rate, "daily limit", retry_after=7200)))
    served = gateway(door=door)
    list(served.run(numbered(1)))
    with pytest.raises(Unfinished, match="120 minutes"):
        served.raise_if_stopped()


def test_nothing_is_raised_when_nothing_stopped(gateway: Make) -> None:
    served = gateway(door=Doorman(failing(Fault(Kind.refused, "no"))))
    list(served.run(numbered(2)))
    served.raise_if_stopped()


def test_asking_reads_values_and_accounts_for_every_row(gateway: Make) -> None:
    served = gateway(door=Doorman(echo))
    calls = [asking(f"{word} {number}") for number in range(5) for word in ("yes", "no", "unsure", "what")]
    answers = list(served.ask(calls, yes_or_no, repair=None))
    assert Accounting.of(answer.status for answer in answers) == Accounting(n=20, judged=10, abstained=5, failed=5)
    assert all((answer.value is None) == (answer.reason is not None) for answer in answers)
    assert {answer.value for answer in answers} == {"yes", "no", None}


def test_only_usable_replies_are_kept(gateway: Make, cache: CallCache) -> None:
    calls = [asking("yes"), asking("unsure"), asking("what")]
    list(gateway(door=Doorman(echo)).ask(calls, yes_or_no, repair=None))
    assert cache.stats().replies == 2
    door = Doorman(echo)
    list(gateway(door=door).ask(calls, yes_or_no, repair=None))
    assert [words(call) for call in door.sent] == ["what"]


def test_garbage_gets_one_repair_whose_reply_is_kept_for_the_row(gateway: Make) -> None:
    async def better_when_told(call: Call) -> Reply:
        told = "cannot be used" in words(call)
        return Reply(text="echo yes" if told else "hm", prompt_tokens=100, completion_tokens=10, requests=1)

    door = Doorman(better_when_told)
    [answer] = gateway(door=door).ask(numbered(1), yes_or_no)
    assert (answer.value, answer.status, answer.call.row) == ("yes", Status.judged, "0")
    assert (answer.reply.requests, answer.reply.prompt_tokens) == (2, 200)
    assert door.sent[1].messages[-2] == {"role": "assistant", "content": "hm"}
    warm = Doorman(echo)
    [again] = gateway(door=warm).ask(numbered(1), yes_or_no)
    assert (again.value, warm.sent) == ("yes", [])


def test_garbage_after_one_repair_is_unscored_with_the_reason(gateway: Make, cache: CallCache) -> None:
    door = Doorman(echo)
    [answer] = gateway(door=door).ask(numbered(1), yes_or_no)
    assert answer.status is Status.failed
    assert answer.reason == "neither yes nor no, after one repair"
    assert (len(door.sent), cache.stats().replies) == (2, 0)


def test_a_repair_that_the_budget_forbids_leaves_the_row_for_the_next_run(gateway: Make) -> None:
    once = Budget(calls_per_run=1, price_per_million={"*": 0.0})
    [answer] = gateway(once, door=Doorman(echo)).ask(numbered(1), yes_or_no)
    assert (answer.status, answer.reply.status, answer.reply.requests) == (Status.skipped, Status.skipped, 1)
    assert answer.reason == "neither yes nor no; the repair got no answer: budget"


def test_a_kept_reply_that_a_stricter_parser_refuses_is_asked_for_anew(gateway: Make) -> None:
    list(gateway(door=Doorman(echo)).run([asking("what")]))

    async def yes(call: Call) -> Reply:
        return Reply(text="echo yes", requests=1)

    [answer] = gateway(door=Doorman(yes)).ask([asking("what")], yes_or_no)
    assert (answer.value, answer.reply.cached) == ("yes", False)


def test_progress_is_told_of_each_reply(gateway: Make) -> None:
    told: list[str | None] = []
    list(gateway(door=Doorman(echo)).run(numbered(7), on_reply=lambda call, reply: told.append(call.row)))
    assert sorted(told, key=str) == [str(number) for number in range(7)]
