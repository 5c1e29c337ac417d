"""Does the merchant switch the workflow on? The outcome that production records: truth with noise."""

from tasks.demo.generator.defects import defects_of
from tasks.demo.generator.request import Request
from tasks.demo.workflow import parse_answer
from tasks.domain.hashing import uniform

RIGHT = 0.86
"""How often a right answer is activated: some merchants change their mind."""


def outcome(request: Request, answer: str, chance_of: str) -> str:
    """`activated` or `not_activated`. `chance_of` names the occasion, so that the same answer may fare differently.

    A wrong answer is activated too, the less so the worse it is: merchants overlook what experts see.
    """
    likely = RIGHT
    if not parse_answer(answer):
        likely = 0.0
    elif not request.met_by(answer):
        worst = max((defect.severity("overall") for defect in defects_of(request, answer)), default=1.0)
        likely = 0.65 - 0.45 * min(worst, 1.0)
    return "activated" if uniform("outcome", chance_of) < likely else "not_activated"
