"""A Python function is a system like any other: through the gateway, cached by row, its errors told."""

from pathlib import Path

import polars as pl
import pytest

from tasks.adapters.callables import load_callable, register
from tasks.adapters.context import Context
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Unscored
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.compare.answering import answer_calls
from tasks.domain.errors import WrongInput
from tasks.domain.system import SystemUnderTest

AGENT = """
def answer(messages):
    return f"You said {messages[-1]['content']}"


def broken(messages):
    raise RuntimeError("no such customer")


number = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_agent_for_tests.py").write_text(AGENT, encoding="utf-8")
    return tmp_path


def test_a_function_answers_through_the_gateway_and_is_cached(folder: Path) -> None:
    cache = CallCache(folder / "calls.sqlite")
    gateway = Gateway(
        cache,
        Budget(price_per_million={"callable/*": 0.0}),
        providers={"callable": lambda: register(folder)},
        retries=0,
    )
    context = Context(folder, ArtifactStore(folder / "artifacts"), lambda: gateway)
    rows = pl.DataFrame({"item_id": ["a"], "messages": ['[{"role": "user", "content": "hello"}]']})

    def ask(function: str) -> list[tuple[str | None, str | None, bool]]:
        calls = answer_calls(rows, SystemUnderTest(callable=f"my_agent_for_tests:{function}"), context)
        found = gateway.ask(calls, lambda _, reply: reply.text or Unscored("empty"))
        return [(each.value, each.reason, each.reply.cached) for each in found]

    assert ask("answer") == [("You said hello", None, False)]
    assert ask("answer") == [("You said hello", None, True)]
    ((value, reason, _),) = ask("broken")
    assert value is None
    assert reason is not None
    assert "no such customer" in reason
    cache.close()


@pytest.mark.parametrize(
    "name", ["my_agent_for_tests:nobody", "no_such_module:answer", "nocolon", "my_agent_for_tests:number"]
)
def test_a_function_that_is_not_there_is_explained(folder: Path, name: str) -> None:
    with pytest.raises(WrongInput, match=name.partition(":")[0]):
        load_callable(name, folder)
