"""What do the words of a request ask for, read with a dictionary of the documentation's phrases?

The strongest mentions that do not overlap are taken, one event for each wish; each condition and parameter takes the
nearest value of its type. What no phrase of the documentation tells stays unread.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tasks.demo.catalogue import Action, Catalogue
from tasks.demo.language.clauses import clauses_of, in_place
from tasks.demo.language.comparisons import respelt
from tasks.demo.language.mentions import Dictionary, Mention
from tasks.demo.language.nearby_values import Literal, condition_from, filled, literals_of
from tasks.demo.language.sentence import Sentence, masked
from tasks.demo.workflow import ActionCall, Condition, Workflow

FAINT = {"trigger": 0.2, "action": 0.55, "field": 0.55}
"""Mentions weaker than this are not taken up."""

_NEXT_WISH = re.compile(
    r"(?<=[.;?!])\s+(?=\S)|\s+/\s+|(?<=\s)(?=\d\)\s)|,?\s+(?=(?:also|besides|plus|separately|in addition|on top of that"
    r"|another (?:thing|one)|secondly|oh and|and (?:a )?second)\b)",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:when|whenever|once|after|if|each time|every time|as soon as|automation:)\W+(?:\w+\W+){0,2}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Understood:
    """One wish as far as it was understood. `sure` says how strongly each element was mentioned."""

    trigger: str | None
    conditions: tuple[Condition, ...]
    actions: tuple[ActionCall, ...]
    sure: dict[str, float]
    runnable: bool

    @property
    def workflow(self) -> Workflow | None:
        """The workflow, where trigger, actions and all required parameters were found."""
        return Workflow(self.trigger, self.conditions, self.actions) if self.trigger and self.runnable else None


def understood(request: str, catalogue: Catalogue, dictionary: Dictionary) -> tuple[Understood, ...]:
    """The wishes of a request in their order; a request is cut where an event and an action of their own follow."""
    text = respelt(request, dictionary.rarity)
    return tuple(_Wish(part, catalogue, dictionary).understood() for part in _wishes(text, dictionary))


def _wishes(text: str, dictionary: Dictionary) -> Iterator[str]:
    pieces = _pieces(text)
    if len(pieces) == 1 or not any(_complete(piece, dictionary) for piece in pieces[1:]):
        yield text
        return
    open_part = ""
    for piece in pieces:
        if open_part and _complete(open_part, dictionary) and _complete(piece, dictionary):
            yield open_part
            open_part = piece
        else:
            open_part = f"{open_part} {piece}".strip()
    yield open_part


def _pieces(text: str) -> list[str]:
    """Cuts outside of quotations."""
    cuts = [match.start() for match in _NEXT_WISH.finditer(masked(text))]
    return [text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _complete(text: str, dictionary: Dictionary) -> bool:
    sentence, mentions = dictionary.heard(text)
    if not any(clause.event for clause in clauses_of(text)):
        return False
    found = {mention.kind for mention in in_place(mentions, sentence) if mention.strength > 0.5}
    return {"trigger", "action"} <= found


@dataclass
class _Wish:
    """One wish in the making: what was found in its words so far."""

    text: str
    catalogue: Catalogue
    dictionary: Dictionary
    sentence: Sentence = field(init=False)
    literals: list[Literal] = field(init=False)
    spans: list[tuple[int, int]] = field(default_factory=list)
    sure: dict[str, float] = field(default_factory=dict)
    trigger: str | None = None
    conditions: list[tuple[int, Condition]] = field(default_factory=list)
    actions: list[tuple[int, int, Action]] = field(default_factory=list)

    def understood(self) -> Understood:
        self.sentence, heard = self.dictionary.heard(self.text)
        mentions = in_place(heard, self.sentence)
        self.literals = literals_of(self.sentence)
        for mention in sorted(mentions, key=self._worth, reverse=True):
            if mention.strength >= FAINT.get(mention.kind, 2.0) and self._free(mention):
                self._take(mention, mentions)
        calls = tuple(self._calls(mentions))
        ordered = tuple(condition for _, condition in sorted(self.conditions, key=lambda pair: pair[0]))
        complete = [_has_all(call, action) for call, (*_, action) in zip(calls, self.actions, strict=True)]
        return Understood(self.trigger, ordered, calls, self.sure, bool(complete) and all(complete))

    def _worth(self, mention: Mention) -> float:
        """Longer phrases first: `average order value` is no `order value`; events first where a clause begins."""
        start = self.sentence.tokens[mention.first].start
        opens = mention.kind == "trigger" and _START.search(self.text[:start])
        worth = mention.strength + 0.12 * min(len(mention.stems), 5) + (0.25 if opens else 0.0)
        return worth - 0.3 if self._is_yes_or_no(mention) else worth

    def _is_yes_or_no(self, mention: Mention) -> bool:
        return mention.kind == "field" and self.catalogue.fields_by_id[mention.name].type == "boolean"

    def _free(self, mention: Mention) -> bool:
        return all(mention.last < first or mention.first > last for first, last in self.spans)

    def _take(self, mention: Mention, mentions: Sequence[Mention]) -> None:
        """Takes a mention up if it can be made into a part of the workflow; else leaves it for nothing."""
        if mention.name in self.sure:
            return
        match mention.kind:
            case "trigger" if self.trigger is None:
                self.trigger = mention.name
            case "action":
                self.actions.append((mention.first, mention.last, self.catalogue.actions_by_id[mention.name]))
            case "field" if (condition := self._condition(mention, mentions)) is not None:
                self.conditions.append((mention.first, condition))
            case _:
                return
        self.sure[mention.name] = mention.strength
        self.spans.append((mention.first, mention.last))

    def _condition(self, mention: Mention, mentions: Sequence[Mention]) -> Condition | None:
        known = self.catalogue.fields_by_id[mention.name]
        condition = condition_from(known, mention, mentions, self.sentence, self.literals)
        if condition is not None and known.type == "enum":
            option = f"{known.id}={condition.value}"
            self.spans += [(one.first, one.last) for one in mentions if one.kind == "value" and one.name == option]
        return condition

    def _calls(self, mentions: Sequence[Mention]) -> Iterator[ActionCall]:
        """The actions in the order of the text, each with the values that follow it."""
        self.actions.sort(key=lambda found: found[:2])
        ends = [*(first for first, *_ in self.actions[1:]), len(self.sentence.tokens)]
        for (first, last, action), end in zip(self.actions, ends[: len(self.actions)], strict=True):
            parameters = filled(action, (first, end), last, mentions, self.sentence, self.literals)
            yield ActionCall(action.id, tuple(sorted(parameters)))


def _has_all(call: ActionCall, action: Action) -> bool:
    return all(call.get(part.name) is not None for part in action.parameters if part.required)
