"""Why is no further call started? The budget is spent, a provider is down or refuses all; each is said once."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tasks.adapters.models.budget import Refusal
from tasks.adapters.models.call import Call
from tasks.adapters.models.faults import Fault, Kind
from tasks.domain.errors import FlywheelError, Unfinished, WrongInput

LONGEST_OBEYED_SECONDS = 300.0
"""A provider that asks for a longer pause than this is asked again in another run."""
FIRST_PATIENCE = 3
"""Attempts to connect after which an address that never answered is given up."""
LONGER = 12
"""Whoever turns requests away is alive, and is given up after so many times as long."""
BUDGET = "budget"
INTERRUPTED = "interrupted"


class Stops:
    """Decides what may still start. Calls under way are not touched; whatever they bring is kept."""

    def __init__(self, *, patience: int, seconds: float) -> None:
        """A provider is down after `patience` silent requests with no answer between, over at least `seconds`."""
        self._patience = patience
        self._seconds = seconds
        self._reasons: dict[str | None, str] = {}
        self._answers: Counter[str] = Counter()
        self._trouble: dict[tuple[str, bool], _Trouble] = {}
        self._woken: dict[str, asyncio.Event] = {}
        self.on_stop: list[Callable[[], None]] = []
        """Called in the loop whenever something is stopped."""
        self.errors: list[FlywheelError] = []
        """What the user must be told, in the order in which it came up."""

    def of(self, call: Call) -> str | None:
        """The reason for which this call may not start."""
        if not self._reasons:
            return None
        return self._reasons.get(None) or self._reasons.get(address_of(call)) or self._reasons.get(call.model)

    def spend(self, refusal: Refusal) -> None:
        """The budget does not cover another request."""
        self._stop(None, BUDGET, _spent(refusal))

    def interrupt(self) -> None:
        """Somebody wants the run to end: what is under way finishes."""
        self._stop(None, INTERRUPTED, Unfinished("stopped by you", fix="The same command goes on from what is kept."))

    def answered(self, call: Call) -> None:
        """The provider is up."""
        address = address_of(call)
        self._answers[address] += 1
        for crowded in (False, True):
            self._trouble.pop((address, crowded), None)

    def answers(self, call: Call) -> int:
        """How often the call's provider has answered anybody."""
        return self._answers[address_of(call)]

    def note(self, call: Call, fault: Fault) -> None:
        """Learns from a failed request whether any other can succeed."""
        address = address_of(call)
        if fault.kind.final:
            where = call.model if fault.kind is Kind.mistaken else address
            self._stop(where, fault.kind.value, fault.mistake or _quota(address, fault))
        elif fault.retry_after is not None and fault.retry_after > LONGEST_OBEYED_SECONDS:
            self._stop(address, "the provider asks to come back later", _later(address, fault.retry_after))
        elif fault.kind is Kind.absent and not self._answers[address]:
            if self._count(address, fault).faults >= self._patience:
                self._stop(address, fault.kind.value, _absent(address, fault))
        elif fault.kind.silent or fault.kind is Kind.rate:
            trouble = self._count(address, fault)
            if self._lasts(trouble, fault, never=not self._answers[address]):
                reason, error = _busy(address, fault) if fault.kind is Kind.rate else _down(address, fault)
                self._stop(address, reason, error)
        else:
            self.answered(call)

    def _count(self, address: str, fault: Fault) -> "_Trouble":
        """One more fault since the last answer. Being turned away is counted apart."""
        where = address, fault.kind is Kind.rate
        before = self._trouble.get(where) or _Trouble(0, asyncio.get_running_loop().time())
        now = self._trouble[where] = replace(before, faults=before.faults + 1)
        return now

    def _lasts(self, trouble: "_Trouble", fault: Fault, *, never: bool) -> bool:
        if never and fault.kind is Kind.unreachable:
            return trouble.faults >= FIRST_PATIENCE
        seconds = self._seconds * (LONGER if fault.kind is Kind.rate else 1)
        return trouble.faults >= self._patience and asyncio.get_running_loop().time() - trouble.since >= seconds

    async def pause(self, call: Call, seconds: float) -> None:
        """Waits before another attempt, unless the provider is given up meanwhile."""
        woken = self._woken.setdefault(address_of(call), asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()

    def _stop(self, where: str | None, reason: str, error: FlywheelError) -> None:
        if where in self._reasons:
            return
        self._reasons[where] = reason
        self.errors.append(error)
        for address, woken in self._woken.items():
            if where in (None, address):
                woken.set()
        for told in self.on_stop:
            told()


@dataclass(frozen=True)
class _Trouble:
    """Faults of one address since its last answer, and when they began (seconds of the loop)."""

    faults: int
    since: float


def address_of(call: Call) -> str:
    """Where a call goes: the endpoint, or the provider that the model's name begins with."""
    return call.endpoint or call.model.split("/", 1)[0]


def _spent(refusal: Refusal) -> Unfinished:
    """Which limit was met, where the account stands, and what to do about it."""
    per_day = refusal.limit.endswith("_per_day")
    whose = f"the budget of {refusal.day} (UTC)" if per_day else "the budget of this run"
    allowed, used, reserved, wanted = (
        _amount(figure, refusal.limit) for figure in (refusal.allowed, refusal.used, refusal.reserved, refusal.wanted)
    )
    aside = f", {reserved} more are set aside" if refusal.reserved else ""
    when = "Run again tomorrow" if per_day else "Run again"
    option = "--" + refusal.limit.replace("_", "-")
    return Unfinished(
        f"{whose} does not cover another call: of {allowed}, {used} are used{aside}, "
        f"and the next call may take up to {wanted}",
        fix=f"{when} to go on, or raise budget.{refusal.limit} (`flywheel judge`: {option}).",
    )


def _amount(figure: float, limit: str) -> str:
    unit = limit.split("_", 1)[0]
    return f"{figure:.4f} USD" if unit == "usd" else f"{figure:,.0f} {unit}"


def _down(address: str, fault: Fault) -> tuple[str, Unfinished]:
    return "the provider is down", Unfinished(
        f"{address} does not answer ({fault})",
        fix="See that it runs and that the address is right (`flywheel doctor` looks), then run again to go on.",
    )


def _busy(address: str, fault: Fault) -> tuple[str, Unfinished]:
    return "the provider turns every request away", Unfinished(
        f"{address} turns every request away ({fault})", fix="Run again later to go on, or with fewer at a time."
    )


def _absent(address: str, fault: Fault) -> WrongInput:
    return WrongInput(
        f"{address} has nothing to ask there ({fault})",
        fix="See that the address is right (it often ends in /v1), and the model's name.",
    )


def _later(address: str, seconds: float) -> Unfinished:
    return Unfinished(
        f"{address} asks to be left alone for {seconds / 60:.0f} minutes", fix="Run again after that to go on."
    )


def _quota(address: str, fault: Fault) -> Unfinished:
    return Unfinished(f"{address}: {fault}", fix="Look at the account with the provider, then run again to go on.")
