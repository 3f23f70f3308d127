"""`python -m tests.docs.supported [DIR]`: write SUPPORTED.md from the drivers' recordings and their badges.

DIR is what `labkeeper driver check --all --json --output DIR` left; from it the badges are taken over before.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from labkeeper_sdk import Driver
from labkeeper_sdk.conformance import BADGE, Level, Outcome, prepare
from labkeeper_sdk.conformance.gold import recordings
from labkeeper_sdk.conformance.report import LEVELS
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from labkeeper_sdk.testing import Bench
from labkeeper_sdk.testing.recordings import Header, Source

from .pages import ROOT

PAGE = ROOT / "SUPPORTED.md"
BADGES = ROOT / "docs" / "reference" / "badges.json"
HEAD = """\
# Supported devices / 支持的设备

Made by `python -m tests.docs.supported` from the recordings and the badges of the drivers; do not edit.

## Badges / 徽章

What `labkeeper driver check --all --json` said last, kept in [badges.json](docs/reference/badges.json); the tests
examine each driver up to gold, with a real node, and hold it to this table.
[What a level means](docs/reference/conformance.md). The badge of a driver of your own is made by the same command.

徽章由 `labkeeper driver check --all --json` 给出；测试会把每个驱动检查到金级（包括真实节点），并与此表核对。

| driver / 驱动 | badge / 徽章 | actuators / 执行器 | recordings / 录制 | not tried / 未测试 |
|---|---|---|---|---|
{badges}
## Recorded devices / 已录制的设备

A driver works with more than is listed here. These are the devices whose words are kept as recordings and played to the
driver with every test run. *hardware*: recorded from a real device by us or for us. *published*: sent by a real device,
recorded by its owner and published at the address named; what is not as it stands there is named behind it.
*software*: sent by a program that schools run as it is, recorded by us with no device behind it. *documented*: written
from the documents named.
[How to record yours](docs/how-to/examine-a-driver.md#from-silver-to-gold).

*hardware*：由我们或为我们录制自真实设备。*published*：真实设备发出，由其所有者录制并公布于所列网址，
改动之处列于其后。*software*：学校会照样运行的程序发出，由我们录制，背后没有设备。*documented*：依据所列文档编写。

**Of these {every} recordings {hardware} were recorded for us, {published} come from real devices of other people.**
**以下 {every} 份录制文件中，专为本项目录制的真实设备有 {hardware} 份，来自他人真实设备的有 {published} 份。**

| driver / 驱动 | make / 厂商 | model / 型号 | firmware / 固件 | from / 来源 |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a badge. `untried` are checks that were not made: a soak takes an hour of somebody's time."""

    level: str
    actuators: bool
    fixtures: str
    untried: tuple[str, ...] = ()


def kept() -> Mapping[str, Kept]:
    """Return the badges that are checked in, by driver."""
    return {name: Kept(**said) for name, said in json.loads(BADGES.read_text(encoding="utf-8")).items()}


def take_over(folder: Path) -> None:
    """Keep the badges that an examination left in a folder."""
    said = [json.loads((place / BADGE).read_text(encoding="utf-8")) for place in sorted(folder.iterdir())]
    found = {badge["driver"]: asdict(as_kept(badge)) for badge in said}
    BADGES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def as_kept(badge: dict[str, Any]) -> Kept:
    """Return what is kept of a whole badge."""
    untried = tuple(it["name"] for it in badge["checks"] if it["outcome"] == Outcome.UNTRIED)
    return Kept(badge["level"], badge["actuators"], badge.get("fixtures", ""), untried)


def page() -> str:
    """Return the whole page."""
    names = sorted(it.name for it in entry_points(group=DRIVER_GROUP) if it.dist and it.dist.name == "labkeeper")
    drivers = load_drivers().drivers
    benches = {name: prepare(drivers[name]).bench for name in names}
    sources = [recording.header.source for bench in benches.values() for _, recording in recordings(bench)]
    badges = "".join(_badge(drivers[name], name, it) for name, it in kept().items())
    kinds = {"hardware": sources.count(Source.HARDWARE), "published": sources.count(Source.PUBLISHED)}
    head = HEAD.format(**kinds, every=len(sources), badges=badges)
    return head + "".join(row for name, bench in benches.items() for row in _rows(drivers[name], bench))


def _badge(driver: Driver, name: str, it: Kept) -> str:
    level = LEVELS[Level[it.level.upper()]]
    untried = ", ".join(f"`{check}`" for check in it.untried)
    actuators = "yes / 有" if it.actuators else "none / 无"
    title = f"{driver.title.en} / {driver.title.zh}"
    return f"| `{name}`: {title} | {level.en} / {level.zh} | {actuators} | {it.fixtures} | {untried} |\n"


def _rows(driver: Driver, bench: Bench) -> Iterator[str]:
    name = f"{driver.title.en} / {driver.title.zh}"
    linked = f"[{name}]({bench.docs.resolve().relative_to(ROOT)})" if _is_ours(bench.docs) else name
    for _, recording in recordings(bench):
        said = recording.header
        yield f"| {linked} | {said.device.make} | {said.device.model} | {said.device.firmware} | {_source(said)} |\n"


def _source(said: Header) -> str:
    if said.source is Source.PUBLISHED:
        return f"{said.source}: <{said.address}>; altered / 改动: {said.altered}"
    return f"{said.source}: {said.reason}" if said.reason else said.source.value


def _is_ours(path: Path) -> bool:
    return path.resolve().is_relative_to(ROOT)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take_over(Path(sys.argv[1]))
    PAGE.write_text(page(), encoding="utf-8")
