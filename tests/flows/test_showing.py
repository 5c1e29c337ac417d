"""A trace shows which of two answers was preferred, in each order, and where the words are."""

from typing import Any

from flows.showing import shown


def test_a_preference_is_shown_with_both_orders() -> None:
    side: dict[str, Any] = {"answer": None, "verdicts": []}
    preferred = {
        "criterion": "tone",
        "value": "tie",
        "unscored_reason": None,
        "forward": "candidate",
        "backward": "current",
        "critique": "the second is kinder",
        "critique_backward": "the second is kinder, again",
        "call_key": "b2-1",
        "call_key_backward": "b2-2",
    }
    trace = {"trace_id": "t1", "messages": [{"role": "user", "content": "Where?"}]}
    values = {"trace": trace, "labels": [], "preferences": [preferred]} | dict.fromkeys(
        ("production", "current", "candidate"), side
    )
    text = shown(values)
    assert "preferred on tone: tie" in text
    assert "forward: candidate. the second is kinder" in text
    assert "flywheel show b2-2" in text
