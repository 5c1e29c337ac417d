"""What did the model say, where an object was asked for? The last one of its own that fits the schema, or a reason."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from tasks.adapters.models.call import Call, Reply
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
    """The object that a reply consists of or ends in.

    A reply that is one object, bare or in a code fence, is the model's own. In prose the last well-formed object that
    fits counts, and none that stands in an untrusted text as well: the model quotes there. What is inside a broken
    object is not searched, since a quotation may be what broke it.
    """
    fits = _validator(canonical_json(schema))
    whole = _whole(text)
    if whole is not None:
        wrong = fits(whole)
        return whole if wrong is None else Unscored(wrong)
    quoted = {canonical_json(found) for passage in untrusted for found, _ in objects(passage)}
    last: str | None = None
    for found, source in list(objects(text))[::-1]:
        if canonical_json(found) in quoted or any(source in passage for passage in untrusted):
            problem: str | None = "its JSON object is quoted from the text to judge"
        else:
            problem = fits(found)
        if problem is None:
            return found
        last = last or problem
    return Unscored(last or "there is no JSON object in it")


def objects(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The outermost JSON objects of a text, each with its source, in their order."""
    found: dict[str, Any]
    position = text.find("{")
    while position >= 0:
        try:
            found, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = _closing(text, position)
        else:
            yield found, text[position:end]
        position = text.find("{", end)


def fenced_texts(messages: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The texts that the messages fence by their hash (`tasks.adapters.prompts.fenced`)."""
    contents = [content for message in messages if isinstance(content := message.get("content"), str)]
    return tuple(match["text"] for content in contents for match in _FENCED.finditer(content))


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


_FENCED = re.compile(
    r'<(?P<kind>\w+) id="(?P<mark>b2-[0-9a-f]{32})">\n(?P<text>.*?)\n</(?P=kind) id="(?P=mark)">', re.DOTALL
)
_CODE = re.compile(r"\s*```\w*\n(.*)\n\s*```\s*", re.DOTALL)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that gives one key two values says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_unambiguous, parse_constant=_no_number)


def _whole(text: str) -> dict[str, Any] | None:
    """The object that the whole text is, or the whole of its one code fence."""
    match = _CODE.fullmatch(text)
    try:
        found: Any = _DECODER.decode(match[1] if match else text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


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
