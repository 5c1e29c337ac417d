"""Facts about words, numbers and spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.demo.language.text import (
    Spelling,
    letter_ngrams,
    number_of,
    one_error_apart,
    quantities,
    stem,
    stems,
    tokenize,
    word_ngrams,
    words,
)


def test_a_token_is_a_slice_of_its_text() -> None:
    text = "Mail ops@shop.example if #vip's order > $1,200.50 (see https://x.example/a?b=1)."
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    kinds = {token.text: token.kind for token in tokens}
    assert kinds["ops@shop.example"] == "email"
    assert kinds["$1,200.50"] == "number"
    assert kinds["https://x.example/a?b=1"] == "url"
    assert kinds[">"] == "mark"


@given(st.text(max_size=60))
def test_tokens_cover_everything_but_white_space(text: str) -> None:
    covered = "".join(token.text for token in tokenize(text))
    assert covered == "".join(text.split())


def test_words_split_compounds_and_drop_marks() -> None:
    assert words("Tag high-value, repeat_buyer!") == ["tag", "high", "value", "repeat", "buyer"]


@pytest.mark.parametrize(
    "forms",
    [
        "order orders ordered ordering",
        "cancel cancels cancelled canceled cancelling",
        "place places placed placing",
        "ship ships shipped shipping",
        "buy buys bought buying",
        "tag tags tagged tagging",
        "company companies",
        "dispatch dispatches dispatched",
        "refund refunded refunds refunding",
        "copy copies copied copying",
        "fill filled filling",
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_different_words_keep_different_stems() -> None:
    assert len({stem(word) for word in ("order", "refund", "status", "address", "bus", "price", "prize")}) == 7


def test_stems_leave_stop_words_out_but_keep_negation() -> None:
    assert stems("when the order is not paid") == ["order", "not", "pay"]


@pytest.mark.parametrize(
    ("word", "value"),
    [("200", 200), ("$1,200", 1200), ("15%", 15), ("2.5k", 2500), ("1,5", 1.5), ("seven", 7), ("ninety", 90)],
)
def test_a_number_has_its_value(word: str, value: float) -> None:
    assert number_of(word) == value


@pytest.mark.parametrize("word", ["order", "1.2.3", "v2", ""])
def test_other_words_have_no_value(word: str) -> None:
    assert number_of(word) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("over two hundred and fifty dollars", [250]),
        ("a hundred bucks and 3 items", [100, 3]),
        ("30 thousand, then twenty-five", [30000, 25]),
        ("twenty five", [25]),
        ("between 5 and 10", [5, 10]),
        ("five ten", [5, 10]),
        ("no number", []),
    ],
)
def test_quantities_are_read_from_figures_and_words(text: str, values: list[int]) -> None:
    assert [quantity.value for quantity in quantities(tokenize(text))] == values


@given(st.text("abcdef", min_size=5, max_size=9), st.integers(0, 7), st.sampled_from("abcdef"))
def test_one_letter_put_in_is_one_error_both_ways(word: str, place: int, letter: str) -> None:
    longer = word[:place] + letter + word[place:]
    assert one_error_apart(word, longer)
    assert one_error_apart(longer, word)


def test_swapped_neighbours_are_one_error_and_two_changes_are_not() -> None:
    assert one_error_apart("order", "oredr")
    assert not one_error_apart("order", "rdreo")
    assert not one_error_apart("order", "ordxx")
    assert not one_error_apart("order", "order")


@given(
    st.lists(st.text("abcd", min_size=5, max_size=7), min_size=1, max_size=8), st.text("abcd", min_size=5, max_size=7)
)
def test_spelling_agrees_with_the_definition(known: list[str], word: str) -> None:
    near = sorted(each for each in known if one_error_apart(word, each))
    expected = word if word in known else near[0] if near else None
    assert Spelling(known).meant(word) == expected


def test_short_words_must_be_exact() -> None:
    assert Spelling(["tag", "bag"]).meant("tat") is None


def test_ngrams() -> None:
    assert word_ngrams(["new", "order"], 2) == ["new", "order", "new order"]
    assert letter_ngrams(["vip"], 3, 4) == ["<vi", "vip", "ip>", "<vip", "vip>"]
    assert letter_ngrams(["a"], 3, 4) == ["<a>"]
