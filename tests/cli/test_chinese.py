"""Where the system speaks Chinese, so does `--help`, with the numbers and the words of code of the English one."""

import argparse
import re
from collections.abc import Iterator

import pytest

from labkeeper_cli.__main__ import main, overview
from labkeeper_cli.chinese import catalogue, in_chinese, wanted
from labkeeper_cli.commands import COMMANDS, load
from labkeeper_cli.parsers import parser_of, subcommands, with_default

HAN = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+")
CODE = re.compile(r"`[^`]+`|--[a-z][a-z-]*|\b[A-Z]+_[A-Z_]+\b|\bmqtts?://[^\s,;，；()（）]*|\{[^}]*\}")


def parsers() -> list[argparse.ArgumentParser]:
    return [overview(), *(parser_of(command, load(command)) for command in COMMANDS)]


def test_every_text_of_every_help_has_its_chinese_one_and_none_is_left_over() -> None:
    asked = set[str]()

    def say(text: str) -> str:
        asked.add(text)
        return text

    for parser in parsers():
        in_chinese(parser, say)
    assert asked == catalogue().keys()


@pytest.mark.parametrize(("english", "chinese"), catalogue().items(), ids=lambda text: text[:40])
def test_a_chinese_text_has_the_numbers_and_the_code_of_the_english_one(english: str, chinese: str) -> None:
    assert HAN.search(chinese) or "mqtt://[user:" in english
    assert sorted(NUMBER.findall(english)) == sorted(NUMBER.findall(chinese))
    assert sorted(CODE.findall(english)) == sorted(CODE.findall(chinese))


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    yield from (one for one in parser._actions if one.help not in (None, argparse.SUPPRESS))
    for _, _, inner in subcommands(parser):
        yield from actions(inner)


def test_a_default_is_said_in_chinese_where_it_is_in_english() -> None:
    for parser, twin in zip(parsers(), map(in_chinese, parsers()), strict=True):
        for one, other in zip(actions(parser), actions(twin), strict=True):
            behind = with_default(one).removeprefix(one.help or "")
            assert not behind or (other.help or "").endswith(f"（默认 {one.default}）"), other.help


@pytest.mark.parametrize(
    ("environment", "encoding", "chinese"),
    [
        ({}, "utf-8", False),
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "zh_CN.UTF-8"}, "utf-8", True),
        ({"LANG": "zh_CN.GBK"}, "gbk", True),
        ({"LANG": "zh_CN"}, "ascii", False),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, "utf-8", True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "utf-8", True),
    ],
)
def test_the_language_is_the_systems_where_its_terminal_can_show_it(
    *, environment: dict[str, str], encoding: str, chinese: bool
) -> None:
    assert wanted(environment, encoding) is chinese


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            [],
            ["用法：labkeeper COMMAND", "  hub             主机：记录、显示、下达命令", "第一次使用？  labkeeper demo"],
        ),
        (["demo"], ["没有就新建（默认 var/demo）", "labkeeper demo --port 9000 --data /tmp/lab"]),
        (
            ["alarms", "list"],
            ["写在 `list` 之前的选项：--hub, --secret-file, --json", "示例和退出状态：labkeeper alarms"],
        ),
        (["sim"], ["让运行中的实验室里的一台设备出故障"]),
    ],
)
def test_help_is_chinese_where_the_system_is(
    words: list[str], told: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert [text for text in told if text not in shown] == []
