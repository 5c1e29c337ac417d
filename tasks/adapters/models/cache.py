"""Was this very call made before, or is somebody making it now? The row cache of one machine, for many processes."""

import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from tasks.adapters.database import Database
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.queries import query

LEASE_SECONDS = 60.0
"""How long a claim is believed without a sign of life. A dead process of this machine is noticed at once."""

_OWNERS_ALIVE: set[str] = set()
"""The owners of this process: in a container a new process may well get the number of the one that was killed."""


class Claim(Enum):
    """What came of asking for a call that nobody has a reply to."""

    mine = "mine"
    taken = "taken"


@dataclass(frozen=True)
class CacheStats:
    """What the row cache holds, and since when (UTC; None where nothing is kept)."""

    replies: int
    parts: int
    claims: int
    abandoned: int
    """Claims that nobody believes any more: the next who asks takes them over."""
    bytes: int
    """On the disk, with the write-ahead log."""
    by_model: dict[str, int]
    cost_usd: float
    """What the kept replies cost when they were made: what a run without the cache would pay."""
    oldest: str | None
    newest: str | None


@dataclass(frozen=True)
class Usage:
    """What a model's latest replies took, on average. All None where there are none."""

    replies: int
    prompt_tokens: float | None
    completion_tokens: float | None
    latency_ms: float | None


class CallCache:
    """`calls.sqlite`: good replies by the hash of their call, and claims on the calls under way.

    Failures are not kept. The words of a call are stored once, by hash; keys and headers never reach this class.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.database = Database(path, "calls", "the row cache")
        self.clock = clock

    @contextmanager
    def owner(self) -> Iterator[str]:
        """A name to claim calls under; what it still holds is given back at the end."""
        name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        _OWNERS_ALIVE.add(name)
        try:
            yield name
        finally:
            _OWNERS_ALIVE.discard(name)
            self.database.change(query("models/release_claims"), owner=name)

    def reply(self, key: str) -> Reply | None:
        """The kept reply, marked as cached."""
        rows = self.database.rows(query("models/kept_reply"), key=key)
        return Reply.of_kept(json.loads(rows[0][0])) if rows else None

    def claim(self, key: str, owner: str, *, anew: bool = False) -> Reply | Claim:
        """The reply that another made meanwhile, or whether the call is now the owner's to make.

        `anew` asks for the call although a reply is kept, because the caller cannot use that one.
        """
        holder: str | None = None
        while not self._took(key, owner, anew, holder):
            if not anew and (kept := self.reply(key)) is not None:
                return kept
            holder = self._holder(key)
            if holder is not None and holder != owner and _alive(holder):
                return Claim.taken
        return Claim.mine

    def taken(self, key: str, owner: str) -> bool:
        """Whether a living owner other than this one holds the call."""
        return self._held_by_another(key, owner)

    def keep(self, call: Call, reply: Reply, owner: str) -> None:
        """Commits a reply and gives the claim back, in one transaction."""
        kept_at = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")
        with self.database.transaction():
            for part, body in call.parts.items():
                self.database.change(query("models/keep_part"), hash=part, body=body)
            self.database.change(
                query("models/keep_reply"),
                key=call.key,
                model=call.model,
                api_base=call.endpoint,
                replicate=call.replicate,
                params=call.params_hash,
                messages=json.dumps(call.message_hashes),
                reply=json.dumps(reply.kept()),
                kept_at=kept_at,
            )
            self.database.change(query("models/release_claim"), key=call.key, owner=owner)

    def release(self, key: str, owner: str) -> None:
        """Gives a call back that came to nothing."""
        self.database.change(query("models/release_claim"), key=key, owner=owner)

    def renew(self, owner: str) -> None:
        """A sign of life for every claim of the owner."""
        self.database.change(query("models/renew_claims"), owner=owner, expires_at=self.clock() + LEASE_SECONDS)

    def recall(self, key: str) -> tuple[Call, Reply] | None:
        """What a model was shown and what it answered, by the key that verdicts carry."""
        rows = self.database.rows(query("models/kept_call"), key=key)
        if not rows:
            return None
        model, api_base, replicate, params, messages, reply = rows[0]
        call = Call(
            model=model,
            messages=[self._part(part) for part in json.loads(messages)],
            params=self._part(params),
            api_base=api_base,
            replicate=replicate,
        )
        return call, Reply.of_kept(json.loads(reply))

    def usage(self, model: str) -> Usage:
        """What the model's latest replies took."""
        return Usage(*self.database.rows(query("models/recent_usage"), model=model)[0])

    def stats(self) -> CacheStats:
        """Counts for `flywheel status` and `flywheel cache stats`."""
        replies, parts, oldest, newest = self.database.rows(query("models/counts"))[0]
        by_model = self.database.rows(query("models/counts_by_model"))
        claims, abandoned = len(self.database.rows(query("models/all_claims"))), len(self.abandoned())
        return CacheStats(
            replies=replies,
            parts=parts,
            claims=max(0, claims - abandoned),
            abandoned=abandoned,
            bytes=self.size(),
            by_model={model: count for model, count, _ in by_model},
            cost_usd=sum(cost for _, _, cost in by_model),
            oldest=oldest,
            newest=newest,
        )

    def abandoned(self) -> list[tuple[str, str]]:
        """The claims whose owner is gone or silent: key and owner."""
        claims = self.database.rows(query("models/all_claims"))
        return [(key, owner) for key, owner, until in claims if until <= self.clock() or not _alive(owner)]

    def size(self) -> int:
        """Bytes on the disk, with the write-ahead log."""
        files = [self.database.path.with_name(self.database.path.name + end) for end in ("", "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        self.database.close()

    def _part(self, part: str) -> dict[str, Any]:
        body: bytes = self.database.rows(query("models/part"), hash=part)[0][0]
        plain: dict[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
        return plain

    def _took(self, key: str, owner: str, anew: bool, gone: str | None) -> bool:
        """Whether the claim is now the owner's: one statement, so that of several processes one has it."""
        now = self.clock()
        expires_at = now + LEASE_SECONDS
        taken = self.database.change(
            query("models/claim"), key=key, owner=owner, expires_at=expires_at, now=now, anew=anew, gone=gone
        )
        return taken == 1

    def _holder(self, key: str) -> str | None:
        """Whose claim it is, where it has not expired."""
        rows = self.database.rows(query("models/claim_of"), key=key)
        return rows[0][0] if rows and rows[0][1] > self.clock() else None

    def _held_by_another(self, key: str, owner: str) -> bool:
        holder = self._holder(key)
        return holder is not None and holder != owner and _alive(holder)


def _alive(owner: str) -> bool:
    """False only where the owner is certainly gone; of another machine's (or container's) we know the expiry alone."""
    host, process, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    if int(process) == os.getpid():
        return owner in _OWNERS_ALIVE
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
