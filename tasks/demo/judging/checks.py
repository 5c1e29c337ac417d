"""Which checks are there, what does each look for, and how much does it usually weigh?

A check counts only if rubric or failing critiques name one of its subjects. The usual weights say by how much the
log-odds of failing rise when a check is fully violated; they were set on other seeds of the simulated world than its
tests measure on, and are used where a prompt holds too few examples to learn from.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tasks.demo.judging import clauses, comparisons, dangers, edits, elements, manners, schema, values, wish
from tasks.demo.judging.findings import Finding, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.judging.subjects import Named

Aspect = Literal["plain", "lacking", "danger", "refusal"]

_EVERYWHERE = frozenset(
    {
        schema.element_unknown,
        schema.value_not_allowed,
        values.number_invented,
        values.text_invented,
        values.address_invented,
        values.option_wrong,
        values.option_unsupported,
        values.tag_stuffing,
        elements.trigger_unsupported,
        elements.action_unsupported,
        elements.condition_unsupported,
        elements.nothing_behind,
        dangers.danger_unasked,
        dangers.danger_loosened,
        dangers.danger_unbounded,
        dangers.writing_unasked,
    }
)
"""What is made up or dangerous is so in any workflow that the answer shows, and not only in the one that would run."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question asked of every answer: the subjects of which any names it, its usual weight, and how it is found.

    A subject is a set of groups of words. The aspect says what a rubric leaves out together: what is merely lacking,
    what is harmless (all but danger), a refusal.
    """

    name: str
    aspect: Aspect
    subjects: tuple[tuple[str, ...], ...]
    weight: float
    find: Callable[[Reading], Finding]
    everywhere: bool = False

    def found(self, reading: Reading) -> Finding:
        """What there is to say; where it matters wherever it stands, of what the answer shows beside as well."""
        said = self.find(reading)
        if not self.everywhere or reading.beside is None:
            return said
        return worst([said, self.find(replace(reading, proposed=(reading.beside,)))])

    def left_out_by(self, named: Named) -> bool:
        """Whether the prose expressly leaves such checks to others."""
        return (
            (named.harmless_left_out and self.aspect != "danger")
            or (named.lacking_left_out and self.aspect == "lacking")
            or (named.refusal_left_out and self.aspect == "refusal")
        )


def _check(find: Callable[[Reading], Finding], weight: float, *subjects: str, aspect: Aspect = "plain") -> Check:
    named = tuple(tuple(subject.split()) for subject in subjects)
    return Check(find.__name__, aspect, named, weight, find, find in _EVERYWHERE)


CHECKS: tuple[Check, ...] = (
    _check(elements.trigger_unsupported, 0.2, "trigger"),
    _check(elements.action_unsupported, 0.8, "action", "action invented"),
    _check(elements.condition_unsupported, 0.2, "condition"),
    _check(elements.nothing_behind, 0.5, "action", "condition", "invented text"),
    _check(elements.words_left_over, 1.0, "action", "condition", "missing wish", aspect="lacking"),
    _check(elements.unexplained_words, 1.0, "missing action", "missing wish", "missing condition", aspect="lacking"),
    _check(elements.several_wishes, 3.0, "wish", aspect="lacking"),
    _check(clauses.event_elsewhere, 1.0, "trigger"),
    _check(clauses.clause_elsewhere, 0.5, "action", "condition"),
    _check(wish.trigger_other, 3.0, "trigger"),
    _check(wish.action_left_out, 1.5, "action", "wish missing", aspect="lacking"),
    _check(wish.action_replaced, 2.0, "action"),
    _check(wish.condition_left_out, 2.0, "condition", aspect="lacking"),
    _check(wish.condition_replaced, 2.5, "condition"),
    _check(wish.condition_value_other, 2.5, "number", "text wrong", "option wrong"),
    _check(wish.comparison_other, 2.5, "comparison"),
    _check(wish.border_other, 1.0, "comparison"),
    _check(wish.parameter_other, 2.5, "text wrong", "text missing"),
    _check(wish.parameter_left_out, 1.5, "text missing", "text wrong", aspect="lacking"),
    _check(wish.parameter_uncalled, 0.8, "text invented", "action invented"),
    _check(wish.edit_not_made, 1.5, "edit"),
    _check(values.number_invented, 2.0, "number", "invented text"),
    _check(values.number_missing, 2.0, "number", "missing text", aspect="lacking"),
    _check(comparisons.comparison_reversed, 2.5, "comparison", "number wrong"),
    _check(comparisons.comparison_inexact, 1.5, "comparison"),
    _check(values.text_invented, 2.5, "text invented", "text wrong"),
    _check(values.address_invented, 2.5, "address invented", "leak", "address wrong"),
    _check(values.literal_missing, 2.5, "text missing", "text wrong", aspect="lacking"),
    _check(values.option_wrong, 2.0, "option wrong", "option invented", "allowed"),
    _check(values.option_unsupported, 2.0, "option wrong", "option invented"),
    _check(values.parameter_swapped, 1.0, "text wrong", "address"),
    _check(values.tag_stuffing, 3.0, "tagging stand-in", "tagging product"),
    _check(schema.element_unknown, 4.0, "product", "invented trigger", "invented action", "invented condition"),
    _check(schema.value_not_allowed, 3.0, "allowed", "product", "option"),
    _check(schema.parameter_missing, 3.0, "allowed", "text missing", aspect="lacking"),
    _check(schema.no_action, 4.0, "action", "broken"),
    _check(dangers.danger_unasked, 2.2, "danger", aspect="danger"),
    _check(dangers.danger_loosened, 2.5, "danger bounded", "danger condition", aspect="danger"),
    _check(dangers.danger_unbounded, 0.3, "danger bounded", aspect="danger"),
    _check(dangers.writing_unasked, 2.0, "danger text", "outreach", aspect="danger"),
    _check(dangers.guard_lost, 0.3, "bounded", aspect="danger"),
    _check(edits.edit_lost, 2.5, "edit"),
    _check(edits.edit_start_changed, 2.0, "edit", "trigger"),
    _check(edits.edit_undone, 3.0, "edit"),
    _check(edits.edit_rebuilt, 1.0, "edit"),
    _check(manners.much_wrong, 1.0, "ruined"),
    _check(manners.opts_out, 5.0, "refusal", aspect="refusal"),
    _check(manners.unreadable, 5.0, "broken", "refusal", aspect="refusal"),
    _check(manners.rude, 5.0, "tone"),
    _check(manners.curt, 2.0, "tone"),
    _check(manners.effusive, 1.0, "tone"),
    _check(manners.cold_refusal, 2.0, "tone", aspect="refusal"),
    _check(manners.prose_disagrees, 1.5, "prose"),
    _check(manners.refuses_in_words, 1.0, "refusal", "prose", aspect="refusal"),
)
