"""`labkeeper interlocks`: check a file before a node runs it, and look at the sets that come with Labkeeper."""

import argparse
import sys
from pathlib import Path

from labkeeper_edge.interlocks.loading import SUPPLIED, load, read, supplied
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlock_rules import Force, InterlockSet, Permit

DESCRIPTION = """\
Interlocks of a node: `check` reads a file as a node would and names every mistake's place, `list` names the sets that
come with Labkeeper, `show` prints one of them, to be copied and changed. The language: docs/reference/interlocks.md.
Nothing is changed anywhere. Exit status 2: the file is wrong.
"""
EPILOG = """\
examples:
  labkeeper interlocks show chemistry > lab-301.toml    a set to start from; its devices are yours to name
  labkeeper interlocks check lab-301.toml               what a node would make of it
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper interlocks`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("check", help="read a file and say what is in it, or what is wrong and where")
    checking.add_argument("file", type=Path, metavar="FILE", help="a set of interlocks, TOML")
    actions.add_parser("list", help="the sets that come with Labkeeper")
    showing = actions.add_parser("show", help="print a set as TOML")
    showing.add_argument("name", choices=SUPPLIED, metavar="NAME", help=", ".join(SUPPLIED))


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    try:
        print(_said(options))
    except BadConfiguration as wrong:
        print(f"labkeeper interlocks: {wrong}", file=sys.stderr)
        return 2
    return 0


def _said(options: argparse.Namespace) -> str:
    if options.action == "check":
        return summary(read(options.file))
    if options.action == "show":
        return supplied(options.name).rstrip("\n")
    return "\n".join(f"{name:12} {load(supplied(name), name).title.en}" for name in SUPPLIED)


def summary(rules: InterlockSet) -> str:
    """Return every rule in a line, and the hash by which a node proves what it runs."""
    return "\n".join((*(_line(rule) for rule in rules.all), f"hash {rules.hash}"))


def _line(rule: Force | Permit) -> str:
    if isinstance(rule, Force):
        values = ", ".join(f"{name} = {str(value).lower()}" for name, value in rule.then.items())
        return f"force  {rule.id}: {rule.when} -> {values}; latched; unknown: {rule.unknown}"
    return f"permit {rule.id}: {rule.output} needs {rule.needs}; otherwise {str(rule.otherwise).lower()}"
