"""The console script: light to start, and plain about what is missing."""

import subprocess
import sys

import pytest

from labkeeper_cli import commands
from labkeeper_cli.__main__ import main
from labkeeper_cli.commands import COMMANDS, Command, MissingExtra, load


def test_without_a_word_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(command.name in said and command.summary in said for command in COMMANDS)


def test_an_unknown_word_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2
    assert "doctor" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_worth_reading(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"labkeeper {command.name}" in said
    assert len(said.splitlines()) > 5


def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = next(command for command in COMMANDS if command.name == "hub")

    def absent(name: str) -> object:
        raise ModuleNotFoundError(f"No module named 'fastapi' (for {name})", name="fastapi")

    monkeypatch.setattr(commands, "import_module", absent)
    with pytest.raises(MissingExtra, match=r"pip install 'labkeeper\[hub\]'"):
        load(hub)
    assert main(["hub"]) == 2
    assert "labkeeper[hub]" in capsys.readouterr().err


def test_a_hole_in_our_own_house_is_not_called_a_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name, name="labkeeper_hub.gone")

    monkeypatch.setattr(commands, "import_module", absent)
    with pytest.raises(ModuleNotFoundError):
        load(COMMANDS[0])


def test_the_console_script_imports_nothing_heavy() -> None:
    probe = (
        "import sys, labkeeper_cli.__main__; print([m for m in ('fastapi', 'sqlalchemy', 'numpy') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
