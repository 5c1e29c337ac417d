"""Why is no further call started? The budget is spent, a provider is down or refuses all; each is said once."""

import asyncio
import contextlib
from collections import Counter

from tasks.adapters.models.budget import Spending
from tasks.adapters.models.call import Call
from tasks.adapters.models.faults import Fault, Kind
from tasks.domain.errors import FlywheelError, Unfinished

LONGEST_OBEYED_SECONDS = 300.0
"""A provider that asks for a longer pause than this is asked again in another run."""
FIRST_PATIENCE = 3
"""Failed connections after which an address that never answered is given up."""
BUDGET = "budget"


class Stops:
    """Decides what may still start. Calls under way are not touched; whatever they bring is kept."""

    def __init__(self, *, calls_per_run: int | None, patience: int) -> None:
        self._calls_left = calls_per_run
        self._calls_per_run = calls_per_run
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
        return self._reasons.get(None) or self._reasons.get(_address(call)) or self._reasons.get(call.model)

    def start(self, call: Call) -> bool:
        """Counts one call against those that the run may make."""
        if self.of(call) is not None:
            return False
        if self._calls_left is None:
            return True
        if self._calls_left == 0:
            self._stop(
                None,
                BUDGET,
                Unfinished(
                    f"this run may make {self._calls_per_run} model calls, and made them",
                    fix="Run again to go on, or raise budget.calls_per_run.",
                ),
            )
            return False
        self._calls_left -= 1
        return True

    def spend(self, spending: Spending, bound: float) -> None:
        """The day's money does not cover another call."""
        reserved = f", {spending.reserved_usd:.4f} more are set aside" if spending.reserved_usd else ""
        self._stop(
            None,
            BUDGET,
            Unfinished(
                f"the budget of {spending.day} (UTC) does not cover another call: {spending.settled_usd:.4f} USD "
                f"are spent{reserved}, and the next call may cost up to {bound:.4f}",
                fix="Run again tomorrow to go on, raise budget.usd_per_day, or lower max_tokens.",
            ),
        )

    def answered(self, call: Call) -> None:
        """The provider is up."""
        address = _address(call)
        self._spoken.add(address)
        self._silent[address] = 0

    def note(self, call: Call, fault: Fault) -> None:
        """Learns from a failed request whether any other can succeed."""
        address = _address(call)
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
        woken = self._woken.setdefault(_address(call), asyncio.Event())
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


def _address(call: Call) -> str:
    return call.endpoint or call.model.split("/", 1)[0]


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
