"""`flywheel cache stats|verify|prune`: what the row cache holds, whether it is sound, and what may leave it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import islice
from pathlib import Path

import click

from flows.caches import find_cache
from flows.output import Answer, StepLog, verb
from tasks.adapters.models import upkeep
from tasks.adapters.models.budget import Budget, Ledger
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.upkeep import Problem, Pruned, Which
from tasks.domain.errors import WrongInput

LISTED = 1000
"""Problems that are named one by one; the others are counted."""
SHOWN = 20
"""Of these in a terminal."""


@click.group("cache")
def command() -> None:
    """Look after the row cache, which keeps every model call with its reply.

    It is the one in the folder that --cache names, else that of the nearest workspace, else your own.

    \b
    Example:
      flywheel cache stats
      flywheel cache verify --repair
      flywheel cache prune --older-than 90d --dry-run
    """  # noqa: D301


def on_cache(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Gives a verb `--cache DIR`, and that row cache, opened, as its first argument."""

    @click.option(
        "--cache",
        "--workspace",
        "named",
        type=click.Path(path_type=Path, file_okay=False),
        help="The folder that holds calls.sqlite.",
    )
    @wraps(function)
    def command(*, named: Path | None, **options: object) -> Answer:
        with _opened(find_cache(named, Path.cwd())) as cache:
            return function(cache, **options)

    return command


@command.command("stats")
@verb
@on_cache
def stats(cache: CallCache) -> Answer:
    """Say what is kept, what a rerun saves by it, what is under way, and what today has cost.

    \b
    Example:
      flywheel cache stats --workspace my-product
    """  # noqa: D301
    held, today = cache.stats(), Ledger(cache, Budget()).spending()
    since = f", kept from {held.oldest} to {held.newest}" if held.oldest else ""
    lines = [
        f"{held.replies:,} replies in {cache.database.path} ({_megabytes(held.bytes)}){since}",
        *(f"  {count:>9,}  {model}" for model, count in held.by_model.items()),
        f"  to make them anew would cost ${held.cost_usd:,.2f}",
        f"  calls under way: {held.claims:,}; abandoned: {held.abandoned:,}",
        f"  today ({today.day}, UTC): ${today.settled_usd:,.2f}, and at most ${today.reserved_usd:,.2f} not settled",
    ]
    spent = {"day": today.day, "settled_usd": today.settled_usd, "reserved_usd": today.reserved_usd}
    return Answer("\n".join(lines), {"cache": str(cache.database.path), **asdict(held), "today": spent})


@command.command("verify")
@click.option("--repair", is_flag=True, help="Remove what is damaged; those calls will be made again.")
@verb
@on_cache
def verify(cache: CallCache, *, repair: bool) -> Answer:
    """Make every key anew from what is stored under it, and look for secrets. Exit code 1 where something is wrong.

    \b
    Example:
      flywheel cache verify
      flywheel cache verify --repair
    """  # noqa: D301
    held = cache.stats()
    found = upkeep.problems(cache, repair=repair, progress=_progress(held.replies + held.parts))
    listed = list(islice(found, LISTED))
    counts = Counter(problem.where for problem in listed) + Counter(problem.where for problem in found)
    unused = 0 if counts["file"] else upkeep.unused_parts(cache)
    if repair and not counts["file"]:
        upkeep.remove_unused_parts(cache)
        upkeep.give_back(cache)
    values = {
        "cache": str(cache.database.path),
        "replies": held.replies,
        "parts": held.parts,
        "unused_parts": unused,
        "problems": {"n": counts.total(), **counts},
        "repaired": repair and not counts["file"],
        "listed": [asdict(problem) for problem in listed],
    }
    text = _verified(cache, listed, counts, unused, repair=repair)
    return Answer(text, values, exit_code=1 if counts["file"] or (counts and not repair) else 0)


@command.command("prune")
@click.option("--older-than", metavar="AGE", help="Replies kept longer ago than this: 12h, 30d, 8w.")
@click.option("--model", metavar="PATTERN", help="Replies of the models that match, such as 'openai/*'.")
@click.option("--dry-run", is_flag=True, help="Say how many replies and bytes would go.")
@verb
@on_cache
def prune(cache: CallCache, *, older_than: str | None, model: str | None, dry_run: bool) -> Answer:
    """Remove replies that are no longer wanted; given both, those that are both. Others may use the cache meanwhile.

    The words that only they used go too, and claims of runs that died. The disk gets the space back where no call is
    under way; otherwise new replies fill it, and the next pruning gives back what is left.

    \b
    Example:
      flywheel cache prune --older-than 90d
      flywheel cache prune --model 'openai/gpt-4*' --dry-run
    """  # noqa: D301
    if older_than is None and model is None:
        raise WrongInput("nothing says which replies are to go", fix="Give --older-than AGE, --model PATTERN or both.")
    before = None if older_than is None else _moment(cache.clock(), older_than)
    which = Which(before=before, model=model)
    done = upkeep.prunable(cache, which) if dry_run else upkeep.prune(cache, which)
    values = {"cache": str(cache.database.path), "before": before, "model": model, "dry_run": dry_run, **asdict(done)}
    return Answer(_pruned(done, dry_run=dry_run), values)


@contextmanager
def _opened(path: Path) -> Iterator[CallCache]:
    """The cache of a file that is there: looking after one makes none. Raises WrongInput."""
    if not path.is_file():
        fix = "Name the folder of its calls.sqlite with --cache DIR. The first model call makes one."
        raise WrongInput("there is no row cache", file=str(path), fix=fix)
    cache = CallCache(path)
    try:
        yield cache
    finally:
        cache.close()


def _progress(rows: int) -> Callable[[int], None]:
    """Tells on stderr how many of the rows were looked at."""
    log, looked = StepLog(), 0
    log.begin("looking through the row cache")

    def progress(more: int) -> None:
        nonlocal looked
        looked += more
        log.progress(looked, rows)

    return progress


def _moment(now: float, age: str) -> str:
    """The time that lies an age before now, as the cache writes times. Raises WrongInput."""
    said = re.fullmatch(r"(\d{1,5})([hdw])", age)
    if said is None:
        raise WrongInput(f"'{age}' is not an age", fix="Give hours, days or weeks: 12h, 30d, 8w.")
    count, unit = int(said[1]), {"h": "hours", "d": "days", "w": "weeks"}[said[2]]
    return (datetime.fromtimestamp(now, UTC) - timedelta(**{unit: count})).isoformat(timespec="seconds")


def _verified(cache: CallCache, listed: list[Problem], counts: Counter[str], unused: int, *, repair: bool) -> str:
    if not counts:
        return f"{cache.database.path} is sound. Parts that no reply uses{', removed' * repair}: {unused:,}"
    lines = [f"{cache.database.path}: {counts.total():,} problems"]
    lines += [f"  {' '.join(filter(None, (each.where, each.key)))}: {each.found}" for each in listed[:SHOWN]]
    if counts.total() > SHOWN:
        lines.append(f"  and {counts.total() - SHOWN:,} more; --json lists up to {LISTED:,}")
    if counts["file"]:
        return "\n".join([*lines, "Put a good copy of the file back, or move it away: a new one is made."])
    fix = "What is named above was removed; those calls will be made again."
    return "\n".join([*lines, fix if repair else "`flywheel cache verify --repair` removes what is named."])


def _pruned(done: Pruned, *, dry_run: bool) -> str:
    went = "would go" if dry_run else "went"
    space = f"they hold {_megabytes(done.bytes)}" if dry_run else f"the disk has {_megabytes(done.bytes)} back"
    return f"{done.replies:,} replies {went}, with {done.parts:,} parts and {done.claims:,} abandoned claims; {space}."


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
