"""`python -m tests.docs.supported`: write SUPPORTED.md from the drivers' recordings."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from labkeeper_sdk import Driver
from labkeeper_sdk.conformance import prepare
from labkeeper_sdk.conformance.gold import recordings
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from labkeeper_sdk.testing import Bench
from labkeeper_sdk.testing.recordings import Source

from .pages import ROOT

PAGE = ROOT / "SUPPORTED.md"
HEAD = """\
# Supported devices / 支持的设备

Made by `python -m tests.docs.supported` from the recordings of the drivers; do not edit.

A driver works with more than is listed here. These are the devices whose words are kept as recordings and played to the
driver with every test run. *hardware*: recorded from a real device. *documented*: written from the documents named;
nobody has recorded one for us yet. [How to record yours](docs/how-to/examine-a-driver.md#from-silver-to-gold).

**{hardware} of these {every} recordings come from real devices.**
**以下 {every} 份录制文件中，来自真实设备的有 {hardware} 份。**

| driver / 驱动 | make / 厂商 | model / 型号 | firmware / 固件 | from / 来源 |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    names = sorted(it.name for it in entry_points(group=DRIVER_GROUP) if it.dist and it.dist.name == "labkeeper")
    drivers = load_drivers().drivers
    benches = {name: prepare(drivers[name]).bench for name in names}
    sources = [recording.header.source for bench in benches.values() for _, recording in recordings(bench)]
    head = HEAD.format(hardware=sources.count(Source.HARDWARE), every=len(sources))
    return head + "".join(row for name, bench in benches.items() for row in _rows(drivers[name], bench))


def _rows(driver: Driver, bench: Bench) -> Iterator[str]:
    name = f"{driver.title.en} / {driver.title.zh}"
    linked = f"[{name}]({bench.docs.resolve().relative_to(ROOT)})" if _is_ours(bench.docs) else name
    for _, recording in recordings(bench):
        said = recording.header
        source = f"{said.source}: {said.reason}" if said.reason else said.source.value
        yield f"| {linked} | {said.device.make} | {said.device.model} | {said.device.firmware} | {source} |\n"


def _is_ours(path: Path) -> bool:
    return path.resolve().is_relative_to(ROOT)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
