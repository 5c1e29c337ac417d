"""Equal content has an equal hash, everywhere; other content has another."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from tasks.domain.hashing import canonical_json, content_hash, uniform


class Pair(BaseModel):
    left: str
    right: int


def test_the_order_of_keys_does_not_count() -> None:
    assert content_hash({"a": 1, "b": [2, 3]}) == content_hash({"b": [2, 3], "a": 1})


def test_the_order_of_a_list_counts() -> None:
    assert content_hash([1, 2]) != content_hash([2, 1])


def test_a_model_hashes_as_its_fields() -> None:
    assert canonical_json(Pair(left="é", right=2)) == '{"left":"é","right":2}'


def test_a_comma_in_a_text_changes_the_hash() -> None:
    assert content_hash("Judge it, kindly") != content_hash("Judge it kindly")


def test_a_value_without_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        content_hash(object())


def test_a_hash_is_the_same_in_another_process() -> None:
    program = "from tasks.domain.hashing import content_hash; print(content_hash({'x': {3, 1, 2}, 'y': 'ü'}))"
    root = Path(__file__).parents[2]
    other = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == content_hash({"x": {3, 1, 2}, "y": "ü"})


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    numbers = [uniform("seed", index) for index in range(4000)]
    assert 0 <= min(numbers) < max(numbers) < 1
    tenths = [sum(1 for number in numbers if int(number * 10) == tenth) for tenth in range(10)]
    assert all(330 < count < 470 for count in tenths), tenths
