"""Checking: every question of every panel goes through Grafana, and what has no data or no answer is named."""

import re
from collections.abc import Iterator

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_dashboards.__main__ import TOKEN as VARIABLE
from labkeeper_dashboards.boards import BOARDS

from .asking import dashboards, panels
from .grafana import TOKEN, Kept, open_grafana

ENGLISH = [one for one in dashboards() if one["uid"].startswith("lk-en-")]


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Kept]]:
    """A server that has the English dashboards."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    with open_grafana() as (url, kept):
        kept.dashboards = {one["uid"]: one for one in ENGLISH}
        kept.folder_of = dict.fromkeys(kept.dashboards, "labkeeper-en")
        yield url, kept


def check(url: str, *more: str) -> int:
    return main(["dashboards", "check", "--url", url, "--language", "en", *more])


def test_every_question_is_asked_with_everything_chosen_and_left_to_grafana_in_time(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    assert check(url) == 0
    assert len(kept.asked) == sum(len(panel["targets"]) for one in ENGLISH for panel in panels(one))
    left = {name for one in kept.asked for name in re.findall(r"\$\{?[A-Za-z_]+", one["query"])}
    assert left <= {"$timeFilter", "$__interval"}
    assert any("/^.*$/" in one["query"] for one in kept.asked)
    assert not kept.writes
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(BOARDS)
    assert "lk-en-air: 13 of 13 panels have data" in said


def test_a_panel_without_data_is_named_and_no_failure(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    kept.rows = 0
    assert check(url) == 0
    said = capsys.readouterr().out
    assert "lk-en-lesson: 0 of 10 panels have data" in said
    assert "  Mean heart rate, /min: empty\n" in said


def test_names_of_devices_fill_no_list_of_those_that_are_offline(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    kept.nothing_of = '"online" = 0'
    assert check(url) == 0
    said = capsys.readouterr().out
    assert "lk-en-overview: 9 of 10 panels have data" in said
    assert "  Devices that are offline: empty\n" in said
    assert "lk-en-devices: 6 of 6 panels have data" in said


def test_what_the_data_source_refuses_is_a_failure_in_its_own_words(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    kept.fails = "database name required"
    assert check(url) == 1
    assert "  Mean heart rate, /min: refused (database name required)\n" in capsys.readouterr().out


def test_a_dashboard_that_is_not_there_is_a_failure(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    del kept.dashboards["lk-en-air"]
    assert check(url) == 1
    assert "  the dashboard: refused (is not there)\n" in capsys.readouterr().out


def test_a_grafana_that_does_not_let_us_in_is_said_once(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, _ = grafana
    assert check(url, "--token", "wrong") == 1
    assert capsys.readouterr().err.count("token") == 1
