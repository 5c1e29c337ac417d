"""Which of two answers does a judge prefer, whichever stands first? Asked in both orders, and blind to the systems."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Answer, fitting, json_format
from tasks.adapters.prompts import Prompt, conversation_text, prompt
from tasks.domain.judge import Judge
from tasks.domain.verdict import Status, Verdict
from tasks.judge.asking import verdict_of

CURRENT, CANDIDATE, TIE = "current", "candidate", "tie"
ORDERS = ("forward", "backward")
"""Forward the current answer stands first, backward the candidate's."""
SIDES = {
    "forward": {"first": CURRENT, "second": CANDIDATE, TIE: TIE},
    "backward": {"first": CANDIDATE, "second": CURRENT, TIE: TIE},
}
"""Whom a judge's word means in each order."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one conversation. `row` is the caller's own name for it; an answer that is missing is None."""

    row: str
    messages: Sequence[Mapping[str, Any]]
    current: str | None
    candidate: str | None
    replicate: int = 0

    @property
    def asked(self) -> bool:
        """Whether there is anything to ask: the same text twice is a tie without a call."""
        return self.current is not None and self.candidate is not None and self.current != self.candidate


@dataclass(frozen=True, slots=True)
class Preference:
    """What a judge prefers, whom it named in each order, and its two answers where it was asked."""

    verdict: Verdict
    forward: str | None = None
    backward: str | None = None
    answers: Mapping[str, Answer[dict[str, Any]]] = field(default_factory=dict)

    @property
    def consistent(self) -> bool | None:
        return None if self.forward is None or self.backward is None else self.forward == self.backward


def pair_prompt() -> Prompt:
    """The words in which a judge is asked to choose."""
    return prompt("judge/pair")


def comparing(judge: Judge) -> Judge:
    """The same judge, asked to choose between two answers, and nothing beside: another prompt, so another judge."""
    return judge.changed(prompt=pair_prompt().hash, beside=None)


def pair_calls(pairs: Iterable[Pair], judge: Judge, address: str | None) -> Iterator[Call]:
    """Two calls a pair, one an order; none where there is nothing to ask. No call holds a system's name.

    The row of a call is its order and the place of its pair.
    """
    schema = pair_prompt().schema or {}
    params: dict[str, Any] = {
        "temperature": judge.temperature,
        "max_tokens": judge.max_tokens,
        "response_format": json_format(schema, "preference"),
    }
    ask = _asker(judge)
    for place, pair in enumerate(pairs):
        for order, messages in ask(pair) if pair.asked else ():
            yield Call(judge.model, messages, params, address, pair.replicate, row=f"{order} {place}")


def preferences(
    pairs: Iterable[Pair], judge: Judge, gateway: Gateway, address: str | None
) -> Iterator[tuple[Pair, Preference]]:
    """Each pair with what the judge prefers, in the order of the pairs. One waits only while an earlier one does."""
    order = _Order()
    calls = pair_calls(order.remembered(pairs), judge, address)
    for answer in gateway.ask(calls, fitting(pair_prompt().schema or {})):
        order.put(answer)
        yield from order.ready()
    yield from order.ready()


def preference_of(forward: Verdict, backward: Verdict) -> Preference:
    """What two verdicts come to, one an order: a win only where both name the same side, unscored where one is.

    Where the orders disagree, the place has decided and not the answer: that is a tie, and `consistent` says so.
    """
    said = {"forward": forward, "backward": backward}
    named = {order: SIDES[order].get(each.value or "") for order, each in said.items()}
    for status in (Status.failed, Status.skipped, Status.abstained):
        for order, each in said.items():
            if each.status is status:
                reason = f"asked {order}: {each.unscored_reason}"
                return Preference(Verdict.unscored(reason, status), named["forward"], named["backward"])
    value = named["forward"] if named["forward"] == named["backward"] else None
    return Preference(Verdict.judged(value or TIE, forward.critique or ""), named["forward"], named["backward"])


def favoured_place(forward: str, backward: str) -> int:
    """Which place the order favoured: 1 the first, -1 the second, 0 where both orders name the same side.

    Where one order says tie, the other's winner has its place to thank.
    """
    if forward == backward:
        return 0
    winner_first = {"forward": CURRENT, "backward": CANDIDATE}
    order, winner = ("forward", forward) if forward != TIE else ("backward", backward)
    return 1 if winner == winner_first[order] else -1


def preference_row(item_id: str, preference: Preference, judge: Judge, *, by: str) -> dict[str, Any]:
    """A row of a table of preferences; `by` is what the table calls the judge."""
    verdict, replies = preference.verdict, [each.reply for each in preference.answers.values()]
    costs = [reply.cost_usd for reply in replies if reply.cost_usd is not None]
    keys = {order: each.call.key for order, each in preference.answers.items()}
    critiques = {order: (each.value or {}).get("critique") for order, each in preference.answers.items()}
    return {
        "item_id": item_id,
        "judge": by,
        "criterion": judge.criterion.name,
        "value": verdict.value,
        "forward": preference.forward,
        "backward": preference.backward,
        "consistent": preference.consistent,
        "critique": critiques.get("forward", verdict.critique),
        "critique_backward": critiques.get("backward"),
        "unscored_reason": verdict.unscored_reason,
        "status": verdict.status.value,
        "cost_usd": sum(costs) if costs else None,
        "latency_ms": sum(reply.latency_ms for reply in replies) if replies else None,
        "rubric_hash": judge.criterion.rubric_hash,
        "call_key": keys.get("forward"),
        "call_key_backward": keys.get("backward"),
    }


class _Order:
    """Brings the two answers of each pair together, and the pairs back into their order."""

    def __init__(self) -> None:
        self._pairs: dict[int, Pair] = {}
        self._answers: dict[int, dict[str, Answer[dict[str, Any]]]] = {}
        self._next = 0

    def remembered(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        for place, pair in enumerate(pairs):
            self._pairs[place], self._answers[place] = pair, {}
            yield pair

    def put(self, answer: Answer[dict[str, Any]]) -> None:
        order, _, place = str(answer.call.row).partition(" ")
        self._answers[int(place)][order] = answer

    def ready(self) -> Iterator[tuple[Pair, Preference]]:
        while (pair := self._pairs.get(self._next)) is not None:
            answers = self._answers[self._next]
            if pair.asked and len(answers) < len(ORDERS):
                return
            del self._pairs[self._next], self._answers[self._next]
            self._next += 1
            yield pair, _preference(pair, answers)


def _preference(pair: Pair, answers: Mapping[str, Answer[dict[str, Any]]]) -> Preference:
    if pair.asked:
        found = preference_of(verdict_of(answers["forward"]), verdict_of(answers["backward"]))
        return replace(found, answers={order: answers[order] for order in ORDERS})
    if pair.current is None or pair.candidate is None:
        missing = [side for side in (CURRENT, CANDIDATE) if getattr(pair, side) is None]
        return Preference(Verdict.unscored(f"there is no output of {' and '.join(missing)}", Status.skipped))
    return Preference(Verdict.judged(TIE, "The two answers are the same text."))


def _asker(judge: Judge) -> Callable[[Pair], Iterator[tuple[str, list[dict[str, Any]]]]]:
    """Fills in a pair in both orders; an example of that very conversation would give the verdict away."""
    shown = {example.conversation for example in judge.examples}
    usual = _renderer(judge)

    def ask(pair: Pair) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        conversation = conversation_text(pair.messages)
        fill = _renderer(judge, without=conversation) if conversation in shown else usual
        yield "forward", fill(conversation=conversation, first=pair.current, second=pair.candidate)
        yield "backward", fill(conversation=conversation, first=pair.candidate, second=pair.current)

    return ask


def _renderer(judge: Judge, without: str | None = None) -> Callable[..., list[dict[str, Any]]]:
    return pair_prompt().filled(
        criterion=judge.criterion.name,
        rubric=judge.criterion.rubric,
        documentation=judge.documentation,
        examples=[example.model_dump() for example in judge.examples if example.conversation != without],
    )
