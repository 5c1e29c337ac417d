"""`flywheel cache` looks after the row cache that is meant, says what it found, and exits as the contract says."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flows.caches import find_cache
from flows.cli import flywheel
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Reply
from tests.adapters.models.doubles import asking

CALL = asking("a")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a row cache of three replies."""
    cache = CallCache(tmp_path / "calls.sqlite")
    with cache.owner() as owner:
        for text, model in (("a", "hosted_vllm/fixed"), ("b", "hosted_vllm/fixed"), ("c", "openai/x")):
            cache.keep(asking(text, model), Reply(text="yes", cost_usd=0.5), owner)
    cache.close()
    return tmp_path


def said(*words: object) -> Result:
    return CliRunner().invoke(flywheel, ["cache", *map(str, words)], prog_name="flywheel")


def values(*words: object, code: int = 0) -> dict[str, Any]:
    result = said(*words, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["schema_version"] == 1
    assert found["verb"] == f"cache {words[0]}"
    return found


def test_stats_say_what_is_kept_and_saved(folder: Path) -> None:
    found = values("stats", "--cache", folder)
    assert (found["replies"], found["cost_usd"], found["claims"], found["abandoned"]) == (3, 1.5, 0, 0)
    assert found["by_model"] == {"hosted_vllm/fixed": 2, "openai/x": 1}
    assert found["today"]["settled_usd"] == 0
    assert "$1.50" in said("stats", "--workspace", folder).stdout


def test_verify_exits_1_with_the_key_of_what_is_wrong_until_it_is_repaired(folder: Path) -> None:
    assert values("verify", "--cache", folder)["problems"] == {"n": 0}
    connection = sqlite3.connect(folder / "calls.sqlite")
    with connection:
        connection.execute("update replies set reply = '{' where key = ?", (CALL.key,))
    connection.close()
    found = values("verify", "--cache", folder, code=1)
    assert found["problems"] == {"n": 1, "reply": 1}
    assert found["listed"][0]["key"] == CALL.key
    told = said("verify", "--cache", folder)
    assert told.exit_code == 1
    assert CALL.key in told.stdout
    assert "--repair" in told.stdout
    assert values("verify", "--cache", folder, "--repair")["repaired"]
    assert values("verify", "--cache", folder) | {"replies": 2, "unused_parts": 0} == values(
        "verify", "--cache", folder
    )


def test_a_removed_secret_is_no_longer_in_the_file(folder: Path) -> None:
    secret = "sk-abcdefghijklmnop"
    cache = CallCache(folder / "calls.sqlite")
    with cache.owner() as owner:
        cache.keep(asking(f"my key: {secret}"), Reply(text="yes"), owner)
    cache.close()
    assert secret not in said("verify", "--cache", folder, "--repair").output
    assert not any(secret.encode() in path.read_bytes() for path in folder.iterdir())


def test_prune_says_what_would_go_and_then_lets_it_go(folder: Path) -> None:
    assert values("prune", "--model", "hosted_vllm/*", "--dry-run", "--cache", folder)["replies"] == 2
    assert values("stats", "--cache", folder)["replies"] == 3
    assert values("prune", "--older-than", "1d", "--cache", folder)["replies"] == 0
    assert values("prune", "--model", "hosted_vllm/*", "--cache", folder)["replies"] == 2
    assert values("stats", "--cache", folder)["by_model"] == {"openai/x": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["prune"], "which replies are to go"),
        (["prune", "--older-than", "soon"], "'soon' is not an age"),
        (["prune", "--older-than", "-1d"], "'-1d' is not an age"),
    ],
)
def test_a_criterion_that_says_nothing_is_wrong_use(folder: Path, words: list[str], message: str) -> None:
    error = values(*words, "--cache", folder, code=2)["error"]
    assert message in error["message"]
    assert error["fix"]


@pytest.mark.parametrize("verb", [["stats"], ["verify"], ["prune", "--model", "*"]])
def test_a_file_that_is_missing_or_damaged_is_named_and_none_is_made(tmp_path: Path, verb: list[str]) -> None:
    error = values(*verb, "--cache", tmp_path / "nowhere", code=2)["error"]
    assert "no row cache" in error["message"]
    assert error["file"] == str(tmp_path / "nowhere" / "calls.sqlite")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "calls.sqlite").write_text("item_id,value\n" * 200)
    assert "damaged" in values(*verb, "--cache", tmp_path, code=2)["error"]["message"]


def test_each_has_help_with_an_example() -> None:
    for verb in ("stats", "verify", "prune"):
        assert f"Example:\n    flywheel cache {verb}" in said(verb, "--help").stdout


def test_the_named_folder_the_nearest_workspace_and_ones_own_are_meant_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "mine" / "criteria"
    inside.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert find_cache(None, inside) == tmp_path / "own" / "eval-flywheel" / "calls.sqlite"
    (tmp_path / "mine" / "flywheel.toml").write_text("not even TOML")
    assert find_cache(None, inside) == tmp_path / "mine" / "calls.sqlite"
    assert find_cache(tmp_path / "named", inside) == tmp_path / "named" / "calls.sqlite"


@pytest.mark.parametrize("said", ["", "relative/folder"])
def test_without_an_absolute_cache_home_ones_own_is_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", said)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_cache(None, tmp_path) == tmp_path / ".cache" / "eval-flywheel" / "calls.sqlite"
