"""What does the product team train and measure its assistant with? Chat rows and a benchmark in engineers' words."""

import itertools
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from tasks.demo.generator.request import BEYOND, Kind, Request, engineer_request
from tasks.demo.workflow import render_answer


def chat_row(request: Request) -> dict[str, Any]:
    """A request and its right answer in chat format, without a system prompt: that is put in front when rendered."""
    answer = {"role": "assistant", "content": render_answer(request.wanted)}
    return {"messages": [*request.messages, answer]}


def engineering_requests(count: int, seed: int, *, apart_from: Iterable[str] = ()) -> Iterator[Request]:
    """What the engineers made up to train the first system: simple wishes alone, the long tail unknown to them.

    No text comes twice, and none of `apart_from`, which is where the benchmark's texts go.
    """
    seen = set(apart_from)
    left = count
    for number in itertools.count():
        if left == 0:
            return
        request = engineer_request("simple", Random(f"{seed}/training/{number}"))
        if request.text not in seen:
            seen.add(request.text)
            left -= 1
            yield request


def benchmark_requests(count: int, seed: int) -> Iterator[Request]:
    """The hand-made benchmark: as evenly spread and simple as the training rows, and never the same requests.

    It holds what no system can do in the very share that production does.
    """
    kinds: list[Kind] = [kind for kind, share in BEYOND.items() for _ in range(round(share * count))]
    kinds += ["simple"] * (count - len(kinds))
    Random(f"{seed}/benchmark").shuffle(kinds)
    for number, kind in enumerate(kinds):
        yield engineer_request(kind, Random(f"{seed}/benchmark/{number}"))
