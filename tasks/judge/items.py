"""What stands in a file of items? Conversations with their answers, checked as a whole before any is judged."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.adapters.tables import Row, rows_of
from tasks.domain.errors import WrongInput

CARRIED = ("cluster", "stratum")
"""What a verdict keeps of its item, as text, so that later figures know which rows belong together."""
COLUMNS = ("item_id", "messages", "input", "output", *CARRIED, "metadata")


@dataclass(frozen=True, slots=True)
class Item:
    """A conversation and the answer to it. There is nothing to judge where `output` is None."""

    item_id: str
    messages: tuple[Mapping[str, Any], ...]
    output: str | None
    carried: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemFile:
    """A file of items that was read once and found right."""

    path: Path
    columns: Mapping[str, str]
    size: int
    carries: tuple[str, ...]
    """Which of `CARRIED` it has."""

    def __iter__(self) -> Iterator[Item]:
        for line, row in rows_of(self.path, self.columns):
            yield _item(row, self.path, line, self.columns)


def read_items(path: Path, columns: Mapping[str, str] | None = None) -> ItemFile:
    """The items of a file. Raises WrongInput for the first row that is none, before anything is paid for.

    A row has `item_id`, and either `messages` (a chat; the answer is its last message or `output`) or `input` and
    `output`.
    """
    lines: dict[str, int] = {}
    carried: set[str] = set()
    for line, row in rows_of(path, columns or {}):
        item = _item(row, path, line, columns or {})
        if (first := lines.setdefault(item.item_id, line)) != line:
            found = f"item '{item.item_id}' stands in line {first} already"
            raise WrongInput(found, file=str(path), line=line, fix="Give each item an item_id of its own.")
        carried.update(item.carried)
    if not lines:
        raise WrongInput("there are no items in it", file=str(path), fix="Give it item_id, input and output.")
    return ItemFile(path, columns or {}, len(lines), tuple(name for name in CARRIED if name in carried))


def _item(row: Row, path: Path, line: int, columns: Mapping[str, str]) -> Item:
    """The item of a row. Where somebody says which column holds the answer, no message takes its place."""

    def wrong(found: str, fix: str) -> WrongInput:
        return WrongInput(found, file=str(path), line=line, fix=fix)

    identity = row.get("item_id")
    if identity is None or isinstance(identity, dict | list) or not str(identity).strip():
        known = ", ".join(sorted(row)) or "none"
        raise wrong(f"there is no item_id; the columns are: {known}", "Add it, or name yours: --columns item_id=id.")
    if row.get("messages") is None and row.get("input") is None:
        raise wrong("there is neither 'messages' nor 'input'", "Add one, or name yours: --columns input=question.")
    if row.get("messages") is None:
        messages: list[Any] = [{"role": "user", "content": _text(row["input"])}]
    else:
        messages = _chat(row["messages"])
        if not messages:
            fix = 'Write [{"role": "user", "content": "…"}, …], as JSON in a CSV.'
            raise wrong("'messages' is not a list of chat messages", fix)
        if not all(map(_readable, messages)):
            fix = 'Content is a text or [{"type": "text", …}, …], tool_calls are [{"function": {…}}, …] or null.'
            raise wrong("a message has parts or tool_calls that cannot be read", fix)
    if "output" in row or "output" in columns:
        output = row.get("output")
    elif messages[-1]["role"] == "assistant":
        *messages, last = messages
        output = last.get("content") or _calls(last)
    else:
        raise wrong("there is no answer to judge", "Add 'output', or end 'messages' with the assistant's message.")
    carried = {name: _name(row[name]) for name in CARRIED if row.get(name) is not None}
    return Item(str(identity), tuple(messages), None if output is None else _text(output), carried)


def _chat(value: Any) -> list[Any]:
    """The messages, read from JSON where they are a text; none where they are no chat."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    chat = isinstance(value, list) and all(
        isinstance(message, dict) and isinstance(message.get("role"), str) for message in value
    )
    return value if chat else []


def _readable(message: Mapping[str, Any]) -> bool:
    """Whether the message can be shown to a judge: parts and tool calls are objects, as OpenAI's protocol has them."""
    content, calls = message.get("content"), message.get("tool_calls") or []
    parts = content if isinstance(content, list) else []
    return isinstance(calls, list) and all(
        isinstance(each, dict) and isinstance(each.get("function", {}), dict) for each in [*parts, *calls]
    )


def _calls(message: Mapping[str, Any]) -> str | None:
    """An answer that consists of tool calls is those calls."""
    return _text(message["tool_calls"]) if message.get("tool_calls") else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _name(value: Any) -> str:
    return _text(value) if isinstance(value, str | list | dict) else str(value)
