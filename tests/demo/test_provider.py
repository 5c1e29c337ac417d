"""Facts about reaching the embedded models through LiteLLM."""

import asyncio
import json
from pathlib import Path

import litellm
import pytest

from tasks.demo.agent import train
from tasks.demo.catalogue import load_catalogue
from tasks.demo.documentation import documentation
from tasks.demo.generator.training import chat_row, engineering_requests
from tasks.demo.provider import complete, register, save_agent
from tasks.domain.errors import WrongInput

# litellm's own typed dictionaries warn while it builds its first reply.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

REQUEST = [{"role": "user", "content": "When an order is placed, archive the order."}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(folder: Path) -> str:
    rows = [chat_row(request) for request in engineering_requests(150, seed=3)]
    return save_agent(train(rows, documentation(load_catalogue())), folder)


def test_an_agent_answers_by_the_hash_of_its_artifact(model: str, folder: Path) -> None:
    answer = complete(model, REQUEST, str(folder))
    assert "order_created" in answer
    assert "archive_order" in answer
    assert answer == complete(model.removeprefix("embedded/"), REQUEST, str(folder))


def test_litellm_reaches_it_and_is_told_model_usage_and_price(model: str, folder: Path) -> None:
    register()
    register()
    assert sum(entry["provider"] == "embedded" for entry in litellm.custom_provider_map) == 1
    reply = litellm.completion(model, REQUEST, api_base=str(folder), temperature=0)
    assert reply.model == model
    assert reply.choices[0].message.content == complete(model, REQUEST, str(folder))
    assert reply.usage.prompt_tokens == 8
    assert reply.usage.completion_tokens == len(reply.choices[0].message.content.split())
    assert litellm.completion_cost(reply) == 0


def test_async_calls_give_the_same(model: str, folder: Path) -> None:
    register()
    reply = asyncio.run(litellm.acompletion(model, REQUEST, api_base=str(folder)))
    assert reply.choices[0].message.content == complete(model, REQUEST, str(folder))


def test_json_is_given_alone_where_it_is_asked_for(model: str, folder: Path) -> None:
    answer = complete(model, REQUEST, str(folder), response_format={"type": "json_object"})
    assert json.loads(answer)["trigger"] == "order_created"


def test_prose_is_no_json(model: str, folder: Path) -> None:
    with pytest.raises(WrongInput, match="prose"):
        complete(model, [{"role": "user", "content": ""}], str(folder), response_format={"type": "json_object"})


def test_an_unknown_role_names_the_known_ones() -> None:
    with pytest.raises(WrongInput, match=r"embedded/judge.*embedded/writer"):
        complete("embedded/oracle", REQUEST, None)


def test_a_missing_artifact_names_those_that_exist(model: str, folder: Path) -> None:
    with pytest.raises(WrongInput, match=model.partition("@")[2]):
        complete("embedded/agent@b2-0", REQUEST, str(folder))
    with pytest.raises(WrongInput, match="api_base"):
        complete(model, REQUEST, None)


def test_litellm_tells_of_a_wrong_model_as_not_found(folder: Path) -> None:
    register()
    with pytest.raises(litellm.NotFoundError, match="no embedded model 'oracle'"):
        litellm.completion("embedded/oracle", REQUEST, api_base=str(folder), num_retries=0)


def test_a_file_that_is_no_agent_is_refused(folder: Path) -> None:
    name = save_agent(b"not a zip", folder)
    with pytest.raises(WrongInput, match="no trained agent"):
        complete(name, REQUEST, str(folder))
