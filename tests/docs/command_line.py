"""`python -m tests.docs.command_line`: write docs/reference/command-line.md from the commands' own parsers."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from labkeeper_cli.commands import COMMANDS, Command, load
from labkeeper_cli.parsers import parser_of, subcommands, with_default

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
HEAD = """\
# Command line

Made by `python -m tests.docs.command_line` from the commands' own `--help`; do not edit.

`labkeeper COMMAND [options]`, or `python -m labkeeper_cli`. Each command is loaded when it is called, and says which
extra to install when a package is missing. Exit status: 0 well, 1 something failed, 2 wrong use or configuration (the
message names the key), 130 ended by Ctrl-C.

| command | what it is | extra |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    rows = (f"| [`{one.name}`](#labkeeper-{one.name}) | {one.summary} | `[{one.extra}]` |\n" for one in COMMANDS)
    return HEAD + "".join(rows) + "".join(map(_section, COMMANDS))


def _section(command: Command) -> str:
    return "".join(_parser(parser_of(command, load(command)), "##"))


def _parser(parser: argparse.ArgumentParser, level: str) -> Iterator[str]:
    yield f"\n{level} {parser.prog}\n"
    if parser.description:
        yield f"\n{parser.description.strip()}\n"
    yield from _table(parser)
    if parser.epilog and level == "##":
        yield f"\n```text\n{parser.epilog.strip()}\n```\n"
    for _, _, inner in subcommands(parser):
        yield from _parser(inner, level + "#")


def _table(parser: argparse.ArgumentParser) -> Iterator[str]:
    shown = [action for action in _actions(parser) if not isinstance(action, argparse._SubParsersAction)]
    if shown:
        yield "\n| option | meaning |\n|---|---|\n"
    for action in shown:
        yield f"| {_written(action)} | {_meaning(action)} |\n"


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    every = parser._actions
    return [action for action in every if not isinstance(action, argparse._HelpAction)]


def _written(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None:
        value = ",".join(map(str, action.choices))
    if not action.option_strings:
        return f"`{value}`" + (" …" if action.nargs == "+" else "")
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    text = names if action.nargs == 0 else f"{names} `{value}`"
    return f"{text}, required" if action.required else text


def _meaning(action: argparse.Action) -> str:
    return with_default(action).replace("%%", "%").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
