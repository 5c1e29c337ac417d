"""What makes a step of this room run again: its queries, rules and functions, and nothing of its neighbours'."""

from tasks.adapters.fingerprint import reached


def test_ingest_depends_on_its_rules_and_on_redaction() -> None:
    found = reached("tasks.collect.ingest", "ingest_file")
    assert {
        "sql/checks/rows/03_no_id.sql",
        "sql/checks/files/01_far_future.sql",
        "sql/collect/parse_rows.sql",
        "tasks.collect.redact:_is_card",
        "duckdb",
    } <= set(found)
    assert not [name for name in found if "near_duplicates" in name or "draw" in name or "great-expectations" in name]


def test_sampling_depends_on_its_queries_and_on_near_duplicates() -> None:
    found = reached("tasks.collect.sample", "sample_traces")
    assert {"sql/collect/draw.sql", "sql/collect/representatives.sql", "tasks.collect.splits:split_of"} <= set(found)
    assert "tasks.collect.near_duplicates:_connect" in found
    assert not [name for name in found if "redact" in name or "parse_rows" in name]


def test_validation_depends_on_the_version_of_great_expectations() -> None:
    found = {name.lower().replace("_", "-") for name in reached("tasks.collect.validate", "validate_traces")}
    assert "great-expectations" in found
