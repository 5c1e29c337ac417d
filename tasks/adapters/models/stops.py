"""Why is no further call started? The budget is spent, a provider is down or refuses all; each is said once."""

import asyncio
import contextlib
from collections import Counter

from tasks.adapters.models.budget import Refusal
from tasks.adapters.models.call import Call
from tasks.adapters.models.faults import Fault, Kind
from tasks.domain.errors import FlywheelError, Unfinished

LONGEST_OBEYED_SECONDS = 300.0
"""A provider that asks for a longer pause than this is asked again in another run."""
FIRST_PATIENCE = 3
"""Failed connections after which an address that never answered is given up."""
BUDGET = "budget"
INTERRUPTED = "interrupted"


class Stops:
    """Decides what may still start. Calls under way are not touched; whatever they bring is kept."""

    def __init__(self, *, patience: int) -> None:
        self._patience = patience
        self._reasons: dict[str | None, str] = {}
        self._silent: Counter[str] = Counter()
        self._spoken: set[str] = set()
        self._woken: dict[str, asyncio.Event] = {}
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
        self._spoken.add(address)
        self._silent[address] = 0

    def note(self, call: Call, fault: Fault) -> None:
        """Learns from a failed request whether any other can succeed."""
        address = address_of(call)
        if fault.kind.final:
            where = call.model if fault.kind is Kind.mistaken else address
            self._stop(where, fault.kind.value, fault.mistake or _quota(address, fault))
        elif fault.retry_after is not None and fault.retry_after > LONGEST_OBEYED_SECONDS:
            self._stop(address, "the provider asks to come back later", _later(address, fault.retry_after))
        elif fault.kind.silent:
            self._silent[address] += 1
            never = address not in self._spoken and fault.kind is Kind.connection
            if self._silent[address] >= (FIRST_PATIENCE if never else self._patience):
                self._stop(address, "the provider is down", _down(address, fault))
        else:
            self.answered(call)

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


def _down(address: str, fault: Fault) -> Unfinished:
    return Unfinished(
        f"{address} does not answer ({fault})",
        fix="See that it runs and that the address is right (`flywheel doctor` looks), then run again to go on.",
    )


def _later(address: str, seconds: float) -> Unfinished:
    return Unfinished(
        f"{address} asks to be left alone for {seconds / 60:.0f} minutes", fix="Run again after that to go on."
    )


def _quota(address: str, fault: Fault) -> Unfinished:
    return Unfinished(f"{address}: {fault}", fix="Look at the account with the provider, then run again to go on.")
