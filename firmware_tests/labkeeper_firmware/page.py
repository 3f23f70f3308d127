"""`python -m labkeeper_firmware.page`: write docs/reference/firmware-checks.md from the checks and the profile.

And firmware-checks.zh-CN.md, with what `page.zh.toml` has in Chinese for what is in the code in English only.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.profile import Actuator, ClockProfile, Profile, Setting, Telemetry
from labkeeper_sdk import Title

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGE = FOLDER / "firmware-checks.md"
PAGE_IN_CHINESE = FOLDER / "firmware-checks.zh-CN.md"
HEAD = """\
# Firmware checks

[中文](firmware-checks.zh-CN.md)

Made by `python -m labkeeper_firmware.page`; do not edit. What `labkeeper firmware test` tries, in this order, and what
to do where it fails. [How to try a device](../how-to/try-a-firmware.md).

A check ends as passed, failed, *does not apply* (`-`: the profile declares nothing of the kind, or a serial line knows
nothing of the kind; the report says which) or *could not be tried*
(`?`: something it needs is not there). The firmware passes when something was tried and nothing failed; with `--strict`
nothing may be left untried either. Before each check the device is brought back: ready, every actuator safe.

| check | what is tried | needs | what to do |
|---|---|---|---|
"""
HEAD_IN_CHINESE = """\
# 固件检查

[English](firmware-checks.md)

由 `python -m labkeeper_firmware.page` 生成；请勿手工修改。`labkeeper firmware test` 按这个顺序检查下列内容；
没有通过时怎么办，也写在这里。[如何测试设备固件](../how-to/try-a-firmware.zh-CN.md)。

一项检查的结果是通过、未通过、*不适用*（`-`：声明文件里没有这类内容，或者串口上没有这回事；报告会写明是哪一种）或*无法检查*
（`?`：缺少所需的东西）。至少检查了一项、没有一项未通过，固件就通过；用 `--strict` 时，也不能有无法检查的。
每项检查之前，先让设备恢复：处于 ready，每个执行器都在安全值。

| 检查 | 检查内容 | 需要 | 如何修复 |
|---|---|---|---|
"""
TABLES = (
    ("", Title(zh="声明文件", en="The profile"), Profile),
    ("telemetry.", Title(zh="`[[telemetry]]`", en="`[[telemetry]]`"), Telemetry),
    ("actuators.", Title(zh="`[[actuators]]`", en="`[[actuators]]`"), Actuator),
    ("settings.", Title(zh="`[[settings]]`", en="`[[settings]]`"), Setting),
    ("clock.", Title(zh="`[clock]`", en="`[clock]`"), ClockProfile),
)
FOOT = """
## The console

A witness reads the device's console (`--serial`, or what the program of `--run` prints). A line `@node/property=value`,
printed when a pin really changes, is a level; all other lines are ignored. With a witness `answers`, `link_loss`,
`reboot`, `stale_command` and `retained_command` ask the pins and not only the device.

## Over a serial line

A device without a network says the same things a line each, and is told them a line each (`--serial PORT` without
`--device`, or `--over serial`). Lines end with `\\n`, or `\\r\\n`; what is none of these is ignored.

| line | who | what |
|---|---|---|
| `NAME=VALUE` | the device | what it would publish under that topic: `$state=ready`, `$description={…}`, \
`climate/temperature=21.5`, `relay/power/$target=true`, `$log/warn=…` |
| `@NODE/PROPERTY=VALUE` | the device | a pin really changed: [the console](#the-console) |
| `NODE/PROPERTY/set=VALUE` | the suite | a command |
| `?` | the suite | say anew what you are: `$description`, each retained property, and last `$state` |
| an empty line | the suite | somebody is here. The shortest link-loss time holds five of them; the link is lost when \
neither this nor anything else comes |

What only a broker, or a time server, does for a device is not there: `will`, `stale_command`, `retained_command`,
`broker_restart` and `clock_jump` do not apply. `announces` asks with `?` instead of looking at what a broker keeps.
`link_loss` falls silent: the suite says nothing, and hears on. `bad_payloads` and `flood` ask the device afterwards
whether it is there: one that hangs says nothing by itself. A line that breaks off, or a port that is gone, is `$state`
`lost`.
"""
FOOT_IN_CHINESE = """
## 控制台

见证读取设备的控制台（`--serial`，或 `--run` 的程序打印的内容）。
引脚真的变化时打印的一行 `@node/property=value` 是一个电平；其他的行都忽略。
有见证时，`answers`、`link_loss`、`reboot`、`stale_command` 和 `retained_command` 询问引脚，
而不只是询问设备。

## 通过串口

没有网络的设备，每行一条，说的是同样的内容；收到的也是每行一条
（`--serial PORT` 而没有 `--device`，或 `--over serial`）。行以 `\\n` 或 `\\r\\n` 结尾；不属于下列的都忽略。

| 行 | 谁说 | 内容 |
|---|---|---|
| `NAME=VALUE` | 设备 | 它本来会发布到该主题下的内容：`$state=ready`、`$description={…}`、\
`climate/temperature=21.5`、`relay/power/$target=true`、`$log/warn=…` |
| `@NODE/PROPERTY=VALUE` | 设备 | 引脚真的变化了：[控制台](#控制台) |
| `NODE/PROPERTY/set=VALUE` | 测试套件 | 一条命令 |
| `?` | 测试套件 | 重新说明你是什么：`$description`、每个保留的属性，最后是 `$state` |
| 空行 | 测试套件 | 这里有人。最短的链路中断时限之内会有五个空行；既没有空行也没有其他内容，就是链路中断 |

只有代理或时间服务器才能替设备做的事，这里没有：`will`、`stale_command`、`retained_command`、
`broker_restart` 和 `clock_jump` 不适用。`announces` 用 `?` 询问，而不是查看代理保留了什么。
`link_loss` 是沉默：测试套件什么也不说，但继续听。`bad_payloads` 和 `flood` 之后询问设备是否还在：
卡死的设备自己什么也不会说。中断的一行，或不见了的端口，就是 `$state` `lost`。
"""


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between the pages: around the tables, of a title, and of what is in the code in English only."""

    head: str
    foot: str
    columns: str
    required: str
    none: str
    of: Callable[[Title], str]
    say: Callable[[str], str]


def chinese_words() -> dict[str, str]:
    """Return what checks need and keys mean, in Chinese by the English text."""
    return tomllib.loads((files("labkeeper_firmware") / "page.zh.toml").read_text(encoding="utf-8"))


ENGLISH = Language(HEAD, FOOT, "| key | default | meaning |", "required", "none", lambda title: title.en, str)
CHINESE = Language(
    HEAD_IN_CHINESE,
    FOOT_IN_CHINESE,
    "| 键 | 默认值 | 含义 |",
    "必填",
    "无",
    lambda title: title.zh,
    lambda text: text and chinese_words()[text],
)


def page(language: Language = ENGLISH) -> str:
    """Return the whole page; raises KeyError for a text that has no Chinese one."""
    of, say = language.of, language.say
    checks = (f"| `{it.name}` | {of(it.tried)} | {say(it.needs)} | {of(it.remedy)} |\n" for it in CHECKS)
    tables = (line for prefix, title, model in TABLES for line in _table(prefix, of(title), model, language))
    return language.head + "".join(checks) + "".join(tables) + language.foot


def said_in_english() -> set[str]:
    """Return what the code has in English only, for the Chinese page to have in Chinese."""
    described = (field.description or "" for _, _, model in TABLES for field in model.model_fields.values())
    return {*described, *(it.needs for it in CHECKS if it.needs)}


def _table(prefix: str, title: str, model: type[BaseModel], language: Language) -> Iterator[str]:
    yield f"\n## {title}\n\n{language.columns}\n|---|---|---|\n"
    for name, field in model.model_fields.items():
        yield f"| `{prefix}{name}` | {_default(field, language)} | {language.say(field.description or '')} |\n"


def _default(field: FieldInfo, language: Language) -> str:
    if field.is_required():
        return language.required
    return language.none if field.default in ((), None) else f"`{field.default:g}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PAGE_IN_CHINESE.write_text(page(CHINESE), encoding="utf-8")
