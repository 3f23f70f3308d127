"""The demo unattended: a command through every device, then everything the witness saw against what is stored."""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkeeper_cli.client import HubClient, Json, Live, Outcome, Target, percentile
from labkeeper_cli.comparison import Differences, Row, Seen, SeriesKey, Witnessed, compare, read_witness
from labkeeper_cli.stack import Stack
from labkeeper_sdk.personal import senses

SETTLE_S = 30.0
ROUND_S = 2.0
STILL_S = 1.5  # a node tells what it has taken once a second
ON_OFF = {"ON": True, "OFF": False}
WITNESSED = ("zigbee2mqtt", "homie")  # whose devices write down what they say; the guests of a full lab do not
INTERLOCKS, INTERLOCK = "interlocks", "interlock"  # the device that a node adds, and the code with which it refuses
FAR_FUTURE_MS = 4_102_444_800_000  # 2100-01-01


@dataclass(slots=True)
class Verdict:
    """What the trial found; `as_json` is the demo's last line."""

    broker: str
    devices_online: int = 0
    devices_total: int = 0
    readings_taken: int = 0
    readings_stored: int = 0
    differences: Differences = field(default_factory=Differences)
    outcomes: list[Outcome] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def exit(self) -> int:
        """0 only if nothing is missing, invented or altered, every device is online and every command is done, or
        refused by an interlock.
        """
        done = bool(self.outcomes) and all(one.state == "done" or one.code == INTERLOCK for one in self.outcomes)
        complete = self.devices_total > 0 and self.devices_online == self.devices_total
        return 0 if done and complete and self.differences.none and not self.remarks else 1

    def as_json(self) -> Json:
        """The one object other programs read."""
        waits = [outcome.waited_ms for outcome in self.outcomes if outcome.state == "done"]
        return {
            "devices_online": self.devices_online,
            "devices_total": self.devices_total,
            "readings_taken": self.readings_taken,
            "readings_stored": self.readings_stored,
            "readings_missing": self.differences.missing,
            "readings_invented": self.differences.invented,
            "readings_altered": self.differences.altered,
            "commands_sent": len(self.outcomes),
            "commands_done": len(waits),
            "command_p50_ms": round(percentile(waits, 0.50), 2),
            "command_p99_ms": round(percentile(waits, 0.99), 2),
            "broker": self.broker,
            "exit": self.exit,
        }


async def all_online(client: HubClient, wanted: Iterable[str], within_s: float) -> list[Json]:
    """Wait until every wanted device is online; return all devices, online or not, when the time is up."""
    names = set(wanted)
    end = time.monotonic() + within_s
    while True:
        devices = await client.devices()
        online = {device["device"] for device in devices if device["online"]}
        if names <= online or time.monotonic() > end:
            return devices
        await asyncio.sleep(0.1)


async def command_rounds(live: Live, devices: Sequence[Json], until: float) -> list[Outcome]:
    """Send one command through every device, round after round, until the clock says stop; at least one round."""
    outcomes: list[Outcome] = []
    turn = 0
    while turn == 0 or time.monotonic() < until - ROUND_S:
        started = time.monotonic()
        chosen = [found for device in devices if (found := choose(device, turn))]
        outcomes += [await live.command(target, value) for target, value in chosen]
        turn += 1
        await asyncio.sleep(max(0.0, min(ROUND_S, until - time.monotonic()) - (time.monotonic() - started)))
    return outcomes


def choose(device: Json, turn: int) -> tuple[Target, Any] | None:
    """A point of the device to command this turn, and a value other than the last turn's; None if it has none."""
    points = [point for point in device["points"] if point["writable"]]
    if not points:
        return None
    point = points[turn % len(points)]
    target = Target(device["school"], device["node"], device["device"], point["point"])
    return target, value_for(point, turn // len(points))


def value_for(point: Json, turn: int) -> object:
    """A value within the point's declared limits, another one every turn."""
    if point["options"]:
        return point["options"][turn % len(point["options"])]
    if point["type"] == "bool":
        return turn % 2 == 0 or point["kind"] == "action"
    if point["type"] == "str":
        return f"labkeeper {turn}"
    low, high = point["minimum"] or 0.0, point["maximum"] if point["maximum"] is not None else 100.0
    step = point["step"] or 1.0
    steps = max(1, math.floor((high - low) / step))
    chosen = low + step * round(steps * (0.25 + 0.5 * (turn % 2)))
    return int(chosen) if point["type"] == "int" else float(chosen)


async def settled(client: HubClient, within_s: float = SETTLE_S) -> list[Json]:
    """Wait until every node's ledger balances, with nothing on its way and nothing new for a while; return it."""
    end = time.monotonic() + within_s
    before: list[Json] = []
    while True:
        nodes = await client.ledger()
        done = all(node["balanced"] and not node["pending"] for node in nodes)
        if (nodes and done and nodes == before) or time.monotonic() > end:
            return nodes
        before = nodes
        await asyncio.sleep(STILL_S)


async def stored_series(
    client: HubClient, devices: Sequence[Json], from_ms: int, to_ms: int
) -> Mapping[SeriesKey, list[Row]]:
    """Everything the hub stored of these devices in the window, read through its API."""
    found: dict[SeriesKey, list[Row]] = {}
    for device in devices:
        for point in device["points"]:
            target = Target(device["school"], device["node"], device["device"], point["point"])
            if rows := await client.readings(target, from_ms, to_ms):
                found[device["device"], point["point"]] = rows
    return found


def in_our_words(witnessed: Witnessed, devices: Sequence[Json]) -> Witnessed:
    """The witness speaks the devices' protocols: their ON is our true, their color.x our color/x, their $ our _."""
    types = {(device["device"], point["point"]): point["type"] for device in devices for point in device["points"]}

    def translated(series: Mapping[SeriesKey, Sequence[Seen]]) -> dict[SeriesKey, list[Seen]]:
        found = {(device, name.replace(".", "/").replace("$", "_")): seen for (device, name), seen in series.items()}
        return {key: [_as_ours(one, types.get(key)) for one in seen] for key, seen in found.items()}

    return Witnessed(translated(witnessed.seen), translated(witnessed.unconfirmed))


def _as_ours(seen: Seen, kind: str | None) -> Seen:
    return seen._replace(value=ON_OFF.get(seen.value, seen.value)) if kind == "bool" else seen


def of_no_person(witnessed: Witnessed) -> Witnessed:
    """Leave out what speaks of one person's body: the hub stores none of it, by design."""
    names: dict[str, set[str]] = {}
    for device, point in (*witnessed.seen, *witnessed.unconfirmed):
        names.setdefault(device, set()).add(point)
    personal = {(device, point) for device, points in names.items() for point in senses(device, points)}

    def without(series: Mapping[SeriesKey, Sequence[Seen]]) -> dict[SeriesKey, Sequence[Seen]]:
        return {key: seen for key, seen in series.items() if key not in personal}

    return Witnessed(without(witnessed.seen), without(witnessed.unconfirmed))


def of_the_witnessed(stored: Mapping[SeriesKey, list[Row]], simulated: Sequence[Json]) -> Mapping[SeriesKey, list[Row]]:
    """Return the series that can be compared: all but the node's own, or in a full lab those of devices that have a
    witness.
    """
    seen = {device["id"] for device in simulated if device["protocol"] in WITNESSED}
    full = len(seen) < len(simulated)
    return {key: rows for key, rows in stored.items() if key[0] in seen or not (full or key[0] == INTERLOCKS)}


async def judge(stack: Stack, witness: Path, verdict: Verdict, within_s: float = SETTLE_S) -> Verdict:
    """Compare the witness with the store and fill in the verdict.

    What is still missing may be on its way (a broker holds it, a node waits to reconnect): look again until nothing
    is, or the time is up.
    """
    witnessed = await asyncio.to_thread(read_lines, witness)
    end = time.monotonic() + within_s
    while True:
        ledger = await settled(stack.client, within_s)
        devices = await stack.client.devices()
        stored = await stored_series(stack.client, devices, 0, FAR_FUTURE_MS)
        comparable = of_the_witnessed(stored, stack.sim.ready["devices"] if stack.sim else ())
        differences = compare(of_no_person(in_our_words(witnessed, devices)), comparable)
        total = sum(differences.values(), Differences())
        if not total.missing or time.monotonic() > end:
            break
    verdict.readings_taken = sum(node["taken"] or 0 for node in ledger)
    verdict.readings_stored = sum(map(len, stored.values()))
    verdict.differences = total
    simulated = {device["id"] for device in stack.sim.ready["devices"]} if stack.sim else set()
    verdict.remarks += [f"no reading of {device} is stored" for device in unheard(devices, simulated, stored)]
    verdict.remarks += [f"the ledger of {node['node']} does not balance" for node in ledger if not node["balanced"]]
    verdict.remarks += [
        f"{device} {point}: {found}" for (device, point), found in differences.items() if not found.none
    ]
    return verdict


def unheard(devices: Iterable[Json], wanted: Collection[str], stored: Iterable[SeriesKey]) -> Sequence[str]:
    """Return which of the wanted devices have points at the hub (bands on people's arms have none) and no reading."""
    heard = {device for device, _ in stored}
    speak = {device["device"] for device in devices if device["points"]}
    return sorted((speak & set(wanted)) - heard)


def read_lines(witness: Path) -> Witnessed:
    """Read a witness file."""
    with witness.open(encoding="utf-8") as lines:
        return read_witness(lines)
