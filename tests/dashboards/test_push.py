"""Pushing: what is new is made, what is the same is left alone, what differs is shown and replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from labkeeper_cli.__main__ import main
from labkeeper_dashboards.__main__ import PROVISIONING
from labkeeper_dashboards.__main__ import TOKEN as VARIABLE
from labkeeper_dashboards.boards import BOARDS
from labkeeper_sdk.testing import free_port

from .grafana import TOKEN, Kept, open_grafana

UIDS = [f"lk-{language}-{board.name}" for language in ("zh", "en") for board in BOARDS]


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Kept]]:
    monkeypatch.setenv(VARIABLE, TOKEN)
    with open_grafana() as running:
        yield running


def push(url: str, *more: str) -> int:
    return main(["dashboards", "push", "--url", url, *more])


@pytest.mark.parametrize("administrator", [False, True])
def test_the_first_push_makes_folders_and_every_dashboard(
    grafana: tuple[str, Kept],
    administrator: bool,  # noqa: FBT001 -- pytest gives by name
) -> None:
    url, kept = grafana
    kept.to_an_administrator = administrator
    assert push(url) == 0
    assert kept.folders == {"labkeeper-zh": "智慧实验室", "labkeeper-en": "Labkeeper"}
    assert sorted(kept.dashboards) == sorted(UIDS)
    assert kept.folder_of["lk-zh-air"] == "labkeeper-zh"


def test_a_second_push_changes_nothing(grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]) -> None:
    url, kept = grafana
    push(url)
    kept.writes.clear()
    capsys.readouterr()
    assert push(url) == 0
    assert not kept.writes
    assert capsys.readouterr().out.splitlines() == [f"{uid}: same" for uid in UIDS]


def test_what_somebody_changed_is_shown_and_set_right(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    push(url)
    kept.dashboards["lk-en-air"]["title"] = "My air"
    kept.writes.clear()
    capsys.readouterr()
    assert push(url, "--language", "en") == 0
    said = capsys.readouterr().out
    assert "lk-en-air: changed" in said
    assert '- "title": "My air"' in said
    assert "Lab air and comfort" in said
    assert kept.writes == ["/api/dashboards/db"]
    assert kept.dashboards["lk-en-air"]["title"] == "Lab air and comfort"
    assert kept.dashboards["lk-en-air"]["version"] == 2


def test_a_dry_run_shows_what_would_change_and_changes_nothing(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    push(url, "--language", "zh")
    kept.dashboards["lk-zh-safety"]["title"] = "?"
    kept.writes.clear()
    capsys.readouterr()
    assert push(url, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "lk-zh-safety: would change" in said
    assert "lk-en-safety: would be new" in said
    assert not kept.writes


def test_one_language_leaves_the_other_alone(grafana: tuple[str, Kept]) -> None:
    url, kept = grafana
    assert push(url, "--language", "zh") == 0
    assert {uid.split("-")[1] for uid in kept.dashboards} == {"zh"}
    assert list(kept.folders) == ["labkeeper-zh"]


def test_a_wrong_token_is_said_and_never_shown(
    grafana: tuple[str, Kept], tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url, kept = grafana
    wrong = tmp_path / "token"
    wrong.write_text("glsa_of_somebody_else\n")
    with caplog.at_level("DEBUG"):
        assert push(url, "--token-file", str(wrong)) == 1
    said = capfd.readouterr()
    assert "does not accept the token" in said.err
    assert "somebody_else" not in said.out + said.err + caplog.text
    assert not kept.writes


def test_a_token_of_a_file_or_an_option_is_as_good_as_one_of_the_environment(
    grafana: tuple[str, Kept], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = grafana
    monkeypatch.delenv(VARIABLE)
    right = tmp_path / "token"
    right.write_text(f"{TOKEN}\n")
    assert push(url, "--token-file", str(right), "--dry-run") == 0
    assert push(url, "--token", TOKEN, "--dry-run") == 0


def test_no_token_and_a_file_that_is_not_there_are_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert push("http://127.0.0.1:1") == 2
    assert push("http://127.0.0.1:1", "--token-file", str(tmp_path / "none")) == 2
    (tmp_path / "empty").write_text("\n")
    assert push("http://127.0.0.1:1", "--token-file", str(tmp_path / "empty")) == 2
    assert capsys.readouterr().err.count("--token-file") == 3


def test_a_provisioned_dashboard_and_a_silent_server_are_named(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    kept.provisioned.add("lk-zh-overview")
    assert push(url) == 1
    assert "provisioned" in capsys.readouterr().err
    assert push(f"http://127.0.0.1:{free_port()}") == 1
    assert "does not answer" in capsys.readouterr().err


def test_a_server_that_keeps_something_else_is_not_called_done(
    grafana: tuple[str, Kept], capsys: pytest.CaptureFixture[str]
) -> None:
    url, kept = grafana
    kept.forgets_titles = True
    assert push(url) == 1
    assert "keeps something else" in capsys.readouterr().err


def test_an_export_is_all_that_provisioning_needs(tmp_path: Path) -> None:
    assert main(["dashboards", "export", "--to", str(tmp_path)]) == 0
    written = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    boards = {f"dashboards/{language}/{board.name}.json" for language in ("zh", "en") for board in BOARDS}
    assert written == boards | {"provisioning/datasources/labkeeper.yaml", "provisioning/dashboards/labkeeper.yaml"}


def test_an_export_for_an_influxdb_without_accounts_asks_for_no_token(tmp_path: Path) -> None:
    assert main(["dashboards", "export", "--to", str(tmp_path), "--influx", "http://127.0.0.1:8086"]) == 0
    exported, shipped = (
        yaml.safe_load((folder / "datasources" / "labkeeper.yaml").read_text(encoding="utf-8"))
        for folder in (tmp_path / "provisioning", PROVISIONING)
    )
    (with_token,) = shipped["datasources"]
    del with_token["secureJsonData"], with_token["jsonData"]["httpHeaderName1"]
    assert exported == {**shipped, "datasources": [{**with_token, "url": "http://127.0.0.1:8086"}]}
