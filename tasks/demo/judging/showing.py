"""What does an answer show beside the workflows that a program reads in it? Parts in broken, nested or further JSON.

A merchant sees them all the same, so no text around a part hides it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple
from typing import Any

from tasks.demo.catalogue import Catalogue
from tasks.demo.workflow import FENCE, ActionCall, Condition, Workflow

LONGEST = 20_000
"""Characters of an answer from which on nobody reads it, and no check does."""

_QUOTED_NAME = re.compile(r"[\"']([\w.]{1,80})[\"']")
_FENCE_MARK = re.compile(r"(?:`{3,}|~{3,})\w*")
_DECODER = json.JSONDecoder()

Span = tuple[dict[str, Any], int, int]


def visible(text: str) -> str:
    """A text as it is seen: letters without dress, and none that show nothing."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def objects(text: str) -> Iterator[Span]:
    """The JSON objects in a text that stand in no other, each with where it begins and ends."""
    start = text.find("{")
    while start >= 0:
        end = start + 1
        with suppress(ValueError, RecursionError):
            found, end = _DECODER.raw_decode(text, start)
            yield found, start, end
        start = text.find("{", end)


def prose(answer: str) -> str:
    """The answer without its JSON: what the merchant reads. Words between code fences are read as well."""
    text = FENCE.sub(lambda fence: " " if _is_json(fence[1]) else fence[0], visible(answer))
    ends = [0]
    words = []
    for _, start, end in objects(text):
        words.append(text[ends[-1] : start])
        ends.append(end)
    return _FENCE_MARK.sub("", "".join([*words, text[ends[-1] :]])).strip()


def beside(answer: str, known: Sequence[Workflow], catalogue: Catalogue) -> Workflow | None:
    """The parts that stand in none of the known workflows, as one workflow; None where there are none."""
    triggers, conditions, calls = _parts(visible(answer))
    names = {name for name in _QUOTED_NAME.findall(visible(answer)) if name in catalogue.actions_by_id}
    named = [ActionCall(name) for name in sorted(names - {call.action for call in calls})]
    held = {_as_seen(part) for flow in known for parts in (flow.conditions, flow.actions) for part in parts}
    done = {call.action for flow in known for call in flow.actions}
    further = [trigger for trigger in triggers if trigger not in {flow.trigger for flow in known}]
    loose = tuple(part for part in conditions if _as_seen(part) not in held)
    acts = tuple(call for call in calls if _as_seen(call) not in held) + tuple(
        call for call in named if call.action not in done
    )
    if not further and not loose and not acts:
        return None
    start = next(iter((*further, *triggers, *(flow.trigger for flow in known))), "")
    return Workflow(start, tuple(dict.fromkeys(loose)), tuple(dict.fromkeys(acts)))


def _as_seen(part: Condition | ActionCall) -> str:
    return visible(json.dumps(astuple(part), ensure_ascii=False))


def _parts(text: str) -> tuple[list[str], list[Condition], list[ActionCall]]:
    """Triggers, conditions and actions of all objects, however deep and whatever is broken around them."""
    triggers: list[str] = []
    conditions: list[Condition] = []
    calls: list[ActionCall] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        triggers.extend(value for name, value in pairs if name == "trigger" and isinstance(value, str))
        content = dict(pairs)
        with suppress(ValueError):
            flow = Workflow.from_json({"trigger": "", **_one_part(content)})
            conditions.extend(flow.conditions)
            calls.extend(flow.actions)
        return content

    decoder = json.JSONDecoder(object_pairs_hook=note)
    start = text.find("{")
    while start >= 0:
        end = start + 1
        with suppress(ValueError, RecursionError):
            _, end = decoder.raw_decode(text, start)
        start = text.find("{", end)
    return triggers, conditions, calls


def _one_part(content: dict[str, Any]) -> dict[str, Any]:
    if "action" in content:
        return {"actions": [content]}
    return {"conditions": [content]} if "field" in content else {}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
