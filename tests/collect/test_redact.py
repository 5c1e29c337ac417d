"""Personal data goes, what looks like it stays, and JSON stays JSON."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.collect.redact import redacted, redacted_text, redaction_key
from tasks.domain.errors import WrongInput

KEY = b"k" * 32
AWAY = {
    "e-mail": "ann.lee+shop@mail.shop.test",
    "e-mail of another alphabet": "jürgen@müller.example",
    "international phone": "+44 20 7946 0958",
    "compact phone": "+14155550123",
    "phone with a trunk zero in brackets": "+44 (0)20 7946 0958",
    "north American phone": "(415) 555-0123",
    "dotted phone": "415.555.0123",
    "British phone": "01223 812660",
    "French phone": "06 12 34 56 78",
    "card": "4111 1111 1111 1111",
    "card in one": "5555555555554444",
    "card of fifteen": "3782-822463-10005",
    "card of fourteen": "3056 9309 0259 04",
    "OpenAI key": "sk-proj-abcdefghijklmnop1234",
    "AWS key": "AKIAIOSFODNN7EXAMPLE",
    "GitHub token": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "Shopify token": "shpat_0123456789abcdef0123456789abcdef",
    "Slack token": "xoxb-123456789012-abcdefghijkl",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
}
STAYS = (
    "order #W4923227 of 2026-01-15 10:30:00+00:00 for 1,234.56",
    "item 4768869376 and gid://shopify/Order/4111111111111111",
    "550e8400-e29b-41d4-a716-446655440000",
    "192.168.100.200:8080 and version 2.11.0-rc.1",
    "credit_card_8897086 ending in 4111",
    "4111 1111 1111 1112 has a wrong check digit",
    "1772359200000000 microseconds, 20260115103000",
    "open between 0900 1700, zip 85034, ages 18-25, 10-20-30",
    "a@b is no address, nor is @handle, nor task-oriented-agents-in-production",
    "hotel 123456789 has 200 300 rooms",
    '{"password": "incorrect", "phone": null, "email": ""}',
)


@pytest.mark.parametrize("kind", AWAY)
def test_personal_data_becomes_a_pseudonym(kind: str) -> None:
    value = AWAY[kind]
    text = redacted_text(f"It is {value}, please.", KEY)
    assert value not in text
    assert re.fullmatch(r"It is \S+, please\.", text), text


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redacted_text(text, KEY) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abc.def-123_456", "Authorization: Bearer "),
        ("api_key = 'abcd1234efgh'", "api_key = '"),
        ("https://ann:hunter2@shop.test/x", "https://"),
    ],
)
def test_a_secret_goes_and_its_name_stays(text: str, kept: str) -> None:
    assert redacted_text(text, KEY).startswith(f"{kept}redacted-key-")


def test_pseudonyms_keep_their_kind_of_value() -> None:
    assert re.fullmatch(r"user-[0-9a-f]{12}@redacted\.example", redacted_text("ann@shop.test", KEY))
    assert re.fullmatch(r"\+999\d{8}", redacted_text("+1 415 555 0123", KEY)), "no country has +999"
    assert re.fullmatch(r"9999\d{12}", redacted_text("4111111111111111", KEY)), "no card starts with 9"


def test_one_value_has_one_pseudonym_however_it_is_written() -> None:
    assert redacted_text("Ann@Shop.test", KEY) == redacted_text("ann@shop.test", KEY)
    written = ("+1 415 555 0123", "+14155550123", "(415) 555-0123", "415.555.0123", "phone 4155550123")
    assert len({redacted_text(each, KEY).removeprefix("phone ").lstrip("+") for each in written}) == 1
    assert redacted_text("4111 1111 1111 1111", KEY) == redacted_text("4111111111111111", KEY)


def test_a_number_once_known_as_a_phone_goes_everywhere_in_the_text() -> None:
    before = '{"said":"my phone number is 4155550123","workflow":{"to":"4155550123","order":"4155550124"}}'
    after = json.loads(redacted_text(before, KEY))
    assert after["workflow"]["to"] in after["said"]
    assert after["workflow"]["to"] != "4155550123"
    assert after["workflow"]["order"] == "4155550124"


def test_pseudonyms_depend_on_the_key() -> None:
    for value in AWAY.values():
        assert redacted_text(value, KEY) != redacted_text(value, b"another key, as long as the key.")


def test_nothing_is_redacted_twice() -> None:
    for value in AWAY.values():
        once = redacted_text(f"It is {value}, or phone {value}.", KEY)
        assert redacted_text(once, KEY) == once


VALUES = st.sampled_from([*AWAY.values(), *STAYS, "plain", "\n", "\\", '"', "\t+", "\u0007", "C:\\new"])
TEXTS = st.lists(VALUES, max_size=4).map("\n".join) | st.text(max_size=20)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(4155550123) | st.just(4111111111111111) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.just("phone"), inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=6,
)


def shape(value: Any) -> Any:
    """What of a document redaction must not touch."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    return [shape(item) for item in value] if isinstance(value, list) else type(value)


@given(DOCUMENTS)
def test_json_stays_json_of_the_same_shape(document: Any) -> None:
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False)):
        assert shape(json.loads(redacted_text(text, KEY))) == shape(document)


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_personal_data_is_found_at_any_depth_of_json(texts: list[str]) -> None:
    document: Any = [f"{text}\nann@shop.test\n{AWAY['compact phone']}\n{AWAY['GitHub token']}" for text in texts]
    for _ in range(3):
        document = json.dumps(document)
        after = redacted_text(document, KEY)
        assert "shop.test" not in after
        assert "4155550123" not in after
        assert "ghp_abc" not in after


@given(st.lists(DOCUMENTS.map(json.dumps) | TEXTS | st.none(), max_size=6))
def test_a_column_is_redacted_as_its_texts_are(texts: list[str | None]) -> None:
    column = redacted(pl.Series("text", texts, dtype=pl.String), KEY)
    assert column.to_list() == [None if text is None else redacted_text(text, KEY) for text in texts]


@pytest.mark.parametrize(
    "piece",
    ["a", "1 ", "\\", "a.-", "x@a.", "phone ", "password=", "eyJabcdefgh-", "-----BEGIN PRIVATE KEY-----", "(0"],
)
@pytest.mark.timeout(20)
def test_no_text_takes_more_than_its_length_in_time(piece: str) -> None:
    redacted_text(piece * (200_000 // len(piece)) + " ann@shop", KEY)


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = redaction_key(tmp_path)
    assert len(key) == 32
    assert redaction_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "redaction.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["redaction.key"]


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "redaction.key").write_bytes(b"short")
    with pytest.raises(WrongInput, match="the key has 5 bytes, not 32"):
        redaction_key(tmp_path)
