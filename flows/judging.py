"""A file of items under a judge: verdicts streamed to a file, with progress, cost and an account."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any

import click

from flows.caches import find_cache
from flows.judged import Account
from flows.output import Answer
from flows.plans import plan_answer
from tasks.adapters.models.addresses import named_model, own_price
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.tables import table_writer
from tasks.demo.provider import register as register_embedded
from tasks.domain.criterion import Criterion
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.judge import Judge
from tasks.judge.asking import judge_prompt
from tasks.judge.criteria import read_criterion
from tasks.judge.files import JudgedFile, file_calls, file_verdicts, read_judged_file, summary_of, verdict_columns
from tasks.judge.items import ItemFile


@dataclass(frozen=True)
class Request:
    """What a person asks for: the files, the model, and how far it may go."""

    items: Path
    criteria: tuple[Path, ...]
    model: str
    api_base: str | None
    documentation: Path | None
    out: Path | None
    repeat: int
    injections: int | None
    concurrency: int
    timeout: float
    retries: int
    temperature: float
    max_tokens: int
    cache: Path | None
    limits: dict[str, Any]
    price: tuple[float, float] | None
    allow_unknown_cost: bool
    columns: dict[str, str]

    @property
    def budget(self) -> Budget:
        model = named_model(self.model, self.api_base)
        price = own_price(model, self.api_base) if self.price is None else self.price
        return Budget(
            **self.limits,
            price_per_million={} if price is None else {model: price},
            allow_unknown_cost=self.allow_unknown_cost,
        )

    def judge(self, criterion: Criterion) -> Judge:
        return Judge(
            model=named_model(self.model, self.api_base),
            api_base=self.api_base,
            prompt=judge_prompt(criterion.scale).hash,
            criterion=criterion,
            documentation=_words(self.documentation),
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )


def judged_file(request: Request, *, dry_run: bool) -> Answer:
    """Judges the items and writes the verdicts, or says what that would take."""
    out = request.out or request.items.with_name(f"{request.items.stem}.verdicts.jsonl")
    if request.items.resolve() in (out.resolve(), _unfinished(out).resolve()):
        raise WrongInput("the verdicts would take the place of the items", file=str(out), fix="Name another --out.")
    items, judges = read_judged_file(request.items, request.columns, _judges(request))
    attackable = _attackable(items, judges) if request.injections else None
    cache = CallCache(find_cache(request.cache, Path.cwd()))
    try:
        gateway = _gateway(request, cache)
        if dry_run:
            return _planned(gateway, items, judges, request)
        size = items.size * request.repeat
        account = Account(judges, {name: summary_of(items, request.repeat) for name in judges}, gateway, size)
        written, stopped = _written(account, items, out)
        if attackable is not None and request.injections and stopped is None:
            stopped = _resisted(account, attackable, request.injections)
    finally:
        cache.close()
    left = "" if written == out else f"\n{out} was there before, and is left as it was."
    return Answer(account.text(written) + left, account.values | {"out": str(written)}, error=stopped)


def _judges(request: Request) -> dict[str, Judge]:
    criteria = [read_criterion(path) for path in request.criteria]
    judges = {criterion.name: request.judge(criterion) for criterion in criteria}
    if len(judges) < len(criteria):
        raise WrongInput("two of the criteria have the same name", fix="Name each of them once.")
    return judges


def _gateway(request: Request, cache: CallCache) -> Gateway:
    return Gateway(
        cache,
        request.budget,
        concurrency=request.concurrency,
        timeout=request.timeout,
        retries=request.retries,
        providers={"embedded": register_embedded},
    )


def _written(account: Account, items: JudgedFile, out: Path) -> tuple[Path, Unfinished | None]:
    """Writes every verdict, and says where, and why some could not be had.

    A run that is stopped leaves an earlier file alone, which may know more, and writes another beside it. A mistake in
    the set-up is raised before any file takes its place: it says nothing about the items.
    """
    repeat = account.size // items.size
    columns = [*verdict_columns(items), *(["run"] if repeat > 1 else [])]
    with _interruptible(account.gateway), table_writer(out, columns) as table:
        for name, judge in account.judges.items():
            began = time.monotonic()
            account.log.begin(name)
            for row in file_verdicts(items, judge, account.gateway, repeat):
                account.add(name, row)
                table.write(row)
            account.log.end("ran", time.monotonic() - began, account.gateway.tally.requests)
        stopped = _why_stopped(account.gateway) or account.in_vain
        if stopped is not None and out.exists():
            table.path = _unfinished(out)
    return table.path, stopped


def _unfinished(out: Path) -> Path:
    return out.with_stem(f"{out.stem}.unfinished")


def _why_stopped(gateway: Gateway) -> Unfinished | None:
    try:
        gateway.raise_if_stopped()
    except Unfinished as stopped:
        return stopped
    return None


def _resisted(account: Account, items: ItemFile, most: int) -> Unfinished | None:
    """Tries to talk each judge round, and says why that could not be finished."""
    from flows.injecting import resisted

    with _interruptible(account.gateway):
        for name, judge in account.judges.items():
            account.resistance[name] = resisted(items, judge, account.gateway, most, account.log)
    return _why_stopped(account.gateway)


def _attackable(items: JudgedFile, judges: dict[str, Judge]) -> ItemFile:
    """The items, if a judge's verdicts on them can get better. Raises WrongInput."""
    from flows.injecting import from_worst_to_best

    for judge in judges.values():
        from_worst_to_best(judge.criterion.scale)
    if isinstance(items, ItemFile):
        return items
    fix = "Leave --injections out, or give a file with one output a row."
    raise WrongInput("injections are tried on single answers, and this is a file of pairs", fix=fix)


@contextmanager
def _interruptible(gateway: Gateway) -> Iterator[None]:
    """Inside the block Ctrl-C lets the requests under way end and starts no other; a second one leaves them."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[number])
        click.echo("\nStopping: what is under way ends first. Once more to leave it.", err=True)
        gateway.interrupt()

    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _planned(gateway: Gateway, items: JudgedFile, judges: dict[str, Judge], request: Request) -> Answer:
    calls = [file_calls(items, judge, request.repeat) for judge in judges.values()]
    if request.injections:
        from flows.injecting import injection_calls

        attackable = _attackable(items, judges)
        calls += [injection_calls(attackable, judge, request.injections) for judge in judges.values()]
    return plan_answer(gateway.estimate(chain.from_iterable(calls)))


def _words(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = (isinstance(error, OSError) and error.strerror) or str(error)
        fix = "Name a text file."
        raise WrongInput(f"the documentation cannot be read: {found}", file=str(path), fix=fix) from None
