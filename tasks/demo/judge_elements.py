"""Are the trigger, the conditions and the actions the ones that the request speaks of, all of them and no other?"""

from tasks.demo.judge_findings import NOTHING, Finding, named, quoted_words, strength, worst
from tasks.demo.judge_reading import Reading
from tasks.demo.judge_values import value_tokens
from tasks.demo.mentions import Mention
from tasks.demo.text import STOP_WORDS
from tasks.demo.workflow import Condition, Workflow

FAINT = 0.3
"""Under this strength a mention is taken to be chance."""

_GENERAL = frozenset(
    [
        "workflow",
        "automation",
        "flow",
        "create",
        "build",
        "set",
        "setup",
        "make",
        "want",
        "would",
        "like",
        "please",
        "sure",
        "automatically",
        "add",
        "new",
        "only",
        "more",
        "less",
        "than",
        "over",
        "under",
        "above",
        "below",
        "least",
        "most",
        "exactly",
        "not",
        "no",
        "when",
        "whenever",
        "once",
        "every",
        "time",
        "each",
        "also",
        "and",
        "change",
        "update",
        "instead",
        "keep",
        "rest",
        "same",
        "everything",
        "else",
        "stay",
        "thanks",
        "thank",
        "hi",
        "hello",
        "hey",
        "someone",
        "somebody",
        "anyone",
        "one",
        "two",
        "three",
        "who",
        "whose",
        "which",
        "what",
        "where",
        "how",
        "about",
        "after",
        "before",
        "until",
        "greater",
        "equal",
        "equals",
        "least",
        "most",
        "up",
        "right",
        "current",
        "existing",
        "edit",
        "remove",
        "drop",
        "use",
        "using",
        "make",
        "sure",
        "can",
        "you",
        "could",
        "will",
        "way",
        "thing",
        "things",
        "stuff",
        "got",
        "gets",
        "get",
        "happens",
        "happen",
        "case",
        "during",
        "through",
        "via",
        "per",
        "it's",
        "i'd",
        "we've",
        "that's",
        "don't",
        "doesn't",
        "isn't",
    ]
)
"""Words of any request, whatever it is about."""


def trigger_unsupported(reading: Reading) -> Finding:
    """The workflow starts on an event that the request does not speak of."""
    return worst(
        Finding(
            1 - _trigger_support(reading, flow), f"Nothing in the request speaks of starting on {named(flow.trigger)}."
        )
        for flow in reading.proposed
    )


def trigger_rival(reading: Reading) -> Finding:
    """The request speaks of another event, and more clearly."""
    used = {flow.trigger for flow in reading.proposed}
    rivals = [mention for mention in _unused(reading, "trigger", used) if mention.strength >= FAINT]
    return worst(
        Finding(
            rival.strength * (1 - _trigger_support(reading, flow)),
            f'"{quoted_words(reading, rival)}" calls for the trigger {named(rival.name)}, '
            f"but the workflow starts on {named(flow.trigger)}.",
        )
        for flow in reading.proposed
        for rival in rivals
    )


def action_unsupported(reading: Reading) -> Finding:
    """The workflow does something that was not asked for."""
    return worst(
        Finding(1 - support, f"It adds the action {named(name)}, which the request does not ask for.")
        for name, support in _action_supports(reading)
    )


def action_rival(reading: Reading) -> Finding:
    """The request names another action than one of those that were chosen."""
    supports = _action_supports(reading)
    rivals = _unused(reading, "action", {name for name, _ in supports})
    return worst(
        Finding(
            rival.strength * (1 - support),
            f'"{quoted_words(reading, rival)}" asks for {named(rival.name)}; the workflow does {named(name)} instead.',
        )
        for name, support in supports
        for rival in rivals
    )


def action_missing(reading: Reading) -> Finding:
    """An action that the request names is not in the workflow."""
    used = {call.action for flow in reading.proposed for call in flow.actions}
    covered = _covered(reading)
    return worst(
        Finding(
            _open(mention, covered),
            f'"{quoted_words(reading, mention)}" asks for {named(mention.name)}, which is missing.',
        )
        for mention in _unused(reading, "action", used)
        if reading.proposed
    )


def condition_unsupported(reading: Reading) -> Finding:
    """The workflow filters on something that the request does not speak of."""
    return worst(
        Finding(
            1 - _condition_support(reading, condition),
            f"The condition on {named(condition.field)} is not something that the request mentions.",
        )
        for flow in reading.proposed
        for condition in flow.conditions
    )


def condition_rival(reading: Reading) -> Finding:
    """The request names another field than the one that a condition looks at."""
    conditions = [condition for flow in reading.proposed for condition in flow.conditions]
    rivals = _unused(reading, "field", {condition.field for condition in conditions})
    return worst(
        Finding(
            rival.strength * (1 - _condition_support(reading, condition)),
            f'"{quoted_words(reading, rival)}" is about {named(rival.name)}; the condition looks at '
            f"{named(condition.field)}.",
        )
        for condition in conditions
        for rival in rivals
    )


def condition_missing(reading: Reading) -> Finding:
    """A restriction that the request names is not among the conditions."""
    used = {condition.field for flow in reading.proposed for condition in flow.conditions}
    covered = _covered(reading)
    return worst(
        Finding(
            _open(mention, covered),
            f'The request restricts it by "{quoted_words(reading, mention)}", and no condition on '
            f"{named(mention.name)} does.",
        )
        for mention in _unused(reading, "field", used)
        if reading.proposed
    )


def unexplained_words(reading: Reading) -> Finding:
    """Part of what the request says is found nowhere in the answer."""
    if not reading.proposed:
        return NOTHING
    known = _vocabulary(reading)
    places = {place for root, at in reading.request.places.items() if root in known for place in at}
    places |= value_tokens(reading)
    content = [
        place for place, token in enumerate(reading.request.tokens) if _tells(token.lower) and token.kind == "word"
    ]
    left = [place for place in content if place not in places]
    share = len(left) / max(4, len(content))
    words = " ".join(reading.request.tokens[place].text for place in left[:6])
    return Finding(share, f'The answer does not seem to deal with "{words}".')


def several_wishes(reading: Reading) -> Finding:
    """The request holds several wishes and the answer fewer workflows, or the other way round."""
    if not reading.proposed or reading.original:
        return NOTHING
    events = {
        mention.name for (kind, _), mention in reading.asked.items() if kind == "trigger" and mention.strength >= 0.8
    }
    used = {flow.trigger for flow in reading.proposed}
    starts = _clause_starts(reading)
    more = len(reading.proposed) - max(1, starts)
    if more < 0:
        sure = 1.0 if events - used else 0.6
        return Finding(sure, f"The request holds {starts} wishes; the answer meets {len(reading.proposed)} of them.")
    if more > 0:
        return Finding(0.5, f"The answer makes {len(reading.proposed)} workflows where one was asked for.")
    return NOTHING


def _trigger_support(reading: Reading, flow: Workflow) -> float:
    if reading.original and reading.original.trigger == flow.trigger:
        return 1.0
    return strength(reading, "trigger", flow.trigger)


def _action_supports(reading: Reading) -> list[tuple[str, float]]:
    kept = {call.action for call in reading.original.actions} if reading.original else set()
    return [
        (call.action, 1.0 if call.action in kept else strength(reading, "action", call.action))
        for flow in reading.proposed
        for call in flow.actions
    ]


def _condition_support(reading: Reading, condition: Condition) -> float:
    if reading.original and any(condition.field == kept.field for kept in reading.original.conditions):
        return 1.0
    own = strength(reading, "field", condition.field)
    return max(own, 0.8 * strength(reading, "value", f"{condition.field}={condition.value}"))


def _unused(reading: Reading, kind: str, used: set[str]) -> list[Mention]:
    kept = _original_names(reading)
    return [
        mention
        for (of, name), mention in reading.asked.items()
        if of == kind and name not in used and name not in kept and mention.strength >= FAINT
    ]


def _original_names(reading: Reading) -> set[str]:
    if reading.original is None:
        return set()
    return {
        reading.original.trigger,
        *(condition.field for condition in reading.original.conditions),
        *(call.action for call in reading.original.actions),
    }


def _used(reading: Reading) -> list[tuple[str, str]]:
    flows = (*reading.proposed, *((reading.original,) if reading.original else ()))
    names: list[tuple[str, str]] = []
    for flow in flows:
        names.append(("trigger", flow.trigger))
        names += [("field", condition.field) for condition in flow.conditions]
        names += [("value", f"{condition.field}={condition.value}") for condition in flow.conditions]
        names += [("action", call.action) for call in flow.actions]
        names += [
            ("value", f"{call.action}.{name}={value}") for call in flow.actions for name, value in call.parameters
        ]
    return names


def _covered(reading: Reading) -> dict[int, float]:
    """The tokens that elements in use account for, and how well."""
    covered: dict[int, float] = {}
    for name in _used(reading):
        mention = reading.asked.get(name)
        for place in range(mention.first, mention.last + 1) if mention else ():
            covered[place] = max(covered.get(place, 0.0), mention.strength if mention else 0.0)
    return covered | dict.fromkeys(value_tokens(reading), 1.0)


def _open(mention: Mention, covered: dict[int, float]) -> float:
    """The strength of a mention as far as nothing in use accounts for its words."""
    places = range(mention.first, mention.last + 1)
    left = sum(1 - covered.get(place, 0.0) for place in places) / len(places)
    return mention.strength * left


def _vocabulary(reading: Reading) -> frozenset[str]:
    """The stems of all texts about the elements in use."""
    return frozenset().union(*(reading.dictionary.stems_of(kind, name) for kind, name in _used(reading)))


def _tells(word: str) -> bool:
    return word not in STOP_WORDS and word not in _GENERAL


def _clause_starts(reading: Reading) -> int:
    """How many clauses begin with a word like `when`: at least one wish, and one more for each further beginning."""
    words = [token.lower for token in reading.request.tokens]
    starts = [place for place, word in enumerate(words) if word in ("when", "whenever", "once", "every", "if", "as")]
    ends = [place for place, word in enumerate(words) if word in (";", ".", "also", "second", "secondly", "another")]
    further = sum(1 for place in starts[1:] if any(place - 4 <= end < place for end in ends))
    return 1 + further
