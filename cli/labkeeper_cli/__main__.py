"""`labkeeper`: one console script, each command loaded only when it is called."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from labkeeper_cli.chinese import in_chinese, wanted
from labkeeper_cli.commands import COMMANDS, Command, MissingExtra, extra_needed, load
from labkeeper_cli.parsers import STATUS, parser_of
from labkeeper_sdk import BadConfiguration

BAD_USE = 2
FIRST_STEPS = """\
new here?            labkeeper demo
what is wrong here?  labkeeper doctor
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `labkeeper <command> …`; returns the exit status (2: wrong use or configuration)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((c for c in COMMANDS if words and c.name == words[0]), None)
    if command is None:
        _spoken(overview()).parse_args(words or ["--help"])
        return BAD_USE
    try:
        return _run(command, words[1:])
    except (MissingExtra, BadConfiguration) as problem:
        print(f"labkeeper: {problem}", file=sys.stderr)
        return BAD_USE
    except KeyboardInterrupt:
        return 130


def _run(command: Command, words: Sequence[str]) -> int:
    entry = load(command)
    options = _spoken(parser_of(command, entry)).parse_args(words)
    with extra_needed(command):  # a role imports what is heavy only when it runs
        return entry.run(options)


def _spoken(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    return in_chinese(parser) if wanted(os.environ, sys.stdout.encoding) else parser


def overview() -> argparse.ArgumentParser:
    """Return the parser of `labkeeper` without a command, which says what there is."""
    width = max(len(command.name) for command in COMMANDS)
    table = "\n".join(f"  {command.name:{width}}  {command.summary}" for command in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="labkeeper",
        usage="labkeeper COMMAND [options]    (labkeeper COMMAND --help tells more)",
        description=f"commands:\n{table}",
        epilog=f"{STATUS.rstrip()}, 130 ended by Ctrl-C\n\n{FIRST_STEPS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"labkeeper {version('labkeeper')}")
    parser.add_argument("command", choices=[command.name for command in COMMANDS], help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
