"""`python -m tests.docs.command_line`: write docs/reference/command-line.md from the commands' own parsers.

And command-line.zh-CN.md from the same parsers, put into Chinese as a Chinese terminal has them.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labkeeper_cli.chinese import catalogue, in_chinese
from labkeeper_cli.commands import COMMANDS, Command, load
from labkeeper_cli.parsers import parser_of, subcommands, with_default

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGE = FOLDER / "command-line.md"
PAGE_IN_CHINESE = FOLDER / "command-line.zh-CN.md"
HEAD = """\
# Command line

[中文](command-line.zh-CN.md)

Made by `python -m tests.docs.command_line` from the commands' own `--help`; do not edit.

`labkeeper COMMAND [options]`, or `python -m labkeeper_cli`. Each command is loaded when it is called, and says which
extra to install when a package is missing. Exit status: 0 well, 1 something failed, 2 wrong use or configuration (the
message names the key), 130 ended by Ctrl-C.

Where the system speaks Chinese (`LC_ALL`, `LC_MESSAGES` or `LANG` begins with `zh`), `--help` does as well. What
commands say while they run is English: [when something is wrong](../how-to/when-something-is-wrong.md).

| command | what it is | extra |
|---|---|---|
"""
HEAD_IN_CHINESE = """\
# 命令行

[English](command-line.md)

由 `python -m tests.docs.command_line` 根据各命令自己的 `--help` 生成；请勿手工修改。

`labkeeper COMMAND [options]`，或 `python -m labkeeper_cli`。每个命令在调用时才加载；
缺少软件包时，会说明该安装哪个附加组件。
退出状态：0 正常，1 有内容失败，2 用法或配置有误（提示会写明键），130 用 Ctrl-C 结束。

系统语言为中文时（`LC_ALL`、`LC_MESSAGES` 或 `LANG` 以 `zh` 开头），`--help` 也用中文。运行时的提示和日志是英文，
其中常见的见[出了问题怎么办](../how-to/when-something-is-wrong.zh-CN.md)。

| 命令 | 用途 | 附加组件 |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between the pages."""

    head: str
    columns: str
    required: str
    say: Callable[[str], str]
    put: Callable[[argparse.ArgumentParser], argparse.ArgumentParser]
    meaning: Callable[[argparse.Action], str]


ENGLISH = Language(HEAD, "| option | meaning |", ", required", str, lambda parser: parser, with_default)
CHINESE = Language(
    HEAD_IN_CHINESE,
    "| 选项 | 含义 |",
    "，必填",
    catalogue().__getitem__,
    in_chinese,
    lambda action: action.help or "",
)


def page(language: Language = ENGLISH) -> str:
    """Return the whole page; raises KeyError for a command without a Chinese summary."""
    rows = (
        f"| [`{one.name}`](#labkeeper-{one.name}) | {language.say(one.summary)} | `[{one.extra}]` |\n"
        for one in COMMANDS
    )
    return language.head + "".join(rows) + "".join(_section(command, language) for command in COMMANDS)


def _section(command: Command, language: Language) -> str:
    return "".join(_parser(language.put(parser_of(command, load(command))), "##", language))


def _parser(parser: argparse.ArgumentParser, level: str, language: Language) -> Iterator[str]:
    yield f"\n{level} {parser.prog}\n"
    if parser.description:
        yield f"\n{parser.description.strip()}\n"
    yield from _table(parser, language)
    if parser.epilog and level == "##":
        yield f"\n```text\n{parser.epilog.strip()}\n```\n"
    for _, _, inner in subcommands(parser):
        yield from _parser(inner, level + "#", language)


def _table(parser: argparse.ArgumentParser, language: Language) -> Iterator[str]:
    shown = [action for action in _actions(parser) if not isinstance(action, argparse._SubParsersAction)]
    if shown:
        yield f"\n{language.columns}\n|---|---|\n"
    for action in shown:
        yield f"| {_written(action, language)} | {_meaning(action, language)} |\n"


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    every = parser._actions
    return [action for action in every if not isinstance(action, argparse._HelpAction)]


def _written(action: argparse.Action, language: Language) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None:
        value = ",".join(map(str, action.choices))
    if not action.option_strings:
        return f"`{value}`" + (" …" if action.nargs == "+" else "")
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    text = names if action.nargs == 0 else f"{names} `{value}`"
    return f"{text}{language.required}" if action.required else text


def _meaning(action: argparse.Action, language: Language) -> str:
    return language.meaning(action).replace("%%", "%").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PAGE_IN_CHINESE.write_text(page(CHINESE), encoding="utf-8")
