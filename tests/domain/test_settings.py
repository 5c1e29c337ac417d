"""A wrong setting is an error that names the key and what to write instead."""

from pathlib import Path

import pytest

from tasks.domain.errors import WrongInput
from tasks.domain.settings import read_settings

JUDGE = '[judge]\nmodel = "openai/some-model"\n'


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "flywheel.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_few_keys_suffice(tmp_path: Path) -> None:
    settings = read_settings(settings_file(tmp_path, JUDGE))
    assert settings.sample.window_days == 14
    assert settings.budget.usd_per_day == 5.0


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        (JUDGE + "[sample]\nwindow_day = 3\n", "sample.window_day", "window_days"),
        (JUDGE + "[sampel]\nsize = 3\n", "sampel", "sample"),
        (JUDGE + '[systems.current]\nmodle = "x"\n', "systems.current.modle", "model"),
        (JUDGE + "[budget]\nusd_a_day = 3\n", "budget.usd_a_day", "usd_per_day"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path, text: str, key: str, nearest: str) -> None:
    with pytest.raises(WrongInput) as raised:
        read_settings(settings_file(tmp_path, text))
    assert f"unknown key '{key}'" in str(raised.value)
    assert f"'{nearest}'" in str(raised.value)


def test_a_wrong_type_names_the_key_and_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"'sample\.size' is 'many'"):
        read_settings(settings_file(tmp_path, JUDGE + '[sample]\nsize = "many"\n'))


@pytest.mark.parametrize(
    "line",
    [
        "usd_per_day = nan",
        "usd_per_run = inf",
        "usd_per_day = 1e300",
        "timeout_seconds = nan",
        'price_per_million = {"a/b" = -1}',
        'price_per_million = {"a/b" = nan}',
        'price_per_million = {"a/b" = [1, -2]}',
        'price_per_million = {"a/b" = [1, 2, 3]}',
    ],
)
def test_money_is_a_finite_amount_from_nothing_on(tmp_path: Path, line: str) -> None:
    with pytest.raises(WrongInput, match=f"budget.{line.partition(' ')[0]}"):
        read_settings(settings_file(tmp_path, f"{JUDGE}[budget]\n{line}\n"))


def test_a_price_is_one_figure_or_two(tmp_path: Path) -> None:
    line = 'price_per_million = {"a/b" = 0, "c/*" = [0.25, 2]}'
    settings = read_settings(settings_file(tmp_path, f"{JUDGE}[budget]\n{line}\n"))
    assert settings.budget.price_per_million == {"a/b": 0.0, "c/*": (0.25, 2.0)}


def test_a_missing_judge_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="the key 'judge' is missing"):
        read_settings(settings_file(tmp_path, 'name = "mine"\n'))


def test_broken_toml_is_said_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"not TOML: .*line 1"):
        read_settings(settings_file(tmp_path, "name = = 3\n"))


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="flywheel init"):
        read_settings(tmp_path / "flywheel.toml")
