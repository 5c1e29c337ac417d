"""How is a run of judges told? Counts as they come, on one moving line; at its end to a person or to a program."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.output import StepLog
from flows.telling import position_lines, rate_text
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.tables import Row
from tasks.domain.errors import Unfinished
from tasks.domain.judge import Judge
from tasks.domain.verdict import Accounting
from tasks.judge.pair_verdicts import PairSummary
from tasks.judge.verdicts import Summary

if TYPE_CHECKING:
    from tasks.judge.injections import Resistance


@dataclass
class Account:
    """What has been judged so far, by criterion, and what it took."""

    judges: dict[str, Judge]
    summaries: dict[str, Summary]
    gateway: Gateway
    size: int
    """Verdicts of one judge."""
    resistance: "dict[str, Resistance]" = field(default_factory=dict)
    log: StepLog = field(default_factory=StepLog)
    began: float = field(default_factory=time.monotonic)

    def add(self, name: str, row: Row) -> None:
        """Counts a verdict, and moves the progress line."""
        summary = self.summaries[name]
        summary.add(row)
        tally = self.gateway.tally
        unscored = sum(summary.reasons.values())
        note = f", ${tally.cost_usd:.4f}, {tally.cached:,} from the cache"
        note += f", {unscored:,} unscored" if unscored else ""
        self.log.progress(summary.statuses.total(), self.size, note)

    @property
    def accounting(self) -> Accounting:
        """Where all rows ended up."""
        return sum((each.accounting for each in self.summaries.values()), Accounting(n=0))

    @property
    def in_vain(self) -> Unfinished | None:
        """Why no row at all could be judged, where each one failed: nobody must take that for done."""
        ends = self.accounting
        if ends.judged or ends.abstained or not ends.failed:
            return None
        reasons = sum((each.reasons for each in self.summaries.values()), Counter[str]())
        reason, count = reasons.most_common(1)[0]
        fix = "See that the address and the model are right, then run again: what failed is asked anew."
        return Unfinished(f"none of {ends.n:,} rows could be judged; {count:,} times: {reason}", fix=fix)

    @property
    def values(self) -> dict[str, Any]:
        """What a program is told."""
        tally = self.gateway.tally
        return {
            "accounting": self.accounting.model_dump(),
            "criteria": {name: self._criterion(name) for name in self.judges},
            "model_calls": tally.requests,
            "cached": tally.cached,
            "cost_usd": tally.cost_usd,
            "tokens": tally.prompt_tokens + tally.completion_tokens,
            "seconds": round(time.monotonic() - self.began, 3),
        }

    def text(self, out: Path) -> str:
        """What a person is told: verdicts by value, what has none and why, what it took, and where the file is."""
        lines = [line for name in self.judges for line in self._lines(name)]
        tally = self.gateway.tally
        lines.append(f"{tally.requests:,} model calls, {tally.cached:,} rows from the cache, ${tally.cost_usd:.4f}")
        return "\n".join([*lines, f"Verdicts: {out}"])

    def _criterion(self, name: str) -> dict[str, Any]:
        summary, judge = self.summaries[name], self.judges[name]
        told: dict[str, Any] = {
            "judge": judge.name,
            "judge_hash": judge.hash,
            "accounting": summary.accounting.model_dump(),
            "values": dict(sorted(summary.values.items())),
            "unscored": dict(summary.reasons.most_common(10)),
        }
        if isinstance(summary, PairSummary):
            told["position"] = summary.position.model_dump()
        if summary.repeat > 1:
            told["flip_rate"] = summary.flip_rate.model_dump()
        if name in self.resistance:
            told["injections"] = self.resistance[name].model_dump()
        return told

    def _lines(self, name: str) -> list[str]:
        summary = self.summaries[name]
        told = summary.accounting
        values = ", ".join(f"{count:,} {value}" for value, count in sorted(summary.values.items())) or "no verdict"
        ends = f"{told.judged:,} judged, {told.abstained:,} abstained, {told.failed:,} failed, {told.skipped:,} skipped"
        lines = [f"{name}: {values} (judge {self.judges[name].name})", f"  {told.n:,} rows: {ends}"]
        lines += [f"  {count:,} × {reason}" for reason, count in summary.reasons.most_common(3)]
        if isinstance(summary, PairSummary):
            lines += position_lines(summary.position.model_dump())
        if summary.repeat > 1:
            lines.append(f"  changes its mind on {rate_text(summary.flip_rate.model_dump())} of the items")
        if name in self.resistance:
            lines += _resistance_lines(self.resistance[name])
        return lines


def _resistance_lines(found: "Resistance") -> list[str]:
    """How often the judge was talked round, how often harmless text did the same, and by which kinds of attempt."""
    if not found.items:
        return ["  injections: there was no item that the judge disliked, so none to talk it round on"]
    moved, harmless = rate_text(found.share.model_dump()), rate_text(found.control_share.model_dump())
    tried = f"  {found.attempts} injections on {found.items} items moved {moved}"
    lines = [f"{tried}; harmless text {harmless}; {found.unscored:,} unscored"]
    kinds = sorted(found.by_kind.items(), key=lambda each: -(each[1].value or 0.0))
    return lines + [f"    {kind}: {rate_text(share.model_dump())}" for kind, share in kinds if share.value]
