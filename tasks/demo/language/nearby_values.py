"""Which value does a condition or a parameter take from the words around it?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.demo.catalogue import Action, Field, Parameter
from tasks.demo.language.comparisons import comparison_at, negated
from tasks.demo.language.mentions import Mention
from tasks.demo.language.sentence import QUOTED, Sentence, masked
from tasks.demo.language.synonyms import meaning
from tasks.demo.language.text import quantities, stem
from tasks.demo.workflow import Condition, Content, Scalar

SURE = 0.6
"""From this strength on a mention alone makes a condition that is true or false."""

FAR = 12
"""A value more tokens away than this belongs to something else."""

CLOSE = 4
"""Words without quotation marks are a value only this near to what they are a value of."""

_LOOSE = re.compile(
    r"(?:\b(?:is|are|isn't|not|equals?|contains?|includes?|has|have|says?|mentions?|with|as|titled?|called|named|namely|saying"
    r"|reads|under|about|into|in|on|list|subject|project|channel|board|collection|sheet|text|code|from)|[=:])\s+"
    r"(?!(?:the|a|an|it|this|that|their|our|my|namely|called|named|titled?|list|subject|contains?|includes?|have|has|be|anything|anyone|anywhere|exactly|something|other)\b)(?=((?:(?!\b(?:and|when|if|then|plus|once|whenever|but|n|only|each|every|right|as|provided|long|with|saying|titled"
    r"|subject|cc|not|in|from|to)\b|[,.;:?!+&\"'“(]|->).){2,40}))",
    re.IGNORECASE,
)
_UNITS = {"week": 7, "month": 30, "year": 365}
_CUES = {
    "cc": re.compile(r"(?:\bcc|\bcopy|copied)(?: in| to)?\W*$", re.IGNORECASE),
    "reply_to": re.compile(r"\b(?:repl(?:y|ies)|answers|responses)\b[\w\s:-]{0,12}$", re.IGNORECASE),
    "subject": re.compile(r"\bsubject(?: line)?\W*(?:\w+\W+)?$", re.IGNORECASE),
    "title": re.compile(r"\b(?:titled?|called|named)\W*$", re.IGNORECASE),
    "body": re.compile(r"\b(?:saying|words|text|body|message|reads|says)\W*$", re.IGNORECASE),
    "reason": re.compile(r"\b(?:reason|because of)\W*$", re.IGNORECASE),
}
_SAME_PLACE = {"body": ("body", "message", "note"), "title": ("title", "name", "list", "subject")}
_BEHIND = re.compile(r"^[\"'”]?,? (?:in|on) (?:cc|copy)\b|^[\"'”]?,? copied", re.IGNORECASE)
_LINKED = re.compile(
    r"\b(?:is|are|equal|contain|includ|has|have|start|begin|mention|not|isn't|says?)\w*\b|=", re.IGNORECASE
)
_BREAK = re.compile(r"[,;?!]|->|\+|\b(?:and|then|plus|when|whenever|once|if|as well as|n)\b", re.IGNORECASE)
_AS = re.compile(r"\b(?:as|with|by|says?)\s+(?:an? )?$|[:=]\s*(?:an? )?$", re.IGNORECASE)
_HOLDS = re.compile(r"\b(?:contain|includ|has|have|mention|with)\w*\b", re.IGNORECASE)
_STARTS = re.compile(r"\b(?:start|begin)\w* with\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\b(?:without|not|no|don't)\b[\w\s]{0,15}$", re.IGNORECASE)


@dataclass
class Literal:
    """A value that stands in the text as such, at a token; `taken` once it has found its place."""

    kind: str
    value: Scalar
    place: int
    start: int
    end: int
    operator: str | None = None
    days: float = 0.0
    taken: bool = False


def literals_of(sentence: Sentence) -> list[Literal]:
    """Quotations, numbers, addresses and dates, in the order of the text."""
    text = sentence.text
    found = [_quotation(match, sentence) for match in QUOTED.finditer(text)]
    quoted = [(literal.start, literal.end) for literal in found]
    for place, token in enumerate(sentence.tokens):
        if token.kind in ("email", "url", "date", "tag") and not _inside(token.start, quoted):
            kind = "text" if token.kind == "tag" else token.kind
            found.append(Literal(kind, token.text, place, token.start, token.end))
    for quantity in quantities(sentence.tokens):
        first, last = sentence.tokens[quantity.first], sentence.tokens[quantity.last]
        if not _inside(first.start, quoted):
            unit = next(
                (days for unit, days in _UNITS.items() if text[last.end :].lstrip().lower().startswith(unit)), 1
            )
            operator = comparison_at(text, first.start, last.end)
            number = Literal("number", quantity.value, quantity.first, first.start, last.end, operator)
            number.days = quantity.value * unit
            found.append(number)
    known = [(literal.start, literal.end) for literal in found]
    for match in _LOOSE.finditer(masked(text)):
        words = match[1].strip()
        if words and not any(_inside(at, known) for at in range(match.start(1), match.start(1) + len(words))):
            place = sum(token.start < match.start(1) for token in sentence.tokens)
            found.append(Literal("loose", words, place, match.start(1), match.start(1) + len(words)))
    return sorted(found, key=lambda literal: literal.start)


def _quotation(match: re.Match[str], sentence: Sentence) -> Literal:
    place = sum(token.start < match.start() for token in sentence.tokens)
    return Literal("text", next(part for part in match.groups() if part), place, match.start(), match.end())


def _inside(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def condition_from(
    field: Field, mention: Mention, mentions: Sequence[Mention], sentence: Sentence, literals: Sequence[Literal]
) -> Condition | None:
    """The condition that a mentioned field makes with the value next to it; None where there is no such value."""
    start, end = sentence.tokens[mention.first].start, sentence.tokens[mention.last].end
    match field.type:
        case "boolean":
            sure = mention.strength >= SURE and not _AS.search(sentence.text[:start])
            denied = negated(sentence.text, start, end, within=not mention.negative)
            return Condition(field.id, "equals", not denied) if sure else None
        case "enum":
            option = _option(field.id, mention, mentions)
            return _enum_condition(field, mention, option, sentence) if option else None
        case "number" | "duration":
            literal = _nearest(mention, literals, ("number",))
            operator = _allowed(field, literal.operator) if literal and literal.operator else None
            if literal is None or operator is None or _BREAK.search(sentence.text[end : literal.start]):
                return None
            literal.taken = True
            return Condition(field.id, operator, int(literal.days) if field.unit == "days" else literal.value)
        case "date":
            literal = _nearest(mention, literals, ("date",))
            if literal is None:
                return None
            literal.taken = True
            said = comparison_at(sentence.text, literal.start, literal.end) or ""
            return Condition(field.id, "before" if said in ("before", "less_than") else "after", literal.value)
    found = [_nearest(mention, literals, ("text",)), _nearest(mention, literals, ("loose",), far=CLOSE)]
    linked = [literal for literal in found if literal and _is_linked(sentence.text[end : literal.start])]
    nearest = min(linked, key=lambda literal: literal.start, default=None)
    literal = nearest or _nearest(mention, literals, ("text",), before=True)
    return _text_condition(field, mention, literal, sentence) if literal else None


def _is_linked(between: str) -> bool:
    """Whether the words between a field and a text say that one is, or holds, the other, within one clause."""
    return bool(_LINKED.search(between)) and not _BREAK.search(between)


def _enum_condition(field: Field, mention: Mention, option: Mention, sentence: Sentence) -> Condition:
    first = min(mention.first, option.first)
    tokens = sentence.tokens
    between = sentence.text[tokens[first].end : tokens[option.first].start]
    start, end = tokens[option.first].start, tokens[option.last].end
    denied = negated(sentence.text, start, end, within=not option.negative) or " than" in between
    return Condition(field.id, "not_equals" if denied else "equals", option.name.partition("=")[2])


def _text_condition(field: Field, mention: Mention, literal: Literal, sentence: Sentence) -> Condition:
    literal.taken = True
    if literal.kind == "loose":
        literal.value = " ".join(str(literal.value).split()[: 1 if field.type == "list of text" else 2])
    start, end = sentence.tokens[mention.last].end, literal.start
    between = sentence.text[start:end] if start <= end else sentence.text[literal.end : start]
    denied = bool(re.search(r"\b(?:not|no|isn't|doesn't|don't|other than|but)\b", between, re.IGNORECASE))
    if "starts_with" in field.operators and _STARTS.search(between):
        return Condition(field.id, "starts_with", literal.value)
    holds = field.type != "text" or "equals" not in field.operators or bool(_HOLDS.search(between))
    usual = "contains" if holds and "contains" in field.operators else "equals"
    operator = f"not_{usual}" if denied and f"not_{usual}" in field.operators else usual
    return Condition(field.id, operator, literal.value)


def _nearest(
    mention: Mention, literals: Sequence[Literal], kinds: Sequence[str], *, before: bool = False, far: int = FAR
) -> Literal | None:
    """The nearest free literal behind (or before) a mention that is not too far away."""
    free = [literal for literal in literals if literal.kind in kinds and not literal.taken]
    if before:
        near = [literal for literal in free if 0 < mention.first - literal.place <= FAR // 2]
        return near[-1] if near else None
    near = [literal for literal in free if 0 <= literal.place - mention.last <= far]
    return near[0] if near else None


def _option(owner: str, mention: Mention, mentions: Sequence[Mention]) -> Mention | None:
    near = [
        option
        for option in mentions
        if option.kind == "value" and option.name.startswith(f"{owner}=") and option.strength >= 0.6
        if -FAR // 2 < option.first - mention.last <= FAR // 2 and not _overlap(option, mention)
    ]
    return max(near, key=lambda option: option.strength - 0.05 * abs(option.first - mention.last), default=None)


def _overlap(one: Mention, other: Mention) -> bool:
    return one.first <= other.last and other.first <= one.last


def _allowed(field: Field, operator: str) -> str | None:
    """The operator that was said, in one of the forms that the field has."""
    meant = {"after": "greater_than", "before": "less_than"}.get(operator, operator)
    return meant if meant in field.operators else None


def filled(
    action: Action,
    span: tuple[int, int],
    last: int,
    mentions: Sequence[Mention],
    sentence: Sentence,
    literals: Sequence[Literal],
) -> list[tuple[str, Content]]:
    """The parameters of an action from the free values between it and the next action, cues first, then by type.

    `span` goes from the first token of the action's mention to the next action, `last` is the mention's last token.
    """
    found: dict[str, Content] = {}
    mine = [literal for literal in literals if not literal.taken and span[0] <= literal.place < span[1]]
    mine = [literal for literal in mine if literal.kind != "loose" or last < literal.place <= last + 2 * CLOSE]
    for literal in mine:
        name = _cued(action, literal, sentence.text, found)
        if name is not None:
            found[name] = literal.value
            literal.taken = True
    for part in sorted(action.parameters, key=lambda part: not part.required):
        if part.name not in found and (value := _typed(action, part, span, mentions, sentence, mine)) is not None:
            found[part.name] = value
    return list(found.items())


def _cued(action: Action, literal: Literal, text: str, found: dict[str, Content]) -> str | None:
    ahead, behind = (
        text[max(0, literal.start - 30) : literal.start].rstrip("\"'“ "),
        text[literal.end : literal.end + 12],
    )
    for cue, pattern in _CUES.items():
        if pattern.search(ahead) or (cue == "cc" and _BEHIND.search(behind)):
            for name in _SAME_PLACE.get(cue, (cue,)):
                if (part := action.parameter(name)) and name not in found and _of_type(literal, part):
                    return name
    return None


def _of_type(literal: Literal, part: Parameter) -> bool:
    kinds = {"email": ("email",), "url": ("url",), "number": ("number",), "text": ("text",), "list of text": ("text",)}
    return literal.kind in kinds.get(part.type, ())


def _typed(
    action: Action,
    part: Parameter,
    span: tuple[int, int],
    mentions: Sequence[Mention],
    sentence: Sentence,
    mine: Sequence[Literal],
) -> Content | None:
    if part.type == "enum":
        return _chosen_option(f"{action.id}.{part.name}", span, mentions)
    if part.type == "boolean":
        return _switch(part, span, sentence)
    free = [literal for literal in mine if not literal.taken and _of_type(literal, part)]
    if not free and part.required and part.type in ("text", "list of text"):
        free = [literal for literal in mine if literal.kind == "loose" and not literal.taken][:1]
    if not free or (not part.required and part.type in ("email", "text")):
        return None
    if part.type == "list of text":
        tags = _run_of_tags(free, sentence.text)
        for literal in tags:
            literal.taken = True
        return tuple(str(literal.value) for literal in tags)
    free[0].taken = True
    return free[0].value


def _run_of_tags(free: Sequence[Literal], text: str) -> list[Literal]:
    """The first text and those joined to it by `and` or a comma."""
    tags = [free[0]]
    for literal in free[1:]:
        if not re.fullmatch(r"\s*(?:,|and|&|\+|n|, and|as well as)\s*", text[tags[-1].end : literal.start]):
            break
        tags.append(literal)
    return tags


def _chosen_option(owner: str, span: tuple[int, int], mentions: Sequence[Mention]) -> str | None:
    near = [
        mention
        for mention in mentions
        if mention.kind == "value" and mention.name.startswith(f"{owner}=") and mention.strength >= 0.6
        if span[0] <= mention.first < span[1] and mention.first - span[0] <= FAR
    ]
    return near[0].name.partition("=")[2] if near else None


def _switch(part: Parameter, span: tuple[int, int], sentence: Sentence) -> bool | None:
    """A yes-or-no parameter is set where its name, or a word of its meaning, is said."""
    names = {name for root in map(stem, part.name.split("_")) for name in (root, meaning(root)) if name}
    for place in range(*span):
        token = sentence.tokens[place]
        root = stem(token.lower)
        if token.kind == "word" and ({root, meaning(root)} - {None}) & names:
            return not _WITHOUT.search(sentence.text[max(0, token.start - 20) : token.start])
    return None
