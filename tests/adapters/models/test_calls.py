"""A call is known by what the model sees and what steers it, and by nothing else."""

import pickle

import pytest

from tasks.adapters.models.call import Call, Reply
from tasks.domain.errors import WrongInput
from tasks.domain.verdict import Status
from tests.adapters.models.doubles import asking


def test_equal_content_gives_an_equal_key() -> None:
    one = Call("m", [{"role": "user", "content": "a"}], {"seed": 1, "temperature": 0})
    other = Call("m", ({"content": "a", "role": "user"},), {"temperature": 0.0, "seed": 1})
    assert one.key == other.key
    assert one == other


@pytest.mark.parametrize(
    "other",
    [
        asking("b"),
        asking("a", "other/model"),
        asking("a", params={"temperature": 0.5}),
        asking("a", params={"tools": [{"type": "function", "function": {"name": "f"}}]}),
        asking("a", api_base="http://127.0.0.1:1/v1"),
        asking("a", replicate=1),
        Call("hosted_vllm/fixed", [{"role": "system", "content": "a"}]),
        Call("hosted_vllm/fixed", [{"role": "user", "content": "a"}, {"role": "user", "content": ""}]),
    ],
)
def test_everything_that_the_model_sees_changes_the_key(other: Call) -> None:
    assert other.key != asking("a").key


def test_the_row_an_absent_parameter_and_a_folder_do_not_change_the_key() -> None:
    assert asking("a", row="17").key == asking("a").key
    assert asking("a", params={"seed": None}).key == asking("a").key
    assert asking("a", api_base="/here/models").key == asking("a", api_base="/there/models").key


@pytest.mark.parametrize("name", ["api_key", "headers", "extra_headers", "timeout", "num_retries", "Authorization"])
def test_a_parameter_that_does_not_steer_the_model_is_refused(name: str) -> None:
    with pytest.raises(WrongInput, match=name):
        asking("a", params={name: "sk-secret"})


@pytest.mark.parametrize("address", ["http://user:hunter2@host/v1", "https://host/v1?key=hunter2"])
def test_an_address_that_holds_a_secret_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(WrongInput) as caught:
        asking("a", api_base=address)
    assert "hunter2" not in str(caught.value)


def test_text_that_is_not_valid_unicode_has_a_key() -> None:
    assert asking("half a pair: \ud83d").key.startswith("b2-")


def test_a_call_survives_pickling() -> None:
    call = asking("a", params={"seed": 3}, row="r")
    assert pickle.loads(pickle.dumps(call)) == call


def test_a_kept_reply_is_the_same_but_for_being_cached() -> None:
    reply = Reply(text="x", tool_calls=({"id": "1"},), prompt_tokens=3, cost_usd=0.5, latency_ms=1.5, requests=2)
    again = Reply.of_kept(reply.kept())
    assert again.cached
    assert again.spent_usd == 0
    assert (again.text, again.tool_calls, again.cost_usd) == ("x", ({"id": "1"},), 0.5)


def test_no_answer_has_a_status_and_a_reason() -> None:
    reply = Reply.none(Status.skipped, "budget")
    assert not reply.answered
    assert (reply.status, reply.reason) == (Status.skipped, "budget")


def test_an_address_that_is_none_is_explained() -> None:
    with pytest.raises(WrongInput, match="no address"):
        Call(model="m", messages=[], api_base="http://[::1")
