"""What does the conversation ask for, and what does the answer do, as far as words can tell?"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tasks.demo.catalogue import Catalogue
from tasks.demo.documentation import parse_documentation
from tasks.demo.judging.prompt import Case
from tasks.demo.judging.showing import beside, objects, prose
from tasks.demo.language.clauses import in_place
from tasks.demo.language.comparisons import comparison_at, respelt
from tasks.demo.language.mentions import Dictionary, Entry, Mention, entries_of, strongest, words_of_id
from tasks.demo.language.sentence import Sentence, masked
from tasks.demo.language.text import quantities
from tasks.demo.language.text import words as spoken
from tasks.demo.language.understanding import Understood, understood
from tasks.demo.workflow import Workflow, parse_answer

_EDIT = re.compile(r"\ACurrent workflow:\s*```(?:json)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
REMOVAL = re.compile(
    r"\b(?:remove|drop|delete|get rid|no longer|stop|take (?:out|off|away)|lose|without|skip|forget|kill|ditch|scrap"
    r"|do not|don't|dont|instead|replace|rather than|no more|not .{1,30} but)\b",
    re.IGNORECASE,
)
"""Words with which a merchant wants something gone from a workflow."""

_COUNTED = re.compile(
    r"\b(?:(?:two|couple of|three|several) (?:things|wishes|workflows|automations|requests)|a second (?:one|workflow)"
    r"|second:|secondly|separately|another (?:one|workflow|automation)|while (?:yo)?u(?:'re|r| are)? at it|and while)"
    r"|(?:^|\s)2\)|\s/\s",
    re.IGNORECASE,
)
_BEGINNING = re.compile(
    r"(?:^|[.;!?]\s+(?:also,? |and |oh and |plus )?|\b(?:also|oh and|besides|plus)[,:]? )(?:when|whenever"
    r"|every time|each time|as soon as|once|if)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"”\n]{1,200})[\"”]|(?<!\w)['‘]([^'’\n]{1,200})['’](?!\w)")
_LIST_MARK = re.compile(r"(?:^|[\s(])\d(?:\)|\.(?=\s+[A-Za-z].*\b2\.))", re.DOTALL)
_JUDGING = re.compile(
    r"\b(?:verdicts?|judg(?:e[ds]?|ing|ements?)|rubrics?|evaluat(?:ors?|ions?)|grad(?:ers?|ing)|annotators?|labelled)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?:;,])\s+|\n+")
_DAYS = {"week": 7, "month": 30, "year": 365}
_EXACT = ("email", "url", "date")


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the request says: where, in which words, and the comparison around it."""

    value: float
    days: float
    start: int
    end: int
    operator: str | None
    in_figures: bool

    @property
    def values(self) -> tuple[float, float]:
        """The number as it is said, and in days where a longer unit of time follows."""
        return self.value, self.days


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the documentation in the prompt tells; without one, no more than identifiers tell by themselves."""

    catalogue: Catalogue
    dictionary: Dictionary | None

    @property
    def documented(self) -> bool:
        return self.dictionary is not None


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """One case, read: the request and what it mentions, the workflow to edit, the proposed workflows and the prose."""

    knowledge: Knowledge
    dictionary: Dictionary
    request: Sentence
    asked: dict[tuple[str, str], Mention]
    numbers: tuple[Number, ...]
    exact: tuple[str, ...]
    quoted: tuple[str, ...]
    wishes: tuple[Understood, ...]
    wish_count: int
    removes: bool
    original: Workflow | None
    proposed: tuple[Workflow, ...]
    beside: Workflow | None
    prose: str
    told: str
    answer: str


@lru_cache(maxsize=8)
def knowledge_of(documentation: str) -> Knowledge:
    """Parses a documentation once, however many answers are judged with it."""
    catalogue = parse_documentation(documentation)
    entries = entries_of(catalogue)
    return Knowledge(catalogue, Dictionary(entries) if entries else None)


def read(case: Case, knowledge: Knowledge) -> Reading:
    """Reads a case with what is known. The answer's text is looked at and never obeyed."""
    original, words = _edit(case)
    proposed = _proposed(case.answer)
    stray = beside(case.answer, (*proposed, *((original,) if original else ())), knowledge.catalogue)
    if not proposed and stray:
        proposed, stray = (stray,), None
    dictionary = knowledge.dictionary or _bare_dictionary((*proposed, *((original,) if original else ())))
    request, mentions = dictionary.heard(respelt(words, dictionary.rarity))
    return Reading(
        knowledge=knowledge,
        dictionary=dictionary,
        request=request,
        asked=strongest(mentions if original else in_place(mentions, request)),
        numbers=tuple(_numbers(request)),
        exact=tuple(token.lower for token in request.tokens if token.kind in _EXACT),
        quoted=tuple(first or second for first, second in _QUOTED.findall(words)),
        wishes=(wishes := _wishes(words, knowledge)),
        wish_count=max(len(wishes), _announced(request)),
        removes=bool(REMOVAL.search(words)),
        original=original,
        proposed=proposed,
        beside=stray,
        prose=(read_words := prose(case.answer)),
        told=_told(read_words),
        answer=case.answer,
    )


def as_the_product_reads(answer: str) -> tuple[Workflow, ...]:
    """The workflows that a program finds in an answer; none where other text breaks their JSON."""
    try:
        return parse_answer(answer)
    except RecursionError:
        return ()


def _proposed(answer: str) -> tuple[Workflow, ...]:
    """The workflows of an answer as a reader sees them: text around them that no program gets past hides nothing."""
    return as_the_product_reads(answer) or tuple(
        flow for content, _, _ in objects(answer) for flow in _workflows(content)
    )


def _wishes(words: str, knowledge: Knowledge) -> tuple[Understood, ...]:
    if knowledge.dictionary is None:
        return ()
    return understood(words, knowledge.catalogue, knowledge.dictionary)


def _announced(request: Sentence) -> int:
    """How many wishes the words announce: by counting them, or by beginning anew after the first."""
    text = masked(request.text)
    if _COUNTED.search(text) or len(_BEGINNING.findall(text)) > 1:
        return 2
    return 1


def _edit(case: Case) -> tuple[Workflow | None, str]:
    """The workflow that is to be changed, where there is one, and the merchant's own words."""
    said = [content for role, content in case.turns if role == "user"]
    original = None
    words = []
    for content in said:
        match = _EDIT.match(content)
        if match:
            original = _workflow(match[1]) or original
            content = content[match.end() :]  # noqa: PLW2901
        words.append(content.strip())
    return original, "\n".join(words)


def _workflow(text: str) -> Workflow | None:
    try:
        return Workflow.from_json(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _workflows(content: dict[str, Any]) -> Iterator[Workflow]:
    parts = content.get("workflows", [content])
    for part in parts if isinstance(parts, list) else ():
        with suppress(ValueError):
            yield Workflow.from_json(part)


def _told(text: str) -> str:
    """The prose without the parts of sentences that speak of a verdict: they tell the merchant nothing, good or bad."""
    if not _JUDGING.search(text):
        return text
    return " ".join(each for each in _SENTENCE_END.split(text) if not _JUDGING.search(each)).strip()


def _bare_dictionary(workflows: Iterable[Workflow]) -> Dictionary:
    """Without documentation an identifier's own words are all that speaks of it."""
    names: dict[tuple[str, str], None] = {}
    for workflow in workflows:
        names["trigger", workflow.trigger] = None
        names.update({("field", condition.field): None for condition in workflow.conditions})
        names.update({("action", call.action): None for call in workflow.actions})
    return Dictionary(Entry(kind, name, (("id", told),)) for kind, name in names if spoken(told := words_of_id(name)))


def _numbers(sentence: Sentence) -> Iterable[Number]:
    for quantity in quantities(sentence.tokens):
        first, last = sentence.tokens[quantity.first], sentence.tokens[quantity.last]
        behind = sentence.text[last.end : last.end + 12].lower()
        if _LIST_MARK.match(sentence.text, max(0, first.start - 1)):
            continue
        unit = next((days for word, days in _DAYS.items() if behind.lstrip(" -").startswith(word)), 1)
        value = float(quantity.value)
        operator = comparison_at(sentence.text, first.start, last.end)
        yield Number(value, value * unit, first.start, last.end, operator, first.kind == "number")
