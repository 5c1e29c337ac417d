"""Which judges does a prompt with several criteria hold? For each criterion a prompt that asks it alone.

The embedded judge answers each as it would on its own: what it says on one criterion never colours another. An LLM may
well let it, so agreement measured with this judge speaks of shared examples and of cost, and not of such a halo.
"""

import re
from functools import lru_cache

from tasks.adapters.prompts import fenced
from tasks.demo.language.fences import Block, split_blocks

_CRITERION = re.compile(r"^# Criterion: *(\S+) *$", re.MULTILINE)
_REST = re.compile(r"^# (?:Product documentation|Examples) *$", re.MULTILINE)
_SAID = re.compile(r"^(\[block \d+\]\n)Verdict on (\S+): *(pass|fail) *$", re.MULTILINE)
_BLOCK = re.compile(r"^\[block (\d+)\]$", re.MULTILINE)


@lru_cache(maxsize=32)
def taken_apart(prompt: str) -> dict[str, str]:
    """The system message of each criterion alone, by its name; empty where the prompt has not at least two of them."""
    words, blocks = split_blocks(prompt)
    headings = list(_CRITERION.finditer(words))
    rest = _REST.search(words, headings[0].start()) if headings else None
    end = rest.start() if rest else len(words)
    headings = [heading for heading in headings if heading.start() < end]
    if len(headings) < 2:
        return {}
    ends = [heading.start() for heading in headings[1:]] + [end]
    return {
        heading[1]: _fenced(words[heading.start() : until] + _said_on(heading[1], words[end:]), blocks)
        for heading, until in zip(headings, ends, strict=True)
    }


def _said_on(criterion: str, words: str) -> str:
    """The examples with the critique and the verdict on this criterion alone."""
    return _SAID.sub(lambda said: f"{said[1]}Verdict: {said[3]}" if said[2] == criterion else "", words)


def _fenced(words: str, blocks: tuple[Block, ...]) -> str:
    """The words with the blocks in their places again."""
    return _BLOCK.sub(lambda mark: fenced(blocks[int(mark[1])].tag, blocks[int(mark[1])].text), words)
