"""How is a system tested that is a Python function? As one more LiteLLM provider: `callable/package.module:function@1`.

So it takes the same path as every model: the row cache, timeouts, retries and the accounting.
"""

import asyncio
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tasks.domain.errors import WrongInput

PROVIDER = "callable"

AnswerFunction = Callable[[Sequence[Mapping[str, Any]]], object]


@cache
def load_callable(name: str, root: Path) -> AnswerFunction:
    """The function `package.module:function`, looked for in the workspace first. Raises WrongInput."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        fix = "Write it as package.module:function, importable from the workspace's folder."
        raise WrongInput(f"the callable '{name}' cannot be loaded: {error}", fix=fix) from None
    if not callable(found):
        raise WrongInput(f"'{name}' is not a function", fix="It takes the chat messages and returns a text.")
    answer: AnswerFunction = found
    return answer


def register(root: Path) -> None:
    """Makes `callable/…` known to LiteLLM in this process. Calling it again changes nothing."""
    import litellm

    if not any(entry["provider"] == PROVIDER for entry in litellm.custom_provider_map):
        litellm.custom_provider_map.append({"provider": PROVIDER, "custom_handler": _handler(root)})
        litellm.utils.custom_llm_setup()


def _handler(root: Path) -> Any:
    import litellm
    from litellm.llms.custom_llm import CustomLLM

    class CallableLLM(CustomLLM):  # type: ignore[misc]  # litellm's types do not check under --strict
        def completion(self, model: str, messages: list[dict[str, Any]], model_response: Any, **_: Any) -> Any:
            answer = load_callable(model.partition("@")[0], root)(messages)
            if not isinstance(answer, str):
                reason = f"the callable '{model}' returned {type(answer).__name__}, not a text"
                raise litellm.BadRequestError(reason, model=model, llm_provider=PROVIDER)
            model_response.model = f"{PROVIDER}/{model}"
            model_response.choices[0].message.content = answer
            model_response.choices[0].finish_reason = "stop"
            model_response.usage = litellm.Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
            return model_response

        async def acompletion(self, *args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(self.completion, *args, **kwargs)

    return CallableLLM()
