"""The table of commands: name → what it does, where it lives, which extra it needs.

A command's module has `configure(parser)` and `run(options) -> int`; it is imported only when it is called, so that
`labkeeper --help` needs nothing but the SDK and a Pi never imports the hub.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `labkeeper`."""

    name: str
    summary: str
    module: str
    extra: str


COMMANDS = (
    Command("demo", "one whole lab on this machine: broker, devices, node, hub and page", "labkeeper_cli.demo", "demo"),
    Command("hub", "the hub: records, shows, commands", "labkeeper_hub.__main__", "hub"),
    Command("backup", "save the hub's data while it runs", "labkeeper_hub.backup.backup_command", "hub"),
    Command("audit", "check the record of who did what", "labkeeper_hub.audit.audit_command", "hub"),
    Command("prove-deletion", "show that heart rates are gone", "labkeeper_hub.pe.proof_command", "hub"),
    Command("restore", "put a backup back, and have nodes offer again", "labkeeper_hub.backup.restore_command", "hub"),
    Command("edge", "the node: the lab's devices, on a Pi", "labkeeper_edge.__main__", "edge"),
    Command("interlocks", "check a node's interlocks, show supplied sets", "labkeeper_edge.interlocks.command", "edge"),
    Command("sim", "a simulated lab that speaks the devices' own protocols", "labkeeper_sdk.sim.__main__", "sim"),
    Command(
        "driver", "the workshop for drivers: new, list, show, check, record", "labkeeper_cli.driver.command", "kit"
    ),
    Command(
        "firmware",
        "try the firmware of a device: link, power, time, nonsense",
        "labkeeper_firmware.__main__",
        "firmware",
    ),
    Command("tap", "decoded traffic in the terminal, the first thing to reach for", "labkeeper_cli.tap", "wire"),
    Command("alarms", "what stands, and what a rule would have done", "labkeeper_cli.alarms", "demo"),
    Command("derived", "what the hub computes, from what; its history anew", "labkeeper_cli.derived", "demo"),
    Command("telling", "who is told of alarms: channels, a test, the plan, messages", "labkeeper_cli.telling", "demo"),
    Command(
        "automations",
        "check and try automations, list what they did and why",
        "labkeeper_hub.automations.automations_command",
        "hub",
    ),
    Command("export", "readings of any window as CSV or Parquet", "labkeeper_cli.export", "demo"),
    Command("record", "recordings and lesson records: list, show, verify, replay", "labkeeper_cli.record", "demo"),
    Command("report", "a lab's day or week, or a recording, as PDF or HTML", "labkeeper_cli.report", "demo"),
    Command("timetable", "check a school's timetable, or take it in", "labkeeper_cli.timetable", "demo"),
    Command("doctor", "what is wrong here, and what to do", "labkeeper_cli.doctor", "wire"),
    Command("dashboards", "Grafana's dashboards: push, check or export", "labkeeper_dashboards.__main__", "dashboards"),
    Command("replay", "play a recorded table as a device, the whole way", "labkeeper_cli.replay", "demo"),
)


class MissingExtra(Exception):
    """A command needs packages that are not installed; the message says which extra brings them."""


class Entry(NamedTuple):
    """The two functions of a command's module."""

    configure: "Callable[[ArgumentParser], None]"
    run: "Callable[[Namespace], int]"


def load(command: Command) -> Entry:
    """Import a command; raises MissingExtra when a package of its extra is not installed."""
    with extra_needed(command):
        module = import_module(command.module)
    return Entry(module.configure, module.run)


@contextmanager
def extra_needed(command: Command) -> Iterator[None]:
    """Raise MissingExtra for a package that is looked for inside and not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("labkeeper"):
            raise
        raise MissingExtra(
            f"`labkeeper {command.name}` needs {missing.name}, which is not installed here.\n"
            f"Install it with:  pip install 'labkeeper[{command.extra}]'"
        ) from missing
