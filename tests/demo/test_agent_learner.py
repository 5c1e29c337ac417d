"""Facts about the parts of the agent's learning: ridge, softmax, spans, tags, slots, seams and the recited manual."""

from collections.abc import Sequence

import numpy as np
import pytest

from tasks.demo.catalogue import load_catalogue
from tasks.demo.documentation import documentation
from tasks.demo.language.text import tokenize
from tasks.demo.learner import logistic, ridge, softmax, tagger
from tasks.demo.learner.book import book_of
from tasks.demo.learner.examples import asked, changed_values, matched, mentioned, parted, wish
from tasks.demo.learner.heard import Hearing, known_words
from tasks.demo.learner.manual import recitals
from tasks.demo.learner.slots import Slot, value_for
from tasks.demo.learner.spans import Span, masked_words, shaped_spans
from tasks.demo.workflow import Workflow, fenced

BOOK = book_of(documentation(load_catalogue()))
TEXTS = [text.split() for text in ("tag the order", "tag a customer", "hold the order", "hold it", "tag it now")] * 2


def spans_of(text: str) -> list[tuple[str, object]]:
    return [(span.kind, span.value) for span in shaped_spans(text, tokenize(text))]


def targets(*labels: Sequence[float]) -> ridge.Floats:
    return np.array(labels, dtype=np.float32)


def test_left_out_scores_are_those_of_a_ridge_without_the_row() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(9, 4)).astype(np.float32)
    wanted = random.normal(size=(9, 2)).astype(np.float32)
    kernel = rows @ rows.T
    duals, left_out = ridge.solved(kernel.copy(), wanted, 0.5)
    np.testing.assert_allclose((kernel + 0.5 * np.eye(9)) @ duals, wanted, atol=1e-4)
    for row in range(9):
        others = np.delete(np.arange(9), row)
        alone = np.linalg.solve(kernel[np.ix_(others, others)] + 0.5 * np.eye(8), wanted[others])
        np.testing.assert_allclose(left_out[row], kernel[row, others] @ alone, atol=1e-3)


def test_what_the_words_add_is_the_score_of_the_text() -> None:
    tags = targets(*[[float("tag" in text), float("hold" in text)] for text in TEXTS])
    fitted, _ = ridge.fit(TEXTS, tags, ["tag", "hold"], penalty=0.1)
    for text, held in zip(TEXTS, tags, strict=True):
        parts = fitted.parts(text)
        np.testing.assert_allclose(fitted.offset + parts.sum(axis=0), held, atol=0.25)
        first = text[0]
        assert fitted.labels[int(parts[0].argmax())] == first


def test_softmax_learns_what_is_separable_and_is_the_same_each_time() -> None:
    random = np.random.default_rng(3)
    features = random.integers(0, 50, size=(600, 4)) + 50 * np.arange(4)
    answers = ["low" if row[0] < 25 else "high" for row in features]
    fitted = softmax.fit(features, answers, 256, seed=0, epochs=30)
    rows = fitted.log_probabilities(features)
    said = [fitted.classes[place] for place in rows.argmax(axis=1)]
    assert np.mean([one == other for one, other in zip(said, answers, strict=True)]) > 0.97
    np.testing.assert_allclose(np.exp(rows).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(fitted.weights, softmax.fit(features, answers, 256, seed=0, epochs=30).weights)


def test_logistic_finds_the_weights_that_made_the_answers() -> None:
    random = np.random.default_rng(5)
    features = np.column_stack([np.ones(20_000), random.normal(size=(20_000, 2))])
    answers = (random.random(20_000) < logistic.probability(features, np.array([-1.0, 2.0, 0.5]))).astype(float)
    np.testing.assert_allclose(logistic.fit(features, answers), [-1.0, 2.0, 0.5], atol=0.1)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ('tag them "big spender" now', [("text", "big spender")]),
        ("don't tag 'vip' customers' orders", [("text", "vip")]),
        ("over two hundred and fifty for 3 weeks", [("number", 250), ("duration", 504)]),
        ("after a day, or March 3rd, 2025", [("duration", 24), ("date", "2025-03-03")]),
        ("before 2025-06-01 mail a.b@c.example", [("date", "2025-06-01"), ("email", "a.b@c.example")]),
        ("post to https://x.example/hook in #ops", [("url", "https://x.example/hook"), ("text", "#ops")]),
    ],
)
def test_shapes_give_values_away(text: str, spans: list[tuple[str, object]]) -> None:
    assert spans_of(text) == spans


def test_a_value_is_masked_by_its_kind() -> None:
    tokens = tokenize('Orders over $200 get "vip".')
    words, places = masked_words(tokens, shaped_spans('Orders over $200 get "vip".', tokens))
    assert words == ["order", "over", "<number>", "get", "<text>", "."]
    assert [tokens[place].text for place in places[:3]] == ["Orders", "over", "$200"]


def test_a_duration_is_counted_in_the_unit_of_its_field() -> None:
    span = Span(0, 1, "duration", 336, "2")
    days, hours = (Slot("order.age", "", "duration", unit, (), required=True) for unit in ("days", "hours"))
    assert value_for(span, days) == 14
    assert value_for(span, hours) == 336
    assert value_for(span, Slot("order.total", "", "number", None, (), required=True)) is None


def test_the_tagger_learns_values_that_nothing_quotes() -> None:
    names = ["vip", "gold", "big spender", "late", "new one", "risk", "loyal friend", "eco"]
    rows = []
    for number in range(120):
        name = names[number % len(names)]
        tokens = tokenize(f"tag them as {name} when {'an order comes' if number % 3 else 'they pay'}")
        rows.append((tokens, [(3, 2 + len(name.split()))]))
    fitted = tagger.fit(rows, seed=0)
    assert fitted.runs(tokenize("tag them as wholesale when they pay")) == [(3, 3)]
    assert fitted.runs(tokenize("when an order comes, hold it")) == []
    assert fitted.runs(()) == []


def test_a_misspelt_word_is_heard_as_the_known_one() -> None:
    hearing = Hearing(known_words(["archive orders"] * 3 + ["oders once"], "The customer.", least=3))
    assert [token.lower for token in hearing.tokens("Archvie oders of custmer Bob")] == [
        "archive",
        "orders",
        "of",
        "customer",
        "bob",
    ]
    assert [token.text for token in hearing.tokens("Archvie")] == ["Archvie"]


def test_a_chat_is_read_with_its_prompt_and_the_workflow_to_edit() -> None:
    current = Workflow("order_paid")
    text = f"Current workflow:\n{fenced(current.to_json())}\n\nAdd a note."
    read = asked([{"role": "system", "content": "A"}, {"role": "user", "content": text}])
    assert (read.prompt, read.current, read.text) == ("A", current, "Add a note.")
    assert asked([{"role": "user", "content": "Add."}]).current is None


def test_an_edit_mentions_what_changes_and_says_new_values_alone() -> None:
    condition = {"field": "order.total_price", "operator": "at_least", "value": 5}
    before, after = (
        Workflow.from_json({"trigger": "order_paid", "conditions": [part], "actions": []})
        for part in (condition, condition | {"value": 9})
    )
    assert mentioned(after, before) == {"order.total_price"}
    assert [value for _, value in changed_values(after, before, BOOK.elements)] == [9]
    assert mentioned(after, None) == {"order_paid", "order.total_price"}


def test_the_same_value_twice_belongs_to_two_spans() -> None:
    text = "more than 5 items and 5 points"
    tokens = tokenize(text)
    slots = [BOOK.elements.slots["order.item_count"][0], BOOK.elements.slots["customer.loyalty_points"][0]]
    found = matched(shaped_spans(text, tokens), [(slot, 5) for slot in slots])
    assert [slot.element for slot in found.values()] == ["order.item_count", "customer.loyalty_points"]


def test_a_wish_is_parted_with_its_spans() -> None:
    text = "tag 5 and hold 6"
    tokens = tokenize(text)
    first, second = parted(wish(tokens, shaped_spans(text, tokens), None), 3)
    assert (first.words, second.words) == (("tag", "<number>", "and"), ("hold", "<number>"))
    assert [span.value for span in second.spans] == [6]
    assert second.word_of(second.spans[0]) == 1


def test_the_manual_recited_names_every_element_with_its_slots() -> None:
    recited = list(recitals(BOOK.catalogue, BOOK.elements, 400, seed=2))
    assert {label for each in recited for label in each.labels} >= set(BOOK.elements.ids)
    for each in recited:
        assert {slot.element for slot in each.filled.values()} <= each.labels
        assert all(each.wish.words[span.first] == f"<{span.kind}>" for span in each.filled)


def test_reading_finds_what_the_words_say_even_misspelt() -> None:
    share, mass = BOOK.reading.match(["order", "place"])
    best = BOOK.elements.ids[int(np.argmax(share + mass))]
    assert best == "order_created"
    exact, _ = BOOK.reading.match(["chargeback"])
    off, _ = BOOK.reading.match(["chargebak"])
    np.testing.assert_array_equal(exact, off)
