"""Which workflow does a request ask for, by dictionary alone? The embedded reader.

It answers with what `understanding` finds in the request: the documentation's phrases and the values next to them. It
learns nothing and knows no training row, so it is another algorithm than the agent's: a request which both understand
alike is likely to be sound.
"""

from functools import lru_cache
from typing import Any

from tasks.demo.catalogue import Catalogue
from tasks.demo.documentation import parse_documentation
from tasks.demo.judging.prompt import joined
from tasks.demo.language.fences import split_blocks
from tasks.demo.language.mentions import Dictionary, entries_of
from tasks.demo.language.understanding import understood
from tasks.demo.workflow import fenced
from tasks.domain.errors import WrongInput


def answer(messages: list[dict[str, Any]]) -> str:
    """The workflows that the last block `request` asks for, as JSON in a fence; an empty list where none is found."""
    blocks = [block.text for block in split_blocks(joined(messages, "user"))[1] if block.tag == "request"]
    if not blocks:
        raise WrongInput(
            "the prompt holds no request to read",
            fix="Fence it under the tag `request`, as tasks/prompts/improve/read_request.md does.",
        )
    catalogue, dictionary = _knowledge(joined(messages, "system", "developer"))
    flows = [flow for wish in understood(blocks[-1], catalogue, dictionary) if (flow := wish.workflow) is not None]
    if len(flows) == 1:
        return fenced(flows[0].to_json())
    return fenced({"workflows": [flow.to_json() for flow in flows]})


@lru_cache(maxsize=8)
def _knowledge(documentation: str) -> tuple[Catalogue, Dictionary]:
    catalogue = parse_documentation(documentation)
    return catalogue, Dictionary(entries_of(catalogue))
