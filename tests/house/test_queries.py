"""Every query says what it means, and is reachable from Python by its constant name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUERIES = sorted((ROOT / "sql").rglob("*.sql"))
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for folder in ("tasks", "flows") for path in (ROOT / folder).rglob("*.py")
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "sql").with_suffix("").as_posix()


@pytest.mark.parametrize("path", QUERIES, ids=name_of)
def test_a_query_has_a_header_and_is_one_statement(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- "), "the header says meaning, grain and parameters"
    body = re.sub(r"--.*", "", text).strip().rstrip(";")
    assert body
    assert ";" not in re.sub(r"'[^']*'", "", body), "one statement a file"
    assert not re.search(r"\b(SELECT|FROM|WHERE|INSERT|CREATE)\b", body), "keywords are lower case"


@pytest.mark.parametrize("path", QUERIES, ids=name_of)
def test_a_query_is_used(path: Path) -> None:
    name = name_of(path)
    folder = name.rpartition("/")[0]
    assert f'"{name}"' in SOURCE or f'queries_in("{folder}' in SOURCE
