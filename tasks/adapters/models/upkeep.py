"""Is the row cache sound, and what may leave it? Looked through row by row, pruned beside whoever uses it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Reply
from tasks.adapters.models.faults import without_secrets
from tasks.adapters.queries import Query, query
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash

PAGE = 100
"""Rows that are looked at together: messages may be long, and memory stays the same."""
BATCH = 500
"""Replies that are removed in one transaction: some ten milliseconds in which nobody else writes."""
PAUSE_SECONDS = 0.01
"""Between two batches, so that a run beside us gets its turn."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and with what: `reply` and `part` by their key; of the `file` as a whole there is none."""

    where: str
    key: str | None
    found: str


@dataclass(frozen=True)
class Which:
    """The replies that may go: kept before a time (ISO, UTC; None for any age), of a model (a glob; None for any)."""

    before: str | None = None
    model: str | None = None


NONE = Which(before="")
"""No time lies before the empty text."""


@dataclass(frozen=True)
class Pruned:
    """What went, or would go: replies, parts that no reply leads to any more, claims of owners who are gone.

    `bytes` is what the disk has got back; of what would go, the bytes that the rows hold.
    """

    replies: int
    parts: int
    claims: int
    bytes: int


def problems(
    cache: CallCache, *, repair: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Problem]:
    """Everything that is wrong, as it is found; with `repair`, damaged rows are removed and will be asked for again.

    `progress` hears how many rows more were looked at.

    A file that SQLite itself finds damaged is not looked at any further, and cannot be repaired here.
    """
    broken = [line for (line,) in cache.database.rows(query("models/sound_file")) if line != "ok"]
    yield from (Problem("file", None, line) for line in broken)
    if not broken:
        for problem in chain(_in_parts(cache, progress), _in_replies(cache, progress)):
            if repair:
                _remove(cache, problem)
            yield problem


def unused_parts(cache: CallCache) -> int:
    """How many parts no reply leads to: harmless, and gone with the next pruning."""
    return int(cache.database.rows(query("models/unused_parts"), before=NONE.before, model=NONE.model)[0][0])


def remove_unused_parts(cache: CallCache) -> int:
    """Removes them, and says how many there were."""
    return cache.database.change(query("models/remove_unused_parts"))


def prunable(cache: CallCache, which: Which) -> Pruned:
    """What pruning would remove now."""
    replies, in_replies = cache.database.rows(query("models/prunable"), before=which.before, model=which.model)[0]
    parts, in_parts = cache.database.rows(query("models/unused_parts"), before=which.before, model=which.model)[0]
    return Pruned(replies, parts, len(cache.abandoned()), in_replies + in_parts)


def prune(cache: CallCache, which: Which) -> Pruned:
    """Removes replies in short transactions, then what only they used, and gives the space back to the disk.

    A reply that somebody is asking for anew stays. So does a call that is under way: it has no reply yet.
    """
    size, claims = cache.size(), cache.abandoned()
    for key, owner in claims:
        cache.release(key, owner)
    replies = _prune_replies(cache, which)
    parts = remove_unused_parts(cache)
    give_back(cache)
    return Pruned(replies, parts, len(claims), max(0, size - cache.size()))


def give_back(cache: CallCache) -> None:
    """Writes the file anew without its free pages, unless a call is under way: then new replies will fill them.

    Nobody else writes for that long: about a second for 100,000 replies, and others wait up to half a minute.
    """
    if not cache.database.rows(query("models/all_claims")):
        cache.database.change(query("models/vacuum"))
    cache.database.rows(query("models/empty_log"))


def _prune_replies(cache: CallCache, which: Which) -> int:
    """Removes them a batch at a time, and says how many there were."""
    removed, after = 0, 0
    while rows := cache.database.rows(
        query("models/prune_replies"), before=which.before, model=which.model, after=after, most=BATCH
    ):
        removed, after = removed + len(rows), max(row for (row,) in rows)
        time.sleep(PAUSE_SECONDS)
    return removed


def _remove(cache: CallCache, problem: Problem) -> None:
    if problem.where == "part":
        cache.database.change(query("models/remove_part"), hash=problem.key)
    else:
        cache.database.change(query("models/remove_reply"), key=problem.key)


def _in_parts(cache: CallCache, progress: Callable[[int], None]) -> Iterator[Problem]:
    for page in _pages(cache, query("models/parts_after")):
        texts = {part: body.decode("utf-8", "replace") for _, part, body in page if isinstance(body, bytes)}
        leaking = _leaking(texts)
        for _, part, body in page:
            if not isinstance(body, bytes) or bytes_hash(body) != part:
                yield Problem("part", part, "its bytes are not those that it is named by")
            elif part in leaking:
                yield Problem("part", part, "it holds what is, or looks like, a key")
        progress(len(page))


def _in_replies(cache: CallCache, progress: Callable[[int], None]) -> Iterator[Problem]:
    for page in _pages(cache, query("models/replies_after")):
        leaking = _leaking({key: str(reply) for _, key, reply in page})
        for _, key, _ in page:
            if found := _reply_problem(cache, key):
                yield Problem("reply", key, found)
            elif key in leaking:
                yield Problem("reply", key, "it holds what is, or looks like, a key")
        progress(len(page))


def _pages(cache: CallCache, statement: Query) -> Iterator[list[Any]]:
    """The rows of a table, a page at a time. The first column is the row id."""
    after = 0
    while rows := cache.database.rows(statement, after=after, most=PAGE):
        yield rows
        after = rows[-1][0]


def _reply_problem(cache: CallCache, key: str) -> str | None:
    """What is wrong with a reply, by making its call anew from what is stored."""
    try:
        found = cache.recall(key)
    except LookupError:
        return "a part of its call is missing"
    except (ValueError, TypeError, AttributeError) as error:
        return f"what is stored cannot be read: {error}"
    except WrongInput as error:
        if error.file is not None:
            raise
        return f"it is a reply to no call: {error.message}"
    if found is None:
        return None
    call, reply = found
    if call.key != key:
        return "its key is not that of the call that is stored"
    return None if _is_answer(reply) else "it is not an answer of a model"


def _is_answer(reply: Reply) -> bool:
    """Whether it is no failure, and every value has the type that a reply has there."""
    numbers = [part.name for part in fields(Reply) if type(part.default) in (int, float)]
    return (
        reply.answered
        and isinstance(reply.text, str)
        and all(isinstance(call, dict) for call in reply.tool_calls)
        and all(type(getattr(reply, name)) in (int, float) for name in numbers)
    )


def _leaking(texts: dict[str, str]) -> set[str]:
    """The names of the texts that hold a secret. All are looked at together first, since almost none does."""
    if not _leaks("\n".join(texts.values())):
        return set()
    return {name for name, text in texts.items() if _leaks(text)}


def _leaks(text: str) -> bool:
    """Whether a key of the environment, or what looks like one, stands in a text; also as JSON escapes it."""
    plain = text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return any(without_secrets(each) != each for each in {text, plain})
