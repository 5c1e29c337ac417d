"""Every row of a log ends in one place, the same log gives the same bytes, and nothing is stored before redaction."""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.adapters.queries import queries_in
from tasks.collect.ingest import LONGEST_ROW, find_sources
from tasks.collect.row_rules import rule_name
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash
from tasks.domain.settings import Privacy
from tests.collect.conftest import Door
from tests.collect.logs import trace, write_lines

USER = {"role": "user", "content": "tag big orders"}
BAD: dict[str, dict[str, Any] | str] = {
    "too_long": trace(request="x" * (LONGEST_ROW + 1)),
    "not_json": '{"trace_id": "a", ',
    "not_an_object": "[1, 2]",
    "no_id": trace(trace_id=""),
    "long_id": trace(trace_id="x" * 201),
    "no_messages": trace(messages="tag big orders"),
    "empty_messages": trace(messages=[]),
    "unknown_role": trace(messages=[USER, {"role": "bot", "content": "done"}]),
    "no_answer": trace(messages=[USER, {"role": "assistant", "content": None}]),
    "no_request": trace(messages=[{"role": "assistant", "content": "hello"}]),
    "unreadable_time": trace(timestamp="yesterday"),
    "no_object_metadata": trace(metadata=[1]),
}


def test_every_row_rule_has_an_example_here() -> None:
    assert {rule_name(rule) for rule in queries_in("checks/rows")} == set(BAD)


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_refuses_its_example_and_says_why(door: Door, rule: str) -> None:
    made = door.ingest([trace("good"), BAD[rule]])
    (refused,) = door.frame(made["quarantine"]).to_dicts()
    assert (refused["source"], refused["line"], refused["rule"]) == ("traces/log.jsonl", 2, rule)
    assert refused["reason"]
    assert len(refused["excerpt"]) <= 160
    assert door.frame(made["traces"])["trace_id"].to_list() == ["good"]


@pytest.mark.parametrize("bad", [{"trace_id": 1.5}, {"trace_id": {"a": 1}}, {"trace_id": True}, {"trace_id": None}])
def test_an_id_is_a_text_or_a_whole_number(door: Door, bad: dict[str, Any]) -> None:
    assert door.frame(door.ingest([trace() | bad])["quarantine"])["rule"].to_list() == ["no_id"]
    assert door.one(trace() | {"trace_id": 17})["trace_id"] == "17"


def test_every_row_ends_in_exactly_one_place(door: Door) -> None:
    rng = random.Random(1)
    good = [trace(f"t{n}", request=f"wish {n}") for n in range(40)]
    other = [trace(f"t{n}", request=f"another wish {n}") for n in range(0, 40, 5)]
    rows: list[dict[str, Any] | str] = [
        *good,
        *good[::3],
        *other,
        *[bad for name, bad in BAD.items() if name != "too_long"],
        "",
        "  ",
    ]
    rng.shuffle(rows)
    made = door.ingest(rows)
    profile = door.frame(made["profile"]).sum().row(0, named=True)
    assert profile["lines"] == len(rows) - 2, "blank lines are no rows"
    assert profile["traces"] == made["traces"].rows == 40
    assert profile["quarantined"] == made["quarantine"].rows == len(BAD) - 1
    assert profile["traces"] + profile["duplicates"] + profile["conflicts"] + profile["quarantined"] == profile["lines"]
    lines = [*door.frame(made["traces"])["line"], *door.frame(made["quarantine"])["line"]]
    assert len(set(lines)) == len(lines)
    assert all(rows[line - 1] not in ("", "  ") for line in lines)


def test_no_order_of_lines_decides_which_content_is_kept(door: Door) -> None:
    rows = [
        trace("a", request="old", timestamp="2026-03-01T10:00:00Z"),
        trace("a", request="new", timestamp="2026-03-02T10:00:00Z"),
        trace("b", request="one"),
        trace("b", request="two"),
        trace("c"),
        trace("c", outcome="activated"),
    ]
    kept = []
    for name, order in (("one", rows), ("two", rows[::-1])):
        frame = door.frame(door.ingest(order, f"traces/{name}.jsonl")["traces"])
        kept.append(set(frame.select("trace_id", "row_hash").rows()))
    assert kept[0] == kept[1]
    frame = door.frame(door.ingest(rows)["traces"]).sort("trace_id")
    assert "new" in frame["messages"][0], "the latest"
    assert frame["outcome"][2] == "activated", "what came later is known"


def test_the_same_file_gives_the_same_bytes(door: Door) -> None:
    rows = [trace(f"t{n}", request=f"wish {n} for ann{n}@shop.test") for n in range(300)]
    first = door.ingest(rows)
    store = door.bench.context.store
    before = Path(store.location(first["traces"])).read_bytes()
    for artifact in first.values():
        Path(store.location(artifact)).unlink()
    assert door.ingest_file("traces/log.jsonl") == first
    assert Path(store.location(first["traces"])).read_bytes() == before
    assert first["traces"].hash == bytes_hash(before)


def test_traces_stand_in_the_order_of_their_lines(door: Door) -> None:
    rows = [trace(f"t{n * 7919 % 5000:04}", request=f"wish {n} " * 60) for n in range(5000)]
    frame = door.frame(door.ingest(rows)["traces"])
    assert frame["line"].to_list() == list(range(1, 5001))
    assert door.frame(door.ingest(rows)["profile"]).height > 1, "several chunks were joined"


def test_without_an_output_the_answer_is_the_last_thing_the_assistant_says(door: Door) -> None:
    messages = [
        USER,
        {"role": "assistant", "content": "Which orders?"},
        {"role": "user", "content": "over 100"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "{}"},
        {"role": "assistant", "content": [{"type": "text", "text": "Done,"}, {"type": "text", "text": "all set."}]},
        {"role": "user", "content": "thanks"},
        {"role": "assistant", "content": "  "},
    ]
    row = door.one(trace(messages=messages))
    assert row["output"] == "Done,\nall set."
    assert json.loads(row["messages"]) == messages[:5]
    assert json.loads(row["after"]) == messages[6:]


def test_with_an_output_the_messages_are_what_the_system_saw(door: Door) -> None:
    earlier = [USER, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "and refunds"}]
    row = door.one(trace(messages=earlier, output="Done."))
    assert (json.loads(row["messages"]), row["output"], row["after"]) == (earlier, "Done.", "[]")
    row = door.one(trace(messages=[*earlier, {"role": "assistant", "content": "Done."}], output="Done."))
    assert (json.loads(row["messages"]), row["output"], row["after"]) == (earlier, "Done.", "[]")


def test_an_empty_or_structured_output_is_an_answer_too(door: Door) -> None:
    assert door.one(trace(messages=[USER], output=""))["output"] == ""
    assert json.loads(door.one(trace(messages=[USER], output={"trigger": "order_paid"}))["output"]) == {
        "trigger": "order_paid"
    }


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01 10:00:00",
        "2026-03-01T12:00:00+02:00",
        1772359200,
        1772359200000,
        "1772359200.0",
        1772359200000000,
    ],
)
def test_times_are_read_as_people_and_machines_write_them(door: Door, written: object) -> None:
    assert door.one(trace(timestamp=written))["timestamp"].isoformat() == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize("written", ["20260301", "1970-01-01T00:00:00Z", "infinity", 0, True, {"day": 1}])
def test_what_is_no_time_of_ours_is_refused(door: Door, written: object) -> None:
    assert door.frame(door.ingest([trace(timestamp=written)])["quarantine"])["rule"].to_list() == ["unreadable_time"]


def test_one_time_far_in_the_future_does_not_move_the_window(door: Door) -> None:
    rows = [trace(f"t{n}", timestamp=f"2026-03-{1 + n % 28:02}T10:00:00Z") for n in range(60)]
    made = door.ingest([*rows, trace("late", timestamp="2206-03-01T10:00:00Z")])
    (refused,) = door.frame(made["quarantine"]).to_dicts()
    assert (refused["line"], refused["rule"]) == (61, "far_future")
    assert "late" in refused["excerpt"]
    assert made["traces"].rows == 60


def test_other_fields_join_the_metadata_and_blank_ones_are_none(door: Door) -> None:
    row = door.one(trace(feature="refunds", outcome="", metadata={"persona": "new", "feature": "orders"}, tenant=" "))
    assert json.loads(row["metadata"]) == {"feature": "orders", "persona": "new"}
    assert (row["outcome"], row["tenant"], row["cluster"]) == (None, None, "a")
    assert json.loads(door.one(trace(metadata='{"persona": "new"}'))["metadata"]) == {"persona": "new"}


def test_the_cluster_is_the_tenant_or_what_the_log_names_or_the_trace(door: Door) -> None:
    rows = [trace("a", cluster="household"), trace("b", tenant=None, cluster="household"), trace("c", tenant=None)]
    assert door.frame(door.ingest(rows)["traces"])["cluster"].to_list() == ["shop", "household", "c"]


def test_nothing_is_stored_before_it_is_redacted(door: Door) -> None:
    secret = "ann@shop.test"
    rows: list[dict[str, Any] | str] = [
        trace("a", request=f"mail {secret}", answer=f"mailed {secret}", tenant=secret, metadata={secret: [secret]}),
        f'{{"trace_id": "b", "messages": "{secret}',
        trace("c", messages=[{"role": "bot", "content": secret}]),
    ]
    line = json.dumps(trace("d", request="mail ann+x@shop.test")).replace("@", "\\u0040").replace("+", "\\u002b")
    made = door.ingest([*rows, line])
    for name in ("traces", "quarantine", "profile"):
        frame = door.frame(made[name])
        assert "shop.test" not in str(frame.to_dicts()), name
    first, escaped = door.frame(made["traces"]).rows(named=True)
    assert first["tenant"] in first["messages"]
    assert first["tenant"] in first["output"]
    assert json.loads(first["metadata"]) == {first["tenant"]: [first["tenant"]]}
    assert json.loads(escaped["messages"])[0]["content"].startswith("mail user-")


def test_redaction_can_be_switched_off(door: Door) -> None:
    made = door.ingest([trace(request="mail ann@shop.test")], privacy=Privacy(redact="off"))
    assert "ann@shop.test" in door.frame(made["traces"])["messages"][0]


def test_a_file_of_another_shape_is_not_believed(door: Door) -> None:
    rows = [{"id": n, "text": "x"} for n in range(8)]
    with pytest.raises(
        WrongInput, match=r"log\.jsonl:3: 8 of 10 rows are refused.*8 because the trace has no id"
    ) as told:
        door.ingest([trace("a"), trace("b"), *rows], max_quarantined=0.2)
    assert told.value.fix is not None
    assert "select" in told.value.fix


def test_bytes_that_are_not_text_are_refused_where_they_stand(door: Door) -> None:
    path = write_lines(
        door.bench.context.root / "traces/log.jsonl", [trace("a"), trace("b", request="caf?"), trace("c")]
    )
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"caf?", b"caf\xe9").replace(b"\n", b"\r\n"))
    made = door.ingest_file("traces/log.jsonl", max_quarantined=1.0)
    assert door.frame(made["traces"])["trace_id"].to_list() == ["a", "c"]
    assert door.frame(made["quarantine"]).select("line", "rule").rows() == [(2, "not_json")]


def test_an_empty_file_has_no_traces(door: Door) -> None:
    made = door.ingest([])
    assert (made["traces"].rows, made["quarantine"].rows) == (0, 0)
    assert door.frame(made["traces"]).columns[:3] == ["trace_id", "timestamp", "tenant"]


def test_parquet_gives_the_traces_that_json_lines_give(door: Door) -> None:
    rows = [trace(f"t{n}", request=f"wish {n}", metadata={"feature": "x"}) for n in range(30)]
    from_lines = door.frame(door.ingest(rows)["traces"])
    pl.DataFrame(rows).write_parquet(door.bench.context.root / "traces/log.parquet")
    from_parquet = door.frame(door.ingest_file("traces/log.parquet")["traces"])
    assert from_parquet.drop("source").equals(from_lines.drop("source"))


def test_a_select_reads_logs_of_any_other_shape(door: Door) -> None:
    path = door.bench.context.root / "logs.csv"
    path.write_text("nr,asked,said\n1,tag orders,done\n2,hide products,no\n", encoding="utf-8")
    select = """
        select nr as trace_id, 'v1' as system, said as output,
            [{'role': 'user', 'content': asked}] as messages
        from read_csv($file)
    """
    frame = door.frame(door.ingest_file("logs.csv", select=select)["traces"])
    assert frame.select("trace_id", "system", "output", "tenant", "line").rows() == [
        ("1", "v1", "done", None, 1),
        ("2", "v1", "no", None, 2),
    ]


@pytest.mark.parametrize(
    ("name", "select", "said"),
    [
        ("logs.csv", None, "no kind of file"),
        ("logs.csv", "select nothing from read_csv($file)", "the select does not run on this file"),
        ("logs.csv", "create table t as from read_csv($file)", "the select does not run on this file"),
        ("logs.csv", "from (values (1)) as t(trace_id)", "the select does not read the file"),
        ("logs.parquet", None, "cannot be read as Parquet"),
    ],
)
def test_an_unreadable_file_or_select_is_explained(door: Door, name: str, select: str | None, said: str) -> None:
    (door.bench.context.root / name).write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(WrongInput, match=said):
        door.ingest_file(name, select=select)


def test_progress_is_told_row_by_row(door: Door) -> None:
    seen: list[tuple[int, int | None]] = []
    object.__setattr__(door.bench.context, "progress", lambda done, of: seen.append((done, of)))
    door.ingest([trace(f"t{n}", request="wish " * 400) for n in range(3000)])
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (3000, 3000)
    path = door.bench.context.root / "traces/log.jsonl"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    door.ingest_file("traces/log.jsonl")
    assert seen[-1] == (3000, 3000), "the last line may lack its end"


def test_sources_are_found_by_patterns_and_known_by_their_content(tmp_path: Path) -> None:
    for name in ("logs/b.jsonl", "logs/a.jsonl", "logs/deep/c.jsonl"):
        write_lines(tmp_path / name, [trace(name)])
    sources = find_sources(tmp_path, ("logs/*.jsonl", "logs/**/*.jsonl", str(tmp_path / "logs/a.jsonl")))
    assert [source.name for source in sources] == ["logs/a.jsonl", "logs/b.jsonl", "logs/deep/c.jsonl"]
    assert sources[0].hash == bytes_hash((tmp_path / "logs/a.jsonl").read_bytes())
    with pytest.raises(WrongInput, match=r"no file matches 'traces/\*\.jsonl'"):
        find_sources(tmp_path, ("logs/*.jsonl", "traces/*.jsonl"))
