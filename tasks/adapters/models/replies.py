"""What did the model say, where an object was asked for? The last one of its own that fits the schema, or a reason."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.quotation import fenced_texts, hinted, quoted
from tasks.adapters.prompts import prompt
from tasks.domain.hashing import canonical_json
from tasks.domain.verdict import Status

T = TypeVar("T")


@dataclass(frozen=True)
class Unscored:
    """No usable reply, and why. `abstained` where the model declined in good form, which needs no repair."""

    reason: str
    status: Status = Status.failed


Parse = Callable[[Call, Reply], T | Unscored]
"""Reads one reply. It runs in the thread of the calls, so it keeps no state."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """One row's end: a value, or the reason for having none; exactly one of the four statuses either way."""

    call: Call
    reply: Reply
    value: T | None
    status: Status
    reason: str | None

    @classmethod
    def of(cls, call: Call, reply: Reply, parsed: T | Unscored) -> "Answer[T]":
        match parsed:
            case Unscored(reason, status):
                return cls(call, reply, None, status, reason)
        return cls(call, reply, parsed, Status.judged, None)


def json_format(schema: Mapping[str, Any], name: str = "reply") -> dict[str, Any]:
    """`response_format` for a reply that is to fit the schema. The prompt says so too: not every provider has this."""
    return {"type": "json_schema", "json_schema": {"name": name, "schema": dict(schema), "strict": True}}


def fitting(schema: Mapping[str, Any]) -> Parse[dict[str, Any]]:
    """Reads replies that are to fit the schema; text that the call fences as another's is not the model's word."""

    def parse(call: Call, reply: Reply) -> dict[str, Any] | Unscored:
        found = structured(reply.text, schema, untrusted=fenced_texts(call.messages))
        if isinstance(found, Unscored) and reply.finish_reason == "length":
            return Unscored(f"the reply was cut off at max_tokens: {found.reason}")
        return found

    return parse


def structured(text: str, schema: Mapping[str, Any], *, untrusted: Sequence[str] = ()) -> dict[str, Any] | Unscored:
    """The object that a reply consists of or ends in, and none that an untrusted text holds: the model quotes there.

    In prose the last well-formed object that fits counts. What is inside a broken object is not searched, since a
    quotation may be what broke it. Where an untrusted text holds the very decision, an object counts only if the reply
    ends in it and decides nothing else: a paraphrase cannot be told from a word of the model's own.
    """
    try:
        return _structured(text, schema, untrusted)
    except RecursionError:
        return Unscored("its JSON is nested too deeply to be read")


def _structured(text: str, schema: Mapping[str, Any], untrusted: Sequence[str]) -> dict[str, Any] | Unscored:
    fits = _validator(canonical_json(schema))
    whole = _whole(text)
    if isinstance(whole, list):
        return Unscored("the reply is a list and not one JSON object")
    found = list(objects(text)) if whole is None else [(whole, 0, len(text))]
    own = [each for each in found if not quoted(each[0], untrusted)]
    usable = [each for each in own if fits(each[0]) is None]
    if not found:
        return Unscored("there is no JSON object in it")
    if not usable:
        return Unscored(fits(own[-1][0]) or "" if own else "its JSON object is quoted from the text to judge")
    last, start, end = usable[-1]
    decision = {name: last[name] for name in _deciding(schema) if name in last}
    alone = all(each[name] == decision[name] for each, _, _ in own for name in decision.keys() & each.keys())
    if not (alone and _ends_in(text, start, end)) and hinted(decision, untrusted):
        return Unscored("the text to judge holds the same decision: it cannot be told which is the model's own")
    return _encodable(last)


def objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The outermost JSON objects of a text, each with where it begins and ends, in their order."""
    found: dict[str, Any]
    position = text.find("{")
    while position >= 0:
        try:
            found, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = _closing(text, position)
        else:
            yield found, position, end
        position = text.find("{", end)


def repair_call(call: Call, reply: Reply, problem: str) -> Call:
    """The same question, followed by the model's own reply, what is wrong with it, and the schema."""
    form = call.params.get("response_format") or {}
    schema = (form.get("json_schema") or {}).get("schema")
    follow_up = prompt("models/repair").render(
        problem=problem, schema=json.dumps(schema, indent=2, ensure_ascii=False) if schema else None
    )
    return Call(
        model=call.model,
        messages=[*call.messages, {"role": "assistant", "content": reply.text}, *follow_up],
        params=call.params,
        api_base=call.api_base,
        replicate=call.replicate,
        row=call.row,
    )


_CODE = re.compile(r"```\w*\n(.*)\n[ \t]*```", re.DOTALL)
_CLOSING = re.compile(r"[\s`~*.]*")
"""What may stand behind a last word: the end of a code fence or of a sentence, and no words."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that gives one key two values says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_unambiguous, parse_constant=_no_number)


def _whole(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or list that the whole text is, or the whole of its one code fence."""
    match = _CODE.fullmatch(text.strip())
    try:
        found: Any = _DECODER.decode(match[1] if match else text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _ends_in(text: str, start: int, end: int) -> bool:
    """Whether the text ends in what stands at these places, and not in a line that Markdown marks as a quotation."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return _CLOSING.fullmatch(text, end) is not None and not line.lstrip().startswith(">")


def _deciding(schema: Mapping[str, Any]) -> list[str]:
    """The keys of a reply that decide something: all that are no free text."""
    properties = schema.get("properties", {})
    return [name for name, form in properties.items() if form.get("type") != "string" or "enum" in form]


def _encodable(found: dict[str, Any]) -> dict[str, Any]:
    """The object without halves of characters, which JSON can escape and no table can hold."""
    text = json.dumps(found, ensure_ascii=False)
    kept: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return kept


def _closing(text: str, position: int) -> int:
    """Just after the brace that closes the one at `position`, by mere counting; the end where there is none."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, position):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return len(text)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Callable[[Any], str | None]:
    """Says what is wrong with a value: where, and which rule; never the value's own words, which may be untrusted."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(json.loads(schema))

    def problem(value: Any) -> str | None:
        error = best_match(validator.iter_errors(value))
        if error is None:
            return None
        place = "/".join(str(part) for part in error.absolute_path if isinstance(part, int) or part.isidentifier())
        rule = json.dumps(error.validator_value, ensure_ascii=False)[:200]
        return f"its JSON object does not fit the schema{f' at {place}' if place else ''}: {error.validator} is {rule}"

    return problem
