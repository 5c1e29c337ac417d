"""What does a judge's prompt say: which criterion, in which words, with which examples, about which answer?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tasks.demo.language.fences import Block, split_blocks

_CRITERION = re.compile(r"^# Criterion: *(.*)$", re.MULTILINE)
_DOCUMENTATION = re.compile(r"^# Product documentation *$", re.MULTILINE)
_EXAMPLES = re.compile(r"^# Examples *$", re.MULTILINE)
_EXAMPLE = re.compile(r"^## Example \d+ *$", re.MULTILINE)
_BLOCK = re.compile(r"\[block (\d+)\]")
_VERDICT = re.compile(r"^Verdict: *(pass|fail)\b", re.MULTILINE)
_TURN = re.compile(r"(?:\A|\n\n)(system|developer|user|assistant|tool|function): ")


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: the turns of a conversation as (role, content), and the answer to the last of them."""

    turns: tuple[tuple[str, str], ...]
    answer: str

    @property
    def request(self) -> str:
        """The last thing that the user said; empty where the user said nothing."""
        return next((content for role, content in reversed(self.turns) if role == "user"), "")


@dataclass(frozen=True, slots=True)
class Example:
    """A case with an expert's word on it."""

    case: Case
    critique: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Instructions:
    """The part of a judge's prompt that does not change from answer to answer."""

    rubric: str
    documentation: str
    examples: tuple[Example, ...]


def text_of(message: dict[str, Any]) -> str:
    """A chat message's text, whether it comes as a string or in parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def joined(messages: Sequence[dict[str, Any]], *roles: str) -> str:
    """The text of the messages with these roles."""
    return "\n\n".join(text_of(message) for message in messages if message.get("role") in roles)


@lru_cache(maxsize=32)
def read_instructions(prompt: str) -> Instructions:
    """Reads a judge's system message. A prompt without headings is all rubric, as a vibe prompt is."""
    words, blocks = split_blocks(prompt)
    words, shown = _cut(words, _EXAMPLES)
    words, documentation = _cut(words, _DOCUMENTATION)
    heading = _CRITERION.search(words)
    rubric = words[heading.end() :] if heading else words
    return Instructions(rubric.strip(), documentation.strip(), _examples(shown, blocks))


def read_case(prompt: str) -> Case | None:
    """The conversation and the answer to judge, or None where either is missing from the user message."""
    found: dict[str, str] = {}
    for block in split_blocks(prompt)[1]:
        found.setdefault(block.tag, block.text)
    if "conversation" not in found or "answer" not in found:
        return None
    return Case(_turns(found["conversation"]), found["answer"])


def _cut(words: str, heading: re.Pattern[str]) -> tuple[str, str]:
    match = heading.search(words)
    return (words[: match.start()], words[match.end() :]) if match else (words, "")


def _examples(words: str, blocks: tuple[Block, ...]) -> tuple[Example, ...]:
    """The blocks of each section with its verdict line; an example that lacks a part teaches nothing."""
    examples = []
    for section in _EXAMPLE.split(words)[1:]:
        shown = [blocks[int(number)] for number in _BLOCK.findall(section)]
        parts = {block.tag: block.text for block in shown}
        verdict = _VERDICT.search(section)
        if verdict and {"conversation", "answer"} <= parts.keys():
            case = Case(_turns(parts["conversation"]), parts["answer"])
            examples.append(Example(case, parts.get("critique", ""), verdict[1] == "pass"))
    return tuple(examples)


def _turns(conversation: str) -> tuple[tuple[str, str], ...]:
    marks = list(_TURN.finditer(conversation))
    ends = [mark.start() for mark in marks[1:]] + [len(conversation)]
    return tuple((mark[1], conversation[mark.end() : end]) for mark, end in zip(marks, ends, strict=True))
