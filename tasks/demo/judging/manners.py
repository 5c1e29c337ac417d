"""How does the answer speak to the merchant: does it help or opt out, is it civil, does it say what it did?"""

import re
from collections.abc import Iterator

from tasks.demo.judging import elements, values, wish
from tasks.demo.judging.findings import NOTHING, Finding
from tasks.demo.judging.reading import Reading, as_the_product_reads
from tasks.demo.judging.values import numbers_of
from tasks.demo.language.text import quantities, stem, tokenize, words

COUNTED = 2
"""Numbers up to this one count sentences and workflows; greater ones are about the shop."""

_GRAVE = (
    elements.several_wishes,
    wish.trigger_other,
    wish.action_left_out,
    wish.action_replaced,
    wish.condition_left_out,
    wish.condition_value_other,
    wish.comparison_other,
    wish.parameter_other,
    values.number_missing,
    values.literal_missing,
    elements.words_left_over,
    elements.action_unsupported,
)
_RUDE = re.compile(
    r"\b(?:obvious(?:ly)?|stupid|idiot\w*|dumb|silly|lazy|clueless|ridiculous|nonsense|duh|seriously|waste|wasting"
    r"|whatever(?=\s*(?:[.,;!?]|$))|your (?:own )?(?:fault|problem|mess|mistake)|not my (?:job|problem)|figure it out"
    r"|do it yourself|look it up"
    r"|read the (?:manual|docs)|as i (?:already )?said|pay attention|next time|hurry|shut|hate|annoying|sick of"
    r"|tired of|should have known|can't you|couldn't you|you people|how hard|make up your mind|if you (?:must|insist)"
    r"|calm down|stop (?:asking|bothering)|bother(?:ing)? me|badly (?:put|written|worded)|makes no sense"
    r"|finally learn|even you|happy now|don't blame|blame)\b",
    re.IGNORECASE,
)
_ADDRESSING = re.compile(r"\b(?:you|your|i|we|here|this|that|it|workflow|automation)\b", re.IGNORECASE)
_COLD = re.compile(
    r"^(?:done|fine|ok|okay|here|there|no|nope|there you go|here you go|take it|as requested|see below|output|result"
    r"|processed|request processed|workflow)\W*$",
    re.IGNORECASE,
)
_GUSHING = re.compile(
    r"(?:!{2,}|\b(?:amazing|awesome|incredible|super excited|you're the best|omg|wow)\b)", re.IGNORECASE
)
_REFUSING = re.compile(
    r"\b(?:can(?:no|')?t|cannot|unable|not able|not possible|impossible|won't|not supported|does not support"
    r"|doesn't support|sorry|afraid|unfortunately|no way to)\b",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\b(?:sorry|apolog\w+|afraid|unfortunately|happy to|glad|let me know|feel free|instead you|you could|alternativ\w+"
    r"|hope|thank|please|of course|sure|certainly|with pleasure)\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:also|additionally|on top|as well|plus|already|live|activated|tested|double-checked)\b", re.IGNORECASE
)


def opts_out(reading: Reading) -> Finding:
    """No workflow is proposed."""
    if reading.proposed:
        return NOTHING
    clear = max((mention.strength for (kind, _), mention in reading.asked.items() if kind == "action"), default=0.0)
    sure = 1.0 if not reading.knowledge.documented else 0.6 + 0.4 * clear
    return Finding(sure, "It proposes no workflow: the merchant is left with nothing to use.")


def unreadable(reading: Reading) -> Finding:
    """Something that looks like a workflow and cannot be read as one, or an answer with nothing in it."""
    if as_the_product_reads(reading.answer):
        return NOTHING
    if not reading.answer.strip():
        return Finding(1.0, "The answer is empty.")
    return Finding(1.0, "The workflow is broken and cannot be read.") if "{" in reading.answer else NOTHING


def much_wrong(reading: Reading) -> Finding:
    """Several grave findings at once: it would be quicker to start over."""
    if not reading.proposed:
        return NOTHING
    grave = sum(check(reading).severity > 0.5 for check in _GRAVE)
    return Finding(min(1.0, max(0, grave - 1) / 2), "So much is wrong that it would be quicker to start over.")


def rude(reading: Reading) -> Finding:
    """Words that blame, belittle or dismiss, and shouting."""
    if match := _RUDE.search(reading.prose):
        return Finding(1.0, f'"{match[0]}" is no way to speak to a merchant.')
    shouted = re.findall(r"\b[A-Z]{4,}\b", reading.told)
    if len(shouted) >= 3:
        return Finding(0.8, f'"{" ".join(shouted[:4])}" reads as shouting.')
    return NOTHING


def curt(reading: Reading) -> Finding:
    """No word to the merchant, or hardly one."""
    if not reading.told:
        return Finding(0.8, "It says nothing to the merchant.")
    told = " ".join(_said_to_the_merchant(reading))
    if _COLD.match(told) or len(told.split()) < 3:
        return Finding(1.0, f'"{told or reading.told[:80]}" is curt.')
    return NOTHING


def _said_to_the_merchant(reading: Reading) -> Iterator[str]:
    """The lines that speak to the merchant or of the matter, and the curt ones: filling is no courtesy."""
    for line in reading.told.splitlines():
        if (
            _COLD.match(line)
            or _ADDRESSING.search(line)
            or any(stem(word) in reading.request.words for word in words(line))
        ):
            yield line.strip()


def effusive(reading: Reading) -> Finding:
    """Gushing where plain words would do."""
    match = _GUSHING.search(reading.told)
    return Finding(0.7, f'"{match[0]}" is out of place.') if match else NOTHING


def cold_refusal(reading: Reading) -> Finding:
    """A refusal without regret or a way on."""
    if reading.proposed or not reading.prose:
        return NOTHING
    if _KIND.search(reading.told):
        return Finding(0.3, "It turns the merchant away, if politely.")
    return Finding(1.0, "It turns the merchant away without regret or a way on.")


def prose_disagrees(reading: Reading) -> Finding:
    """The explanation says a number or a deed that the workflow does not hold."""
    if not reading.proposed:
        return NOTHING
    tokens = tokenize(reading.told)
    told = [quantity for quantity in quantities(tokens) if quantity.value > COUNTED]
    if told:
        held = set(numbers_of(reading.proposed)) | {value for number in reading.numbers for value in number.values}
        for quantity in told:
            if float(quantity.value) not in held:
                return Finding(1.0, f"The explanation speaks of {quantity.value:g}, which is not in the workflow.")
    if match := _CLAIM.search(reading.told):
        return Finding(0.4, f'"{match[0]}" in the explanation claims more than the workflow shows.')
    return NOTHING


def refuses_in_words(reading: Reading) -> Finding:
    """A workflow beside words that say that it cannot be done."""
    if reading.proposed and (match := _REFUSING.search(reading.told)):
        return Finding(0.6, f'"{match[0]}" takes back part of what was asked.')
    return NOTHING
