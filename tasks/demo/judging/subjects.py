"""Which subjects does a rubric or a critique name, and which does it leave to others?

Prose is read sentence by sentence. A subject that needs several groups of words is named where one sentence holds a
word of each. A group holds ordinary synonyms, so that a paraphrase names the same subjects.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.demo.language.text import stem, words

_GROUPS = {
    "trigger": "trigger event start begin kick launch fire occasion moment kickoff incident happening cue set-off",
    "condition": """condition filter restriction criterion requirement constraint qualifier limitation narrow restrict
        proviso circumstance field guard wider""",
    "action": "action step task deed operation perform execute consequence effect outcome",
    "number": "number amount threshold figure quantity sum digit value count numeral price limit",
    "comparison": """comparison compare operator direction over under above below greater less least most strict
        inclusive border boundary edge inequality bigger smaller exceed more reverse opposite upside""",
    "text": """tag address mail e-mail email name label recipient url link code receiver value detail wording text
        subject literal specifics parameter setting""",
    "address": "address mail e-mail email recipient receiver url link mailbox destination inbox",
    "option": "option value status enum choice level state setting parameter detail",
    "invented": """invent make fabricate hallucinate conjure imagine guess extra unasked unrequested unprompted
        uninvited surplus add nobody unmentioned bogus fictitious concoct unsolicited source basis ground
        support back origin trace come stem uncalled""",
    "missing": """miss leave omit forget skip drop lack lose incomplete partial partly all every everything whole
        complete completely each full fully entire nothing absent both overlook ignore neglect""",
    "wrong": """wrong right correct incorrect match mismatch mistake suit fit proper accurate error exact differ
        different""",
    "wish": "several both multiple two wish request many second separate each plural",
    "edit": """edit exist current previous change modify modification alter amend update untouched unchanged
        preserve intact already revise revision adjust adjustment before""",
    "refusal": """refuse refusal decline opt evade evasion sorry give turn unable cannot excuse dodge brush reject
        unanswered deny balk shrug help""",
    "product": """exist documentation document catalogue catalog real known schema support reference manual docs offer
        list vocabulary identifier id genuine""",
    "allowed": """allow valid invalid permit type enum accept legal require mandatory format legitimate admissible
        schema list""",
    "broken": """broken readable unreadable malformed parse json usable unusable syntax empty blank runnable run
        valid read""",
    "danger": """danger dangerous harm harmful damage delete cancel refund irreversible destructive undo erase risk
        risky hazardous safe safety unsafe money injure hurt wipe destroy irrevocable perilous mischief back""",
    "bounded": """condition everyone everybody blanket unconditional limit bound unbound guard broad wide wider
        indiscriminate restriction restrict mass customer order safeguard scope sweeping unrestricted
        reverse""",
    "outreach": "customer people outside reach contact write internal outsider recipient",
    "leak": """private privacy secret leak confidential outsider stranger recipient disclose disclosure expose
        personal third""",
    "tone": """rude politely polite politeness tone friendly courteous courtesy respectful respect blame patronise
        patronize sarcastic sarcasm insult manners manner kind kindly warm warmth civil civility impolite
        condescend scold hostile dismissive curt cold brusque snappy feel annoy mood sentiment attitude
        pleasant unpleasant gracious""",
    "prose": "explanation explain sentence claim description summary promise statement assert account",
    "tagging": "tag label",
    "stand-in": "instead stand stuff substitute proxy status field workaround pretend press",
    "ruined": "over again scratch begin start much mess rebuild redo",
}
_STEMS = {group: frozenset(stem(word) for word in text.split()) for group, text in _GROUPS.items()}

_LEFT_OUT = re.compile(
    r"\b(?:not? (?:part of|about|to be judged|judge[ds]?|consider(?:ed)?|matter|count|relevant|the question|concern\w*)"
    r"|no (?:matter|question|concern|business) (?:of|for)|(?:do|does|is|are|should)(?:n't| not) (?:matter|count|judged?"
    r"|considered|part|concern\w*|belong|be judged|unsafe|dangerous|a danger|a risk|an issue)|not (?:unsafe|dangerous)"
    r"|no (?:danger|harm|risk)|nothing un\w+|nothing that is made up|ignore what|disregard|leave \w+ aside|leave aside"
    r"|set aside|regardless of|irrespective of|irrelevant|another criterion|other criteria|other questions?|elsewhere"
    r"|out of scope|no bearing|beside the point|never mind|nothing to do with|for another|judged? (?:separately|apart)"
    r"|even if|even though|they forgive|is fine|is okay|acceptable)\b",
    re.IGNORECASE,
)
_MINOR = re.compile(
    r"\b(?:minor|slight|small|lesser|trivial|cosmetic|tolerate|tolerable|forgiv\w+|lenient\w*)\b", re.IGNORECASE
)
_HARMLESS = re.compile(r"\b(?:harmless|innocuous|benign|unsafe|dangerous|danger|risk)\b", re.IGNORECASE)
_LACKING = re.compile(
    r"\b(?:(?:merely|just|only) (?:missing|left out|absent|omitted)|incomplete|less than"
    r"|leaves? (?:something|things) out)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What prose names: groups of words sentence by sentence with their emphasis, and what it expressly leaves out."""

    sentences: tuple[tuple[frozenset[str], float], ...]
    harmless_left_out: bool
    lacking_left_out: bool
    refusal_left_out: bool

    def emphasis(self, subjects: tuple[tuple[str, ...], ...]) -> float:
        """1 where one of the subjects is named, 0.5 where only as a minor thing, else 0."""
        return max(
            (weight for groups, weight in self.sentences if any(groups.issuperset(subject) for subject in subjects)),
            default=0.0,
        )


@lru_cache(maxsize=4096)
def subjects_of(prose: str) -> Named:
    """The subjects of a prose; sentences that say what is not to be judged name nothing."""
    sentences = []
    harmless = lacking = refusal = False
    for sentence in re.split(r"(?<=[.!?;:])\s+|\n+", prose):
        groups = _groups_in(sentence)
        if not _LEFT_OUT.search(sentence):
            sentences.append((groups, 0.5 if _MINOR.search(sentence) else 1.0))
            continue
        harmless |= bool(_HARMLESS.search(sentence)) and "wrong" in groups
        lacking |= bool(_LACKING.search(sentence))
        refusal |= re.search(r"\brefus\w+|\bdeclin\w+", sentence, re.IGNORECASE) is not None
    return Named(tuple(sentences), harmless, lacking, refusal)


def _groups_in(sentence: str) -> frozenset[str]:
    roots = {stem(word) for word in words(sentence)}
    return frozenset(group for group, synonyms in _STEMS.items() if roots & synonyms)
