"""How does LiteLLM reach the embedded models? One custom provider, `embedded/<role>`, in this process and at no cost.

The roles hold an LLM's place in the loop; they have not its quality. A role sees its messages and nothing else, so the
sampling parameters of a call (temperature, seed, token limits) change nothing. There is no streaming and no tool call.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash

if TYPE_CHECKING:
    from tasks.demo.agent import Agent

PROVIDER = "embedded"
ROLES = ("agent@<artifact>", "judge", "reader", "writer")
SUFFIX = ".agent"
"""Ends the file name of a trained agent: `<api_base>/<artifact>.agent`."""

_FREE = {
    "input_cost_per_token": 0.0,
    "output_cost_per_token": 0.0,
    "cache_creation_input_token_cost": 0.0,
    "cache_read_input_token_cost": 0.0,
    "litellm_provider": PROVIDER,
    "mode": "chat",
}


def save_agent(artifact: bytes, folder: Path) -> str:
    """Stores what `train` returned and gives the model's name, `embedded/agent@<hash>`; `folder` is its api_base."""
    name = bytes_hash(artifact)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}{SUFFIX}.part"
    unfinished.write_bytes(artifact)
    unfinished.replace(folder / f"{name}{SUFFIX}")
    return f"{PROVIDER}/agent@{name}"


def complete(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    api_base: str | None,
    response_format: object = None,
) -> str:
    """The text that an embedded model answers; `model` with or without `embedded/`.

    With a `response_format` of JSON the text is the JSON alone. Raises WrongInput for a role or artifact that does not
    exist, and for an answer that holds no JSON where JSON is asked for.
    """
    role = model.removeprefix(f"{PROVIDER}/")
    answer = _answer(role, [dict(message) for message in messages], api_base)
    return _json_alone(answer, role) if _wants_json(response_format) else answer


def _answer(role: str, messages: list[dict[str, Any]], api_base: str | None) -> str:
    if role == "judge":
        from tasks.demo import judge

        return judge.answer(messages)
    if role == "writer":
        from tasks.demo import writer

        return writer.answer(messages)
    if role == "reader":
        from tasks.demo import reader

        return reader.answer(messages)
    name, _, artifact = role.partition("@")
    if name == "agent" and artifact:
        return _agent(artifact, api_base).answer(messages)
    raise WrongInput(
        f"there is no embedded model '{role}'",
        fix=f"The embedded models are {', '.join(f'{PROVIDER}/{each}' for each in ROLES)}.",
    )


def _agent(artifact: str, api_base: str | None) -> "Agent":
    if api_base is None:
        raise WrongInput(
            f"the model {PROVIDER}/agent@{artifact} has no api_base",
            fix="Set api_base to the folder that holds the trained agents.",
        )
    file = Path(api_base) / f"{artifact}{SUFFIX}"
    if not file.is_file():
        trained = sorted(each.name.removesuffix(SUFFIX) for each in Path(api_base).glob(f"*{SUFFIX}"))
        raise WrongInput(
            f"there is no trained agent '{artifact}' in {api_base}",
            fix=f"It holds {', '.join(trained)}." if trained else "It holds no trained agent; train one first.",
        )
    return _loaded(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(file: Path, _changed: int) -> "Agent":
    from tasks.demo.agent import Agent

    return Agent.load(file.read_bytes())


def _wants_json(response_format: object) -> bool:
    if response_format is None:
        return False
    return not isinstance(response_format, Mapping) or response_format.get("type") != "text"


def _json_alone(answer: str, role: str) -> str:
    for text in (answer, *re.findall(r"```(?:json)?\s*\n(.*?)\n\s*```", answer, re.DOTALL)):
        try:
            json.loads(text)
        except json.JSONDecodeError:
            continue
        return str(text)
    raise WrongInput(
        f"{PROVIDER}/{role} answered in prose where JSON was asked for",
        fix="Ask this role without response_format, or ask one whose answer is JSON.",
    )


def register() -> None:
    """Makes `embedded/...` known to LiteLLM in this process. Calling it again changes nothing."""
    import litellm

    if any(entry["provider"] == PROVIDER for entry in litellm.custom_provider_map):
        return
    litellm.custom_provider_map.append({"provider": PROVIDER, "custom_handler": _handler()})
    litellm.utils.custom_llm_setup()


def _handler() -> Any:
    """The LiteLLM side. LiteLLM hands response_format over as it came and leaves model, usage and price to us."""
    import litellm
    from litellm.llms.custom_llm import CustomLLM

    priced: set[str] = set()

    class EmbeddedLLM(CustomLLM):  # type: ignore[misc]  # litellm's types do not check under --strict
        def completion(
            self,
            model: str,
            messages: list[dict[str, Any]],
            api_base: str | None,
            model_response: Any,
            optional_params: Mapping[str, Any],
            **_: Any,
        ) -> Any:
            name = f"{PROVIDER}/{model}"
            if name not in priced:
                litellm.register_model({name: _FREE})
                priced.add(name)
            try:
                answer = complete(model, messages, api_base, optional_params.get("response_format"))
            except WrongInput as error:
                raise litellm.NotFoundError(str(error), model=name, llm_provider=PROVIDER) from error
            read, written = sum(_words(message.get("content")) for message in messages), _words(answer)
            model_response.model = name
            model_response.choices[0].message.content = answer
            model_response.choices[0].finish_reason = "stop"
            model_response.usage = litellm.Usage(
                prompt_tokens=read, completion_tokens=written, total_tokens=read + written
            )
            model_response._hidden_params["response_cost"] = 0.0
            return model_response

        async def acompletion(self, *args: Any, **kwargs: Any) -> Any:
            return self.completion(*args, **kwargs)

    return EmbeddedLLM()


def _words(content: object) -> int:
    return len(str(content).split()) if content is not None else 0
