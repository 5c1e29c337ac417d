"""Does the request speak of the elements that were chosen, and do these account for all of its words?"""

from collections.abc import Iterator
from functools import lru_cache

from tasks.demo.judging.findings import NOTHING, Finding, element_names, named, strength, used_elements, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.judging.values import value_tokens
from tasks.demo.language.text import STOP_WORDS
from tasks.demo.workflow import Workflow

WORDS_EACH = 2.0
"""About how many telling words a merchant spends on one element."""

_GENERAL_WORDS = """workflow automation flow create build set setup make want would like please sure automatically add
    new only more less than over under above below least most exactly not no when whenever once every time each also and
    change update instead keep rest same everything else stay thanks thank hi hello hey someone somebody anyone one two
    three who whose which what where how about after before until greater equal equals up right current existing edit
    remove drop use using can could will way thing things stuff got gets get happens happen case during through via per
    it's i'd we've that's don't doesn't isn't contains contain include includes has mentions says starts begins with
    anything but provided long something need basically just kindly plus while day dear team good morning question quick
    first second following soon wanna separately moreover addition part matter condition says than bucks dollars days
    weeks week percent reads saying titled called named namely exceed exceeds drops reaches earlier later"""
GENERAL = frozenset(_GENERAL_WORDS.split())
"""Words of any request, whatever it is about."""


def trigger_unsupported(reading: Reading) -> Finding:
    """The workflow starts on an event that the request does not speak of."""
    return worst(
        Finding(1 - support, f"Nothing in the request speaks of starting on {named(name)}.")
        for kind, name, support in _supports(reading)
        if kind == "trigger"
    )


def action_unsupported(reading: Reading) -> Finding:
    """The workflow does something that the request does not speak of."""
    return worst(
        Finding(1 - support, f"It adds the action {named(name)}, which the request does not ask for.")
        for kind, name, support in _supports(reading)
        if kind == "action"
    )


def condition_unsupported(reading: Reading) -> Finding:
    """The workflow filters on something that the request does not speak of."""
    return worst(
        Finding(1 - support, f"The condition on {named(name)} is not something that the request mentions.")
        for kind, name, support in _supports(reading)
        if kind == "field"
    )


def nothing_behind(reading: Reading) -> Finding:
    """More elements lack words than the request has words left that could mean them: something was made up."""
    supports = list(_supports(reading))
    lacking = sum(1 - support for _, _, support in supports)
    short = lacking - len(_left_over(reading)) / WORDS_EACH
    if short <= 0 or not supports or not reading.knowledge.documented:
        return NOTHING
    _, name, _ = min(supports, key=lambda element: element[2])
    return Finding(min(1.0, short), f"No word of the request is left that could mean {named(name)}.")


def words_left_over(reading: Reading) -> Finding:
    """More words are left than elements that could be meant by them: something was overlooked."""
    if not reading.proposed:
        return NOTHING
    left = _left_over(reading)
    lacking = sum(1 - support for _, _, support in _supports(reading))
    beyond = len(left) / WORDS_EACH - 1.3 * lacking
    words = " ".join(reading.request.tokens[place].text for place in left[:6])
    return Finding(min(1.0, max(0.0, beyond / 3)), f'The answer does not deal with "{words}".')


def unexplained_words(reading: Reading) -> Finding:
    """Part of what the request says is found nowhere in the answer."""
    if not reading.proposed:
        return NOTHING
    left = _left_over(reading)
    words = " ".join(reading.request.tokens[place].text for place in left[:6])
    share = len(left) / max(4, len(_telling(reading)))
    return Finding(share, f'The answer does not seem to deal with "{words}".')


def several_wishes(reading: Reading) -> Finding:
    """The request holds several wishes and the answer fewer workflows, or the other way round."""
    if not reading.proposed or reading.original:
        return NOTHING
    more = reading.wish_count - len(reading.proposed)
    if more > 0:
        told = f"The request holds {reading.wish_count} wishes; the answer meets {len(reading.proposed)} of them."
        return Finding(1.0, told)
    if more < 0:
        return Finding(0.5, f"The answer makes {len(reading.proposed)} workflows where one was asked for.")
    return NOTHING


def _supports(reading: Reading) -> Iterator[tuple[str, str, float]]:
    """Each element of the answer that was not there before: kind, name, and how well the request speaks of it."""
    kept = element_names(reading.original) if reading.original else set()
    for flow in reading.proposed:
        for kind, name in sorted(element_names(flow) - kept):
            yield kind, name, max(strength(reading, kind, name), _by_value(reading, flow, name))


def _by_value(reading: Reading, flow: Workflow, name: str) -> float:
    """A named option speaks for its field as well."""
    values = [part.value for part in flow.conditions if part.field == name]
    return max((0.8 * strength(reading, "value", f"{name}={value}") for value in values), default=0.0)


def _telling(reading: Reading) -> list[int]:
    """The places of words that tell something about the wish."""
    return [
        place
        for place, token in enumerate(reading.request.tokens)
        if token.kind == "word" and len(token.lower) > 1 and token.lower not in STOP_WORDS | GENERAL
    ]


@lru_cache(maxsize=2)
def _left_over(reading: Reading) -> list[int]:
    """The telling words that no element or value in use accounts for."""
    known = frozenset().union(*(reading.dictionary.stems_of(kind, name) for kind, name in used_elements(reading)))
    explained = {place for root, at in reading.request.places.items() if root in known for place in at}
    explained |= value_tokens(reading)
    for name in used_elements(reading):
        if (mention := reading.asked.get(name)) and mention.strength > 0.5:
            explained |= set(range(mention.first, mention.last + 1))
    return [place for place in _telling(reading) if place not in explained]
