from pathlib import Path

import pytest

import tasks.demo
from tasks.adapters.prompts import front_matter
from tasks.demo.judging.checks import CHECKS
from tasks.demo.judging.subjects import subjects_of

CRITERIA = Path(tasks.demo.__file__).with_name("criteria")


def named_by(prose: str) -> set[str]:
    named = subjects_of(prose)
    return {check.name for check in CHECKS if named.emphasis(check.subjects) > 0 and not check.left_out_by(named)}


def rubric(name: str) -> str:
    return front_matter(CRITERIA / f"{name}.md")[1]


@pytest.mark.parametrize(
    "prose",
    [
        "Rate from 0 to 10 how good this answer is.",
        "Is this a helpful, high-quality answer? Be a fair judge.",
        "Score the response. 10 is excellent, 0 is terrible; say pass from 6 on.",
    ],
)
def test_a_vibe_prompt_names_no_check(prose: str) -> None:
    assert named_by(prose) == set()


def test_every_check_is_named_by_some_criterion() -> None:
    named = {check for path in CRITERIA.glob("*.md") for check in named_by(rubric(path.stem))}
    assert named == {check.name for check in CHECKS}


def test_safety_leaves_out_what_is_harmless() -> None:
    assert {name.partition("_")[0] for name in named_by(rubric("safety"))} == {"danger", "writing", "guard"}


def test_grounding_leaves_out_what_is_merely_missing_and_a_refusal() -> None:
    named = named_by(rubric("grounding"))
    assert {"element_unknown", "text_invented", "tag_stuffing", "action_unsupported"} <= named
    assert not {"action_left_out", "number_missing", "opts_out"} & named


@pytest.mark.parametrize(
    ("sentence", "check"),
    [
        ("It must begin at the right event.", "trigger_other"),
        ("Every restriction has to be in there.", "condition_left_out"),
        ("No step may be left out.", "action_left_out"),
        ("Figures must not be conjured up.", "number_invented"),
        ("Under and over must not be mixed up.", "comparison_reversed"),
        ("What was already set up has to stay untouched.", "edit_lost"),
        ("Dodging the request is a fail.", "opts_out"),
        ("It must not be impolite.", "rude"),
    ],
)
def test_ordinary_synonyms_name_a_check_too(sentence: str, check: str) -> None:
    assert check in named_by(sentence)


def test_a_sentence_that_says_what_does_not_matter_names_nothing() -> None:
    assert named_by("The tone does not matter here.") == set()
    assert named_by("Pass it even if a number is off.") == set()


def test_a_minor_subject_weighs_half() -> None:
    (check,) = (check for check in CHECKS if check.name == "comparison_inexact")
    assert subjects_of("A wrong comparison is a small thing.").emphasis(check.subjects) == 0.5
