"""A criterion file is read as people write it; what is nearly right is read or refused, and never silently ignored."""

from pathlib import Path

import pytest

from tasks.adapters.prompts import front_matter
from tasks.domain.criterion import Criterion
from tasks.domain.errors import WrongInput
from tasks.judge.criteria import read_criterion

RUBRIC = "Is it kind?"


def criterion(folder: Path, text: str) -> Criterion:
    path = folder / "tone.md"
    path.write_bytes(text.encode())
    return read_criterion(path)


@pytest.mark.parametrize(
    "line",
    [
        "scale: nominal: a|b|tie",
        "scale: nominal: a | b | tie  # as the contract writes it",
        "scale:  nominal:a|b|tie ",
        "scale: 'nominal: a|b|tie'",
        'scale: "nominal: a|b|tie"',
    ],
)
def test_a_nominal_scale_needs_no_quotation_marks(tmp_path: Path, line: str) -> None:
    read = criterion(tmp_path, f"---\nname: tone\n{line}\nsubjective: true\n---\n{RUBRIC}\n")
    assert (read.scale.level, read.scale.values, read.subjective) == ("nominal", ("a", "b", "tie"), True)


@pytest.mark.parametrize(
    "text",
    [
        "---\nscale: 1-5\n---\n{rubric}",
        "\ufeff---\nscale: 1-5\n---\n{rubric}",
        "\n \n---\nscale: 1-5\n---\n{rubric}",
        "---  \nscale: 1-5\n---\t\n{rubric}",
        "---\r\nscale: 1-5\r\n---\r\n{rubric}",
    ],
)
def test_front_matter_is_read_in_any_dress(tmp_path: Path, text: str) -> None:
    read = criterion(tmp_path, text.format(rubric=RUBRIC))
    assert (read.scale.values, read.rubric) == (("1", "2", "3", "4", "5"), RUBRIC)


def test_later_lines_of_dashes_are_the_rubrics_own(tmp_path: Path) -> None:
    rubric = f"{RUBRIC}\n\n---\n\nA refusal fails.\n---"
    assert criterion(tmp_path, f"---\nscale: 1-5\n---\n{rubric}\n").rubric == rubric
    assert criterion(tmp_path, f"{rubric}\n").rubric == rubric, "where they are not at the top they open nothing"


def test_empty_front_matter_is_none_of_the_rubric(tmp_path: Path) -> None:
    assert criterion(tmp_path, f"---\n---\n{RUBRIC}\n").rubric == RUBRIC


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"---\nscale: 1-5\n{RUBRIC}\n", "no two `---` lines"),
        (f"---- \nscale: 1-5\n----\n{RUBRIC}\n", "no two `---` lines"),
        ("---\nscale: 1-5\n---", "no rubric"),
        (f"---\nscale: [1\n---\n{RUBRIC}", "not YAML"),
        (f"---\nname: 2026-13-45\n---\n{RUBRIC}", "not YAML"),
        (f"---\nscale\n---\n{RUBRIC}", "not a list of `name: value`"),
        (f"---\n1: a\nscales: 1-5\n---\n{RUBRIC}", "unknown key '1'"),
        (f"---\nscale: 1 to 5\n---\n{RUBRIC}", "'1 to 5' is not a scale"),
        (f"---\nscale: nominal: a|cannot_judge\n---\n{RUBRIC}", "how a judge abstains"),
        (f"---\nname: Tone\n---\n{RUBRIC}", "'name'"),
    ],
)
def test_what_is_wrong_is_said_with_the_files_name(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(WrongInput, match=found) as caught:
        criterion(tmp_path, text)
    assert Path(caught.value.file or "").name == "tone.md"
    assert caught.value.fix


def test_a_text_without_front_matter_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "prompt.md"
    path.write_text("\nYou help.\n\n---\n\nBe kind.\n", encoding="utf-8")
    assert front_matter(path) == ({}, "\nYou help.\n\n---\n\nBe kind.\n")
