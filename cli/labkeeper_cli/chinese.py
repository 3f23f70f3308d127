"""The commands' help in Chinese, for whom the system speaks Chinese to: `chinese.toml` beside the English texts."""

import argparse
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from itertools import groupby
from typing import TypeAlias

from labkeeper_cli.parsers import Formatter, subcommands, with_default

Say: TypeAlias = Callable[[str], str]
SETTINGS = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything counts, as POSIX has it
COLUMNS = re.compile(r"(?P<before> *)(?P<first>\S.*?)(?P<gap> {2,})(?P<second>\S.*)")
ELSEWHERE = (
    (re.compile(r"^before `(.+)`: ", re.MULTILINE), r"写在 `\1` 之前的选项："),
    (re.compile(r"^examples and exit status: ", re.MULTILINE), "示例和退出状态："),
)


class ChineseFormatter(Formatter):
    """Texts as they are written, which say what is taken by default, after a Chinese word for the usage."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, prefix or "用法：")

    def _get_help_string(self, action: argparse.Action) -> str:
        return action.help or ""


def wanted(environment: Mapping[str, str], encoding: str) -> bool:
    """Return whether the system's language is Chinese, and what is printed in this encoding can be."""
    said = next((environment[name] for name in SETTINGS if environment.get(name)), "")
    return said.lower().startswith("zh") and _takes_chinese(encoding)


def catalogue() -> dict[str, str]:
    """Return what is said in Chinese, by the English text."""
    return tomllib.loads((files("labkeeper_cli") / "chinese.toml").read_text(encoding="utf-8"))


def in_chinese(parser: argparse.ArgumentParser, say: Say | None = None) -> argparse.ArgumentParser:
    """Put a complete parser into Chinese and return it; a text that nobody translated stays English."""
    told = catalogue()
    _put(parser, say or (lambda text: told.get(text, text)))
    return parser


def _takes_chinese(encoding: str) -> bool:
    """Return whether an encoding has Chinese: a system without the locale it names prints in ASCII."""
    try:
        "中文：".encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _put(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.formatter_class = ChineseFormatter
    parser.usage = parser.usage and say(parser.usage)
    parser.description = parser.description and _text(parser.description, say)
    parser.epilog = parser.epilog and _epilog(parser.epilog, say)
    for group in parser._action_groups:  # noqa: SLF001 -- argparse tells it nowhere else
        group.title = group.title and say(group.title)
    for action in _explained(parser):
        action.help = _with_default(action, say)
    for _, _, inner in subcommands(parser):
        _put(inner, say)


def _explained(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield what has a help of its own: options, arguments, and subcommands in their overview."""
    for action in parser._actions:  # noqa: SLF001 -- the same
        if action.help and action.help != argparse.SUPPRESS:
            yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 -- the same
            yield from (one for one in action._choices_actions if one.help)  # noqa: SLF001 -- the same


def _with_default(action: argparse.Action, say: Say) -> str:
    """Return an option's help, with its default where the English one has it behind."""
    text, told = action.help or "", with_default(action)
    default = told.removeprefix(text).removeprefix(" (default ").removesuffix(")")
    return f"{say(text)}（默认 {default}）" if default else say(text)


def _epilog(text: str, say: Say) -> str:
    pointed = text
    for pattern, chinese in ELSEWHERE:
        pointed = pattern.sub(chinese, pointed)
    return pointed if pointed != text else _text(text, say)


def _text(text: str, say: Say) -> str:
    return "\n\n".join(_paragraph(paragraph, say) for paragraph in text.strip().split("\n\n")) + "\n"


def _paragraph(text: str, say: Say) -> str:
    """Return a paragraph: lines of prose as one sentence, tables and examples line by line."""
    parts = groupby(text.splitlines(), key=lambda line: line.startswith(" ") or COLUMNS.fullmatch(line) is not None)
    return "\n".join(_rows(lines, say) if table else say(" ".join(lines)) for table, lines in parts)


def _rows(lines: Iterator[str], say: Say) -> str:
    return "\n".join(_row(line, say) for line in lines)


def _row(line: str, say: Say) -> str:
    """Return a line: of an indented one what stands behind the example, of another what stands before it."""
    columns = COLUMNS.fullmatch(line)
    if columns is None:
        return line
    before, first, gap, second = columns.group("before", "first", "gap", "second")
    return f"{before}{first}{gap}{say(second)}" if before else f"{say(first)}  {second}"
