"""Which comparison do the words around a value say? General English: `over 200`, `5 or more`, `not gold`, `before`."""

import re
from collections.abc import Container
from typing import Final

from tasks.demo.language.text import STOP_WORDS, Spelling, stem

_GREATER = "more|greater|bigger|higher|larger|heavier|older|longer|later|further|costlier"
_SMALLER = "less|fewer|smaller|lower|lighter|younger|shorter|cheaper|earlier|sooner"
_NO = (
    "not|no|never|isn't|isnt|aren't|arent|doesn't|doesnt|don't|dont|hasn't|hasnt|without|except|unless|other than"
    "|anything but|all but|anything except|anywhere but|anyone but"
)

_BEFORE: Final = (
    (
        (
            rf"(?:{_NO}) (?:{_SMALLER}) than|at least|at the least|(?:a )?(?:min|minimum)(?: of)?|starting (?:at|from)"
            "|>=|=>|≥|not (?:under|below|short of)|from|reach(?:es|ed)?|hits?"
        ),
        "at_least",
    ),
    (
        (
            rf"(?:{_NO}) (?:{_GREATER}) than|at (?:the )?most|(?:a )?(?:max|maximum)(?: of)?|<=|=<|≤"
            rf"|not (?:over|above|beyond|past)|(?:{_NO}) exceed|up to|within|as much as"
        ),
        "at_most",
    ),
    (
        rf"(?:{_GREATER}) (?:then|than)|over|above|beyond|exceeds?|exceeding|north of|past|passe[sd]|tops|upwards of|>",
        "greater_than",
    ),
    (rf"(?:{_SMALLER}) (?:then|than)|under|below|beneath|short of|south of|shy of|<", "less_than"),
    ("before|prior to", "before"),
    ("after|since|following", "after"),
    (rf"(?:{_NO})(?: \w+)?|!=|≠", "not_equals"),
    ("(?:starts?|starting|begins?|beginning) with", "starts_with"),
    ("exactly|equals?(?: to)?|precisely|is|are|=", "equals"),
)
_AFTER: Final = (
    (
        (
            r"(?:\w+ )?(?:or|and|&) (?:more|over|above|higher|up|upwards?|greater|better|older|heavier)"
            "|plus|minimum|at least"
        ),
        "at_least",
    ),
    (
        r"(?:\w+ )?(?:or|and|&) (?:less|under|below|lower|fewer|down|smaller|younger|lighter)|max|maximum|tops|at most",
        "at_most",
    ),
)

_GAP = r"(?:\s*(?:the|a|an|of|to|about|some|any|value|amount|[$€£\"'“(]))*\s*$"
_PATTERNS_BEFORE: Final = [
    (re.compile(rf"(?:^|[\s,(])(?:{words}){_GAP}", re.IGNORECASE), operator) for words, operator in _BEFORE
]
_PATTERNS_AFTER: Final = [
    (re.compile(rf"^[\s\"'”)]*(?:{words})(?![\w])", re.IGNORECASE), operator) for words, operator in _AFTER
]
_NEGATION = re.compile(rf"(?:^|\W)(?:{_NO})(?:\W|$)", re.IGNORECASE)
_NOT_THERE = re.compile(r"^[\s\"'”]*(?:is|are)? ?(?:not|isn't|isnt|aren't|missing)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:!?]|\. | and | but | then | \+ | n | & |->")
_WORD_OR_QUOTATION = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|(?<!\w)'[^'\n]+'(?!\w)|[A-Za-z']{4,}|\bovr\b")
_SPELT = Spelling(
    [
        "over",
        "under",
        "above",
        "below",
        "more",
        "less",
        "than",
        "least",
        "most",
        "greater",
        "smaller",
        "bigger",
        "higher",
        "lower",
        "before",
        "after",
        "exactly",
        "equals",
        "exceed",
        "exceeds",
        "reaches",
        "starts",
        "begins",
        "with",
        "without",
        "except",
        "anything",
        "doesn't",
        "isn't",
        "minimum",
        "maximum",
        "contains",
        "include",
        "contain",
        "drop",
        "drops",
        "fewer",
        "later",
        "earlier",
    ],
    shortest=4,
)


def comparison_at(text: str, start: int, end: int) -> str | None:
    """The usual name of the operator that the words next to `text[start:end]` say; None if they say none."""
    behind = text[end : end + 30]
    if re.match(r"\+(?:\W|$)", behind):
        return "at_least"
    for pattern, operator in _PATTERNS_AFTER:
        if pattern.search(behind):
            return operator
    ahead = text[max(0, start - 40) : start].replace("’", "'")
    for pattern, operator in _PATTERNS_BEFORE:
        if pattern.search(ahead):
            return operator
    return None


def negated(text: str, start: int, end: int, *, within: bool = True) -> bool:
    """Whether the clause of `text[start:end]` denies it: before it, right after, or (where that counts) within it."""
    ahead = re.sub(
        r"\b(?:any(?:thing|where|one)|all) but\b", "not", text[max(0, start - 50) : start], flags=re.IGNORECASE
    )
    clause = _CLAUSE_END.split(ahead.replace("’", "'"))[-1]
    clause = f"{clause} {text[start:end]}" if within else clause
    return bool(_NEGATION.search(clause) or _NOT_THERE.search(text[end : end + 20]))


def respelt(text: str, known: Container[str]) -> str:
    """The text with mistyped words of comparison mended; quotations and words that are `known` (as stems) stay."""

    def mended(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word == "ovr":
            return "over"
        if not word[0].isalpha() or word in STOP_WORDS or stem(word) in known:
            return match[0]
        return _SPELT.meant(word) or match[0]

    return _WORD_OR_QUOTATION.sub(mended, text)
