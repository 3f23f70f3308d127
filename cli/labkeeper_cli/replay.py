"""`labkeeper replay`: a recorded table played as a device, through driver, node, broker and hub.

The device is a Zigbee2MQTT device under a base topic of its own (`replay`), because that protocol carries the device's
own time: every row arrives with the time it was recorded. The node needs a driver instance that listens there:

    [drivers.replay]
    driver = "zigbee2mqtt"
    base_topic = "replay"
"""

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from labkeeper_cli.recorded import PointMap, Row, TableMap, read_map, read_rows
from labkeeper_wire.mqtt import Address, Link, MqttError, connect

STATE = 1  # Zigbee2MQTT's access bits: the device publishes it, nobody sets or asks
AT_ONCE = 200  # messages on their way to the broker at a time
EPILOG = """\
examples:
  labkeeper replay room.csv --device "Office 3"                     as fast as the broker takes it
  labkeeper replay room.csv --device "Office 3" --speed 1000        a thousand times as fast as it happened
  labkeeper replay a.csv b.csv --device "Office 3" --map room.toml  several files, one after the other

A mapping file says which columns are which points (default: the first table's name with .toml):
  time = "date"
  utc_offset = "+01:00"
  [points.co2]
  column = "CO2"
  unit = "ppm"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the replay's options."""
    parser.description = "Play a recorded table as a device, the whole way, with the times it was recorded at."
    parser.epilog = EPILOG
    parser.add_argument("table", type=Path, nargs="+", metavar="FILE.csv", help="the recorded table, or several")
    parser.add_argument("--device", required=True, metavar="NAME", help="what the device is called")
    parser.add_argument("--map", type=Path, metavar="FILE.toml", help="columns to points")
    parser.add_argument("--speed", type=float, metavar="N", help="times as fast as it happened; default: at once")
    parser.add_argument(
        "--broker", default="mqtt://127.0.0.1:1883", metavar="URL", help="mqtt://[user:password@]host[:port]"
    )
    parser.add_argument("--base", default="replay", metavar="TOPIC", help="the driver instance's base_topic")


def run(options: argparse.Namespace) -> int:
    """Play the tables; prints the device's id and the count as JSON; returns 1 when there is no broker."""
    mapping = read_map(options.map or options.table[0].with_suffix(".toml"))
    rows = [row for table in options.table for row in read_rows(table, mapping)]
    try:
        stage = Stage(options.broker, options.base, options.speed)
        asyncio.run(play(stage, [Part(options.device, mapping, rows)], rows[0].time_ms if rows else 0))
    except MqttError as error:
        print(f"labkeeper replay: {error}", file=sys.stderr)
        return 1
    identity = device_id(options.device)
    print(json.dumps({"device": identity, "rows": len(rows), "readings": sum(len(row.values) for row in rows)}))
    return 0


def device_id(name: str) -> str:
    """The device's stable id: made from its name in the form of a Zigbee address."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a device is played, and how many times as fast as it happened (None: at once)."""

    broker: str
    base: str
    speed: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """A device and what it says."""

    device: str
    mapping: TableMap
    rows: Sequence[Row]


async def play(stage: Stage, parts: Sequence[Part], first_ms: int) -> None:
    """Introduce devices and say their rows, all at the pace of one clock that begins at the recorded `first_ms`."""
    identity = device_id(" ".join(part.device for part in parts))
    async with connect(Address.parse(stage.broker), f"labkeeper-replay-{identity}") as link:
        introduction = {
            f"{stage.base}/bridge/state": {"state": "online"},
            f"{stage.base}/bridge/devices": [description(part.device, part.mapping) for part in parts],
            **{f"{stage.base}/{part.device}/availability": {"state": "online"} for part in parts},
        }
        for where, what in introduction.items():
            await link.publish(where, json.dumps(what, ensure_ascii=False).encode(), retain=True)
        with Progress(console=Console(stderr=True)) as progress:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    topic, pace = f"{stage.base}/{part.device}", Pace(stage.speed, first_ms)
                    bar = progress.add_task(part.device, total=len(part.rows))
                    played = partial(progress.advance, bar)
                    group.create_task(_rows(link, topic, part.rows, pace, played), name=part.device)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, from which recorded time on."""

    speed: float | None
    first_ms: int


async def _rows(link: Link, topic: str, rows: Sequence[Row], pace: Pace, played: Callable[[int], None]) -> None:
    clock = asyncio.get_running_loop().time
    began, speed = clock(), pace.speed
    for start in range(0, len(rows), AT_ONCE if speed is None else 1):
        some = rows[start : start + (AT_ONCE if speed is None else 1)]
        if speed is not None:
            await asyncio.sleep(began + (some[0].time_ms - pace.first_ms) / 1000 / speed - clock())
        await asyncio.gather(*(link.publish(topic, message(row)) for row in some))
        played(len(some))


def message(row: Row) -> bytes:
    """A row as the device says it: its values, its own time, and that it was measured then and not now."""
    return json.dumps({**row.values, "last_seen": row.time_ms, "historical": True}, ensure_ascii=False).encode()


def description(name: str, mapping: TableMap) -> Mapping[str, Any]:
    """The device as Zigbee2MQTT would list it."""
    about = mapping.device
    definition = {
        "model": about.model,
        "vendor": about.make,
        "description": about.description,
        "exposes": list(_exposes(mapping.points)),
        "options": [],
    }
    return {
        "ieee_address": device_id(name),
        "friendly_name": name,
        "type": "EndDevice",
        "network_address": 1,
        "supported": True,
        "disabled": False,
        "interview_state": "SUCCESSFUL",
        "interviewing": False,
        "interview_completed": True,
        "definition": definition,
    }


def _exposes(points: Mapping[str, PointMap]) -> Iterator[Mapping[str, Any]]:
    kinds: Mapping[str, Mapping[str, Any]] = {
        "number": {"type": "numeric"},
        "integer": {"type": "numeric"},
        "yes_no": {"type": "binary", "value_on": True, "value_off": False},
        "text": {"type": "text"},
    }
    for name, point in points.items():
        unit = {"unit": point.unit} if point.unit else {}
        label = point.label or name
        yield {"name": name, "property": name, "label": label, "access": STATE, **kinds[point.type], **unit}
