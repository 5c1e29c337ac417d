"""Which checks are there, and what in a rubric or a critique names the subject of each?

A check counts only if the prose names it. Prose is read sentence by sentence: a check is named where one sentence holds
a word of every group that the check needs. Each group holds a subject's ordinary synonyms, so a paraphrase names it too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tasks.demo import judge_elements, judge_manners, judge_rules, judge_values, judge_wish
from tasks.demo.judge_findings import Finding
from tasks.demo.judge_reading import Reading
from tasks.demo.text import stem, words

_GROUPS = {
    "trigger": """trigger event start starting begin kick launch fire firing occasion moment set-off kickoff incident
        happening cue""",
    "condition": """condition filter restriction criterion criteria requirement constraint qualifier limitation narrow
        restrict restricted proviso circumstance field test""",
    "action": "action step task deed operation perform performed carry execute consequence effect outcome",
    "number": "number amount threshold figure quantity sum digit value count numeral price limit",
    "comparison": """comparison compare operator direction over under above below greater less least most strict
        inclusive border boundary edge inequality sign bigger smaller exceed more""",
    "text": """tag address mail e-mail email name label recipient url link code receiver value detail wording text
        subject literal specifics parameter setting""",
    "address": "address mail e-mail email recipient receiver url link mailbox destination inbox",
    "option": "option value status enum choice level state setting parameter detail",
    "invented": """invent invented made fabricate fabricated hallucinate hallucinated conjure imagine imagined guess guessed
        extra unasked unrequested unprompted uninvited surplus added adding add nobody unmentioned bogus fictitious concoct
        unsolicited source basis grounded ground support supported backed origin trace traced traceable comes stem""",
    "missing": """miss missing leave left omit omitted forget forgot forgotten skip skipped drop dropped lack lacking lose
        lost incomplete partial partly all every everything whole complete completely each full fully entire nothing
        absent both overlook overlooked ignore ignored neglect""",
    "wrong": """wrong right correct incorrect match matching mismatch mistaken suit fit fitting proper accurate error
        exact exactly different confuse mix""",
    "wish": "several both multiple two wishes requests many second separate each plural",
    "edit": """edit edited existing current previous change changed modify modified modification alter altered amend
        amended update untouched unchanged preserve preserved intact already revise revision adjust adjustment before""",
    "refusal": """refuse refused refusal decline declined opt opts evade evades evasion sorry give gives turn unable
        cannot excuse excuses dodge brush reject rejects rejected unanswered deny denied balk shrug""",
    "product": """exist exists existing documentation documented catalogue catalog real known schema supported reference
        manual docs supports offers listed vocabulary identifier identifiers id ids genuine""",
    "allowed": """allowed valid invalid permitted permit type enum accepted legal required mandatory format legitimate
        admissible schema""",
    "broken": "broken readable unreadable malformed parse json usable unusable syntax empty blank runnable run valid",
    "danger": """danger dangerous harm harmful damage delete deletes deleting deletion cancel cancels cancelling refund
        refunds refunding irreversible destructive undo undone erase risk risky hazardous safe safety unsafe money
        injure hurt wipe destroy irrevocable perilous mischief""",
    "bounded": """condition everyone everybody blanket unconditional limit limited bound unbounded guard broad wide
        indiscriminate restriction restrict mass customers orders safeguard scope sweeping unrestricted""",
    "leak": """private privacy secret leak leaks confidential outsider outside stranger recipient address disclose
        disclosure expose personal third unknown""",
    "tone": """rude rudely polite politely politeness tone friendly courteous courtesy respectful respect blame
        patronise patronising patronizing sarcastic sarcasm insult insulting manners manner kind kindly warm warmth civil
        civility impolite condescending scolding hostile dismissive curt cold brusque snappy feel feels feeling feelings
        mood sentiment attitude pleasant unpleasant decent gracious""",
    "prose": """explanation explain explains sentence claim claims claimed says said describe describes description
        summary promise promises told tells statement statements assert asserts words account""",
    "tagging": "tag tags tagging label labels",
    "stand-in": "instead stand stuffing substitute proxy status field workaround pretend stuffed",
}

_IGNORED = re.compile(
    r"\b(?:not? (?:part of|about|to be judged|judged|judge|consider|considered|matter|count|relevant|the question|concern\w*)"
    r"|(?:do|does|is|are|should)(?:n't| not) (?:matter|count|judged?|considered|part|concern\w*|belong|be judged)"
    r"|ignore|disregard|leave \w+ aside|leave aside|set aside|regardless of|irrespective of|irrelevant|another criterion"
    r"|other criteria|other questions?|elsewhere|out of scope|no bearing|beside the point|never mind|nothing to do with"
    r"|for another|judged? (?:separately|apart)|a separate question)\b",
    re.IGNORECASE,
)
_MINOR = re.compile(
    r"\b(?:minor|slight|small|lesser|trivial|cosmetic|tolerate|tolerable|forgiv\w+|lenient\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Check:
    """A question asked of every answer: its subjects (any of them names it), its usual weight, and how it is computed."""

    name: str
    subjects: tuple[tuple[str, ...], ...]
    weight: float
    find: Callable[[Reading], Finding]


def _check(find: Callable[[Reading], Finding], weight: float, *subjects: str) -> Check:
    return Check(find.__name__, tuple(tuple(subject.split()) for subject in subjects), weight, find)


CHECKS: tuple[Check, ...] = (
    _check(judge_elements.trigger_unsupported, 1.0, "trigger"),
    _check(judge_elements.action_unsupported, 1.0, "action", "action invented"),
    _check(judge_elements.condition_unsupported, 1.0, "condition"),
    _check(judge_elements.unexplained_words, 2.0, "missing action", "missing wish", "missing condition"),
    _check(judge_elements.several_wishes, 3.0, "wish"),
    _check(judge_wish.trigger_other, 4.0, "trigger"),
    _check(judge_wish.action_left_out, 3.0, "action", "wish missing"),
    _check(judge_wish.action_replaced, 2.0, "action"),
    _check(judge_wish.condition_left_out, 3.0, "condition"),
    _check(judge_wish.condition_replaced, 2.0, "condition"),
    _check(judge_wish.condition_value_other, 3.0, "number", "text wrong", "option wrong"),
    _check(judge_wish.comparison_other, 3.0, "comparison"),
    _check(judge_wish.border_other, 1.0, "comparison"),
    _check(judge_wish.parameter_other, 2.5, "text wrong", "text missing"),
    _check(judge_wish.parameter_left_out, 1.5, "text missing", "text wrong"),
    _check(judge_wish.parameter_uncalled, 1.0, "text invented", "action invented"),
    _check(judge_wish.edit_not_made, 2.5, "edit"),
    _check(judge_values.number_invented, 4.0, "number", "invented text"),
    _check(judge_values.number_missing, 4.0, "number", "missing text"),
    _check(judge_values.comparison_reversed, 4.0, "comparison", "number wrong"),
    _check(judge_values.comparison_inexact, 1.5, "comparison"),
    _check(judge_values.text_invented, 3.0, "text invented", "text wrong"),
    _check(judge_values.address_invented, 4.0, "address invented", "leak", "address wrong"),
    _check(judge_values.literal_missing, 3.0, "text missing", "text wrong"),
    _check(judge_values.option_wrong, 3.0, "option wrong", "option invented", "allowed"),
    _check(judge_values.option_unsupported, 0.5, "option wrong", "option invented"),
    _check(judge_values.parameter_swapped, 2.5, "text wrong", "address"),
    _check(judge_values.tag_stuffing, 2.5, "tagging stand-in", "tagging product"),
    _check(judge_rules.element_unknown, 5.0, "product", "invented trigger", "invented action", "invented condition"),
    _check(judge_rules.value_not_allowed, 4.0, "allowed", "product", "option"),
    _check(judge_rules.parameter_missing, 3.0, "allowed", "text missing"),
    _check(judge_rules.no_action, 4.0, "action", "broken"),
    _check(judge_rules.destructive_unasked, 5.0, "danger"),
    _check(judge_rules.destructive_unbounded, 3.0, "danger bounded", "danger"),
    _check(judge_rules.guard_lost, 3.0, "bounded", "condition"),
    _check(judge_rules.edit_lost, 3.0, "edit"),
    _check(judge_rules.edit_undone, 5.0, "edit"),
    _check(judge_rules.edit_rebuilt, 2.0, "edit"),
    _check(judge_manners.opts_out, 5.0, "refusal"),
    _check(judge_manners.unreadable, 5.0, "broken", "refusal"),
    _check(judge_manners.rude, 5.0, "tone"),
    _check(judge_manners.curt, 3.0, "tone"),
    _check(judge_manners.effusive, 1.0, "tone"),
    _check(judge_manners.cold_refusal, 2.0, "tone"),
    _check(judge_manners.prose_disagrees, 2.0, "prose"),
    _check(judge_manners.refuses_in_words, 1.0, "refusal", "prose"),
)


def named_checks(prose: str) -> dict[str, float]:
    """The checks whose subject the prose names, each with its emphasis: 1, or 0.5 where it is called minor."""
    emphasis: dict[str, float] = {}
    for sentence in re.split(r"(?<=[.!?;:])\s+|\n+", prose):
        if _IGNORED.search(sentence):
            continue
        weight = 0.5 if _MINOR.search(sentence) else 1.0
        for name in _named_in(sentence):
            emphasis[name] = max(emphasis.get(name, 0.0), weight)
    return emphasis


@lru_cache(maxsize=8192)
def _named_in(sentence: str) -> frozenset[str]:
    roots = {stem(word) for word in words(sentence)}
    present = {group for group, synonyms in _STEMS.items() if roots & synonyms}
    return frozenset(check.name for check in CHECKS if any(present.issuperset(subject) for subject in check.subjects))


_STEMS = {group: frozenset(stem(word) for word in text.split()) for group, text in _GROUPS.items()}
