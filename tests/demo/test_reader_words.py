import pytest

from tasks.demo.language.clauses import clauses_of
from tasks.demo.language.comparisons import comparison_at, negated, respelt
from tasks.demo.language.mentions import Dictionary, Entry
from tasks.demo.language.sentence import masked
from tasks.demo.language.synonyms import meaning, turns_of_phrase
from tasks.demo.language.text import stem


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("over 5", "greater_than"),
        ("is more than 5", "greater_than"),
        ("> 5", "greater_than"),
        ("under the 5", "less_than"),
        ("fewer than 5", "less_than"),
        ("at least 5", "at_least"),
        ("no less than 5", "at_least"),
        ("5 or more", "at_least"),
        ("5 kg and up", "at_least"),
        ("5+", "at_least"),
        ("up to 5", "at_most"),
        ("not over 5", "at_most"),
        ("does not exceed 5", "at_most"),
        ("5 or below", "at_most"),
        ("exactly 5", "equals"),
        ("is 5", "equals"),
        ("isn't 5", "not_equals"),
        ("anything but 5", "not_equals"),
        ("before 5", "before"),
        ("starts with 5", "starts_with"),
        ("refund 5", None),
    ],
)
def test_the_words_around_a_number_say_how_to_compare(text: str, operator: str | None) -> None:
    at = text.index("5")
    assert comparison_at(text, at, at + 1) == operator


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("the level is not gold", True),
        ("anything but gold", True),
        ('there is no "gold" in it', True),
        ('"gold" is not in the tags', True),
        ("the level is gold", False),
        ("not paid, and gold", False),
        ("do not ship and gold", False),
    ],
)
def test_a_negation_belongs_to_its_own_clause(text: str, denied: bool) -> None:
    at = text.index("gold")
    assert negated(text, at, at + 4) is denied


def test_mistyped_words_of_comparison_are_mended_outside_of_quotations() -> None:
    assert respelt('at msot 5, undr 3, "undr" it', frozenset()) == 'at most 5, under 3, "undr" it'


def test_a_known_word_is_no_typing_error() -> None:
    assert respelt("the oven", frozenset({stem("oven")})) == "the oven"


DICTIONARY = Dictionary(
    [
        Entry(
            "trigger", "order_created", (("phrase", "someone buys something"), ("description", "An order is placed."))
        ),
        Entry("field", "order.total", (("phrase", "basket"), ("description", "The total of the order."))),
        Entry("field", "average", (("phrase", "average basket"),)),
        Entry("action", "refund_order", (("description", "Refund the order."),)),
    ]
)


def strengths(text: str) -> dict[str, float]:
    best: dict[str, float] = {}
    for mention in DICTIONARY.heard(text)[1]:
        best[mention.name] = max(best.get(mention.name, 0.0), mention.strength)
    return best


def test_a_whole_phrase_is_a_full_mention() -> None:
    assert strengths("when someone buys something")["order_created"] == 1.0


def test_a_longer_phrase_beats_the_shorter_one_within_it() -> None:
    found = strengths("the average basket")
    assert found["average"] > found["order.total"]
    assert strengths("the basket")["order.total"] == 1.0


def test_typing_errors_in_longer_words_cost_nothing() -> None:
    assert strengths("when somoene buys somethign")["order_created"] > 0.5


def test_a_turn_of_phrase_stands_for_the_plain_word() -> None:
    assert strengths("give them their money back for the order")["refund_order"] > 0.4
    assert not strengths("give them money")


def test_quotations_mention_nothing() -> None:
    assert strengths('say "someone buys something"') == {}
    assert masked('a "bc" d') == 'a "  " d'


def test_words_of_one_meaning_share_a_group() -> None:
    assert meaning(stem("reimburse")) == meaning(stem("refund"))
    assert meaning(stem("refund")) != meaning(stem("reward"))
    assert [roots for *_, roots in turns_of_phrase("please call the order off")] == [(stem("cancel"),)]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("When it rains and it pours, call me.", ["it rains"]),
        ("call me once it rains, but only if it pours", ["it rains"]),
        ("If it rains, call me", ["it rains"]),
        ("it rains -> call me", ["it rains"]),
        ('call me "when it rains"', []),
    ],
)
def test_the_clause_behind_when_names_the_event(text: str, events: list[str]) -> None:
    assert [text[clause.start : clause.end].strip() for clause in clauses_of(text) if clause.event] == events
