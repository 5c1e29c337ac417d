"""Which parts of a prompt are somebody else's words? Blocks fenced by the hash of what is inside them."""

import re
from dataclasses import dataclass

from tasks.domain.hashing import bytes_hash

_OPENING = re.compile(r"^<([a-z_]+) id=\"(b2-[0-9a-f]{32})\">\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced text: its tag and what stands between the two tag lines."""

    tag: str
    text: str


def split_blocks(prompt: str) -> tuple[str, tuple[Block, ...]]:
    """The prompt's own words, with each block replaced by `[block N]`, and the blocks in their order.

    A block is real only if its id is the hash of its text, which no text can hold of itself. What looks like a block
    inside a real one belongs to that one's text; what looks like a block elsewhere stays among the prompt's words.
    """
    words: list[str] = []
    blocks: list[Block] = []
    end = 0
    position = 0
    while opening := _OPENING.search(prompt, position):
        text = _fenced_text(prompt, opening)
        if text is None:
            position = opening.end()
            continue
        tag = opening[1]
        words += [prompt[end : opening.start()], f"[block {len(blocks)}]"]
        blocks.append(Block(tag, text))
        end = position = opening.end() + len(text) + len(f'\n</{tag} id="{opening[2]}">')
    words.append(prompt[end:])
    return "".join(words), tuple(blocks)


def _fenced_text(prompt: str, opening: re.Match[str]) -> str | None:
    closing = f'\n</{opening[1]} id="{opening[2]}">'
    start = opening.end()
    at = prompt.find(closing, start)
    while at >= 0:
        text = prompt[start:at]
        if bytes_hash(text.encode("utf-8", "surrogatepass")) == opening[2]:
            return text
        at = prompt.find(closing, at + 1)
    return None
