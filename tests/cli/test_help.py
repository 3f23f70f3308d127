"""Whoever asks a command for help is told what it does, what it changes by default, how it is typed and how it ends."""

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_cli.commands import COMMANDS, Command, load
from labkeeper_cli.parsers import parser_of, subcommands, with_default

NAMES = [command.name for command in COMMANDS]
EXAMPLE = re.compile(r"^  (?:[A-Z_]+=\S+ )*labkeeper (?P<words>.+?)(?: {2,}.*)?$", re.MULTILINE)


def named(name: str) -> Command:
    return next(command for command in COMMANDS if command.name == name)


def parser(name: str) -> argparse.ArgumentParser:
    return parser_of(named(name), load(named(name)))


def every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for _, _, inner in subcommands(parser):
        yield from every(inner)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_says_what_it_does_how_it_is_typed_and_how_it_ends(name: str) -> None:
    told = parser(name).format_help()
    assert "examples:" in told
    assert "xit status" in told
    assert (parser(name).description or "")[:1].isupper()


@pytest.mark.parametrize("name", NAMES)
def test_every_subcommand_and_every_option_of_it_is_explained(name: str) -> None:
    for one in every(parser(name)):
        assert (one.description or "").strip(), one.prog
        silent = [action.dest for action in one._actions if action.help in (None, "")]
        assert [dest for dest in silent if dest not in ("action", "what", "kind")] == [], one.prog


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_taken_by_the_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = [found["words"] for found in EXAMPLE.finditer(parser(name).epilog or "")]
    assert examples
    for example in examples:
        command, *words = shlex.split(example.split(" > ")[0].split(" < ")[0])
        try:
            parser(command).parse_args(words)
        except SystemExit:
            pytest.fail(f"{example}\n{capsys.readouterr().err}")


def test_a_subcommand_says_which_options_come_before_it() -> None:
    (listing,) = [inner for name, _, inner in subcommands(parser("alarms")) if name == "list"]
    assert "before `list`: --hub, --secret-file, --json" in listing.format_help()


@pytest.mark.parametrize(
    ("help_text", "default", "told"),
    [
        ("where", "here", "where (default here)"),
        ("where (here)", "here", "where (here)"),
        ("where; default: there is none", "here", "where; default: there is none"),
        ("where", None, "where"),
        ("where", [], "where"),
        (None, 5, " (default 5)"),
        ("full", "90%", "full (default 90%%)"),
    ],
)
def test_a_default_is_said_once(help_text: str | None, default: object, told: str) -> None:
    assert with_default(argparse.ArgumentParser().add_argument("--x", help=help_text, default=default)) == told


def test_the_overview_says_how_commands_end_and_where_to_begin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert "exit status: 0 well" in told
    assert "labkeeper demo" in told
