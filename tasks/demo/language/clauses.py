"""Where does one thing that a request says end and the next begin? Clauses, and which of them name an event."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tasks.demo.language.mentions import Mention
from tasks.demo.language.sentence import Sentence, masked

MISPLACED = 0.5
"""What is left of a mention of an event outside of the clauses that name one, or of a deed within them."""

_EVENT = re.compile(r"\b(?:when|whenever|once|each time|every time|as soon as)$", re.IGNORECASE)
_STATE = re.compile(r"\b(?:is|isn't|isnt|are|aren't|been)\b", re.IGNORECASE)
_IF = re.compile(r"^if$", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"[,;:!?]|\.(?=\s|$)|->|\+|&|\s/\s|\b(?:and also|and then|and|only if|if|right when|when|whenever|once|each time"
    r"|every time|as soon as|then|plus|n|as well as|provided that|provided|long as|only|but)\b",
    re.IGNORECASE,
)
_TERSE = re.compile(r"\s*->")


@dataclass(frozen=True, slots=True)
class Clause:
    """`text[start:end]` of a request; `event` where it follows a word like `when`, or opens a terse `event: deed`."""

    start: int
    end: int
    event: bool


def clauses_of(text: str) -> tuple[Clause, ...]:
    """The clauses of a text in their order, quotations kept whole. `if` names the event where nothing else does."""
    bare = masked(text)
    clauses: list[Clause] = []
    conditional: list[int] = []
    start, event, under_if = 0, False, False
    for boundary in [*_BOUNDARY.finditer(bare), None]:
        end = boundary.start() if boundary else len(bare)
        if bare[start:end].strip(" \"'“”"):
            terse = not clauses and boundary is not None and bool(_TERSE.match(boundary[0]))
            if under_if:
                conditional.append(len(clauses))
            clauses.append(Clause(start, end, event or terse))
            event = under_if = False
        if boundary:
            start = boundary.end()
            event = event or bool(_EVENT.search(boundary[0]))
            under_if = under_if or bool(_IF.search(boundary[0]))
    if conditional and not any(clause.event for clause in clauses):
        clauses[conditional[0]] = replace(clauses[conditional[0]], event=True)
    return tuple(clauses)


def in_place(mentions: Iterable[Mention], sentence: Sentence) -> tuple[Mention, ...]:
    """The mentions with those that stand in the wrong kind of clause weakened, the strongest first."""
    events = [(clause.start, clause.end) for clause in clauses_of(sentence.text) if clause.event]
    weighed = []
    for mention in mentions:
        at = sentence.tokens[mention.first].start
        inside = any(start <= at < end for start, end in events)
        wrong = (mention.kind == "trigger" and bool(events) and not inside) or (
            mention.kind == "action" and (inside or _is_state(sentence, mention))
        )
        weighed.append(replace(mention, strength=MISPLACED * mention.strength) if wrong else mention)
    return tuple(sorted(weighed, key=lambda mention: (-mention.strength, mention.first, mention.name)))


def _is_state(sentence: Sentence, mention: Mention) -> bool:
    """Whether words tell how somebody is (`the customer is signed up`) and not what to do."""
    start, end = sentence.tokens[mention.first].start, sentence.tokens[mention.last].end
    ahead = _BOUNDARY.split(sentence.text[max(0, start - 16) : start])[-1]
    return bool(_STATE.search(ahead + sentence.text[start:end]))
