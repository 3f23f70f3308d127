"""The parser of a command, complete: every subcommand says what it does, what is taken by default, and how it ends."""

import argparse
import re
from collections.abc import Iterator

from labkeeper_cli.commands import Command, Entry

STATUS = "exit status: 0 well, 1 something failed and the last line says what, 2 wrong use or configuration\n"
SAID_ELSEWHERE = "xit status"


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Texts as they are written, and behind each option what is taken without it."""

    def _get_help_string(self, action: argparse.Action) -> str:
        return with_default(action)


def parser_of(command: Command, entry: Entry) -> argparse.ArgumentParser:
    """Return a command's parser."""
    parser = argparse.ArgumentParser(prog=f"labkeeper {command.name}", description=command.summary)
    entry.configure(parser)
    if SAID_ELSEWHERE not in f"{parser.description}{parser.epilog}":
        parser.epilog = f"{parser.epilog.rstrip()}\n\n{STATUS}" if parser.epilog else STATUS
    _complete(parser, parser)
    return parser


def subcommands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield the subcommands of a parser: name, what its overview says of each, and its own parser."""
    for action in parser._actions:  # noqa: SLF001 -- argparse tells it nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 -- the same
            told = {one.dest: one.help or "" for one in action._choices_actions}  # noqa: SLF001 -- the same
            for name, inner in action.choices.items():
                yield name, told.get(name, ""), inner


def with_default(action: argparse.Action) -> str:
    """Return an option's help, with its default where there is one and the text does not say it."""
    text, default = action.help or "", action.default
    nothing = default in (None, False, 0, "", argparse.SUPPRESS) or isinstance(default, (list, frozenset))
    told = nothing or "default" in text or re.search(rf"(?<!\w){re.escape(str(default))}(?!\w)", text)
    return text if told else f"{text} (default {str(default).replace('%', '%%')})"


def _complete(parser: argparse.ArgumentParser, command: argparse.ArgumentParser) -> None:
    parser.formatter_class = Formatter
    for name, told, inner in subcommands(parser):
        inner.prog = f"{parser.prog} {name}"
        inner.description = inner.description or f"{told[:1].upper()}{told[1:]}."
        inner.epilog = (
            inner.epilog or f"{_options_before(parser, name)}examples and exit status: {command.prog} --help\n"
        )
        _complete(inner, command)


def _options_before(parser: argparse.ArgumentParser, name: str) -> str:
    names = [action.option_strings[-1] for action in parser._actions if action.option_strings]  # noqa: SLF001 -- the same
    others = [one for one in names if one != "--help"]
    return f"before `{name}`: {', '.join(others)}\n" if others else ""
