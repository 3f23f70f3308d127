"""`python -m labkeeper_firmware.page`: write docs/reference/firmware-checks.md from the checks and the profile."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.profile import Actuator, ClockProfile, Profile, Setting, Telemetry

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "firmware-checks.md"
HEAD = """\
# Firmware checks · 固件检查

Made by `python -m labkeeper_firmware.page`; do not edit. What `labkeeper firmware test` tries, in this order, and what
to do where it fails. [How to try a device](../how-to/try-a-firmware.md) ·
[如何测试设备固件](../how-to/try-a-firmware.zh-CN.md).

A check ends as passed, failed, *does not apply* (`-`: the profile declares nothing of the kind, or a serial line knows
nothing of the kind; the report says which) or *could not be tried*
(`?`: something it needs is not there). The firmware passes when something was tried and nothing failed; with `--strict`
nothing may be left untried either. Before each check the device is brought back: ready, every actuator safe.

| check | what is tried · 检查内容 | needs | what to do · 如何修复 |
|---|---|---|---|
"""
TABLES = (
    ("", "The profile", Profile),
    ("telemetry.", "`[[telemetry]]`", Telemetry),
    ("actuators.", "`[[actuators]]`", Actuator),
    ("settings.", "`[[settings]]`", Setting),
    ("clock.", "`[clock]`", ClockProfile),
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

| `?` | the suite | say anew what you are: `$description`, each retained property, last `$state` |
time server, does for a device. `announces` asks with `?` instead of looking at what a broker keeps. `link_loss` falls
silent: the suite says nothing, and hears on. `bad_payloads` and `flood` ask the device afterwards whether it is there:
one that hangs says nothing by itself. A line that breaks off, or a port that is gone, is `$state` `lost`.
"""


def page() -> str:
    """Return the whole page."""
    checks = (
        f"| `{it.name}` | {it.tried.en}<br>{it.tried.zh} | {it.needs} | {it.remedy.en}<br>{it.remedy.zh} |\n"
        for it in CHECKS
    )
    tables = (line for prefix, title, model in TABLES for line in _table(prefix, title, model))
    return HEAD + "".join(checks) + "".join(tables) + FOOT


def _table(prefix: str, title: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"\n## {title}\n\n| key | default | meaning |\n|---|---|---|\n"
    for name, field in model.model_fields.items():
        yield f"| `{prefix}{name}` | {_default(field)} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "none" if field.default in ((), None) else f"`{field.default:g}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
