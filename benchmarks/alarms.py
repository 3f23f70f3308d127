"""`python -m benchmarks.alarms`: how soon an alarm is known at the hub and on the page, quiet and in a flood; whether a
`kill -9` amid acknowledgements takes one back.

A synthetic node says its gas is beyond the level that has no delay, and in the flood that 5,000 points are not known
any more, 500 a second. What is asked for is seen from outside: the page's WebSocket and the history.
"""

import asyncio
import contextlib
import json
import math
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import ClientConnection

from benchmarks.harness import Figures, measure, options, say
from benchmarks.synthetic import GROUP, Shape, SyntheticNode, open_node
from labkeeper_cli.client import HubClient, Json, open_hub, percentile
from labkeeper_cli.processes import Role, open_role
from labkeeper_sdk.testing import free_port, open_broker

WATCHED = ("carbon_dioxide", "carbon_monoxide", "co", "co2", "formaldehyde", "hcho", "humidity", "pm10", "pm25", "tvoc")
FLOOD_PER_S, ONE_BY_ONE = 500, 40
DANGER = 50.0
LONGEST_S = 60.0
LINES = 10_000
AT_ONCE, ASKING = 10, 4
OVERRIDES = f"""
[[override]]
rule = "sensor_silent"
school = "{GROUP}"
limits = {{ silent = 1 }}
who = "benchmark"
why = "a flood is to come within seconds"
"""


class Key(NamedTuple):
    """What an alarm is unique by on this one node."""

    rule: str
    device: str
    point: str


@dataclass(slots=True)
class Page:
    """What a page hears of alarms: when each was first heard of as standing."""

    raised: dict[Key, float] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, socket: ClientConnection) -> None:
        """Listen until the hub goes away."""
        with contextlib.suppress(OSError):
            async for text in socket:
                at_ms = time.time() * 1000
                for one in _alarms(json.loads(text)):
                    if one["core"] == "unack":
                        self.raised.setdefault(_key(one), at_ms)
                self.news.set()

    async def until(self, keys: Iterable[Key]) -> None:
        """Wait until all of these have been heard of; raises TimeoutError."""
        missing = set(keys)
        async with asyncio.timeout(LONGEST_S):
            while missing := missing - self.raised.keys():
                self.news.clear()
                await self.news.wait()


@dataclass(frozen=True, slots=True)
class Scale:
    """How many devices, and what follows: all their points fall silent at 500 a second, gas leaks at some of them."""

    devices: int = 500

    @property
    def shape(self) -> Shape:
        return Shape("alarming", devices=self.devices, names=(*WATCHED, "gas_lel"))

    @property
    def flood(self) -> int:
        return self.devices * len(WATCHED)

    @property
    def leaking(self) -> int:
        """How many leak one by one, and again amid the flood; the hub is killed after as many acknowledgements."""
        return min(ONE_BY_ONE, self.devices // 5)

    @property
    def killed_after(self) -> int:
        return self.flood // 5

    def silent(self) -> Iterator[Key]:
        """Yield what alarms of the flood."""
        for number in range(self.devices):
            yield from (Key("sensor_silent", f"d{number}", name) for name in WATCHED)


@dataclass(slots=True)
class Bench:
    """One hub under alarms; `said` is when each alarm's cause was measured."""

    scale: Scale
    hub: Role
    client: HubClient
    node: SyntheticNode
    page: Page
    said: dict[Key, int] = field(default_factory=dict)

    async def warm(self) -> None:
        """Let the hub have read the past of every point, the last one's too."""
        self.leak(self.scale.devices - 1)
        await self.page.until([self._key_of_gas(self.scale.devices - 1)])

    async def quiet(self) -> Sequence[Key]:
        """Gas on one device after the other, each once the one before is known."""
        keys = [self._key_of_gas(number) for number in range(self.scale.leaking)]
        for number, key in enumerate(keys):
            await asyncio.sleep(random.random() / 10)  # the hub looks ten times a second: any phase of it
            self.leak(number)
            await self.page.until([key])
        return keys

    def leak(self, number: int) -> None:
        """Say that one device measures dangerous gas."""
        self.said[self._key_of_gas(number)] = self.node.say(number, {"gas_lel": DANGER})

    async def flood(self) -> Sequence[Key]:
        """Let all points fall silent, 500 a second, some gas amid them; return the gas alarms."""
        scale, share = self.scale, len(WATCHED) / FLOOD_PER_S
        each, first = scale.devices // scale.leaking, scale.devices // 5
        silent = dict.fromkeys(WATCHED, math.nan)
        gas: list[Key] = []
        began_s = time.monotonic()
        for number in range(scale.devices):
            self.node.say(number, silent)
            if number % each == each - 1 and len(gas) < scale.leaking:
                gas.append(self._key_of_gas(first + len(gas)))
                self.leak(first + len(gas) - 1)
            await self.node.drain()
            await asyncio.sleep(max(0.0, began_s + (number + 1) * share - time.monotonic()))
        await self.page.until([*gas, *scale.silent()])
        return gas

    async def lines(self, since_ms: int = 0) -> dict[Key, Json]:
        """Return the newest line `raised` of each alarm."""
        return {_key(one): one for one in await self._raised(since_ms)}

    async def doubles(self, since_ms: int = 0) -> int:
        """Return how many lines `raised` there are beyond one an alarm."""
        return sum(count - 1 for count in Counter(map(_key, await self._raised(since_ms))).values())

    async def _raised(self, since_ms: int) -> list[Json]:
        found: list[Json] = []
        for rule in ("gas", "sensor_silent"):
            query: dict[str, str | float] = {"rule": rule, "limit": LINES, "from": since_ms}
            found += (await self.client.get("alarms/history", **query))["entries"]
        return [one for one in found if one["kind"] == "raised"]

    async def lost_acknowledgements(self) -> int:
        """Acknowledge everything, kill the hub amid that, and count what was confirmed and is asked for again."""
        confirmed: set[Key] = set()
        halfway = asyncio.Event()
        waiting = iter([one for one in (await self.client.get("alarms"))["alarms"] if one["core"] == "unack"])
        async with asyncio.TaskGroup() as group:
            for number in range(ASKING):
                group.create_task(self._acknowledge(waiting, confirmed, halfway), name=f"acknowledge {number}")
            await asyncio.wait_for(halfway.wait(), LONGEST_S)
            await self.hub.stop(signal.SIGKILL)
        await self.hub.start()
        asked = {_key(one) for one in (await self.client.get("alarms"))["alarms"] if one["core"].endswith("unack")}
        return len(confirmed & asked)

    async def _acknowledge(self, waiting: Iterator[Json], confirmed: set[Key], halfway: asyncio.Event) -> None:
        """Ask for ten at a time, until the hub is gone."""
        with contextlib.suppress(httpx.TransportError):
            while some := [one for one, _ in zip(waiting, range(AT_ONCE), strict=False)]:
                answer = await self.client.post("alarms/acknowledge", {"alarms": [_address(one) for one in some]})
                confirmed.update(_key(one) for one in answer["alarms"])
                if len(confirmed) >= self.scale.killed_after:
                    halfway.set()

    def _key_of_gas(self, number: int) -> Key:
        return Key("gas", f"d{number}", "gas_lel")

    def page_p99(self, keys: Iterable[Key]) -> float:
        """Return from sample to page, in milliseconds."""
        return round(percentile([self.page.raised[key] - self.said[key] for key in keys], 0.99), 1)


@asynccontextmanager
async def open_bench(folder: Path, scale: Scale) -> AsyncIterator[Bench]:
    """A hub with a node of so many devices, and a page that listens."""
    data = folder / "hub"
    data.mkdir()
    (data / "alarms.toml").write_text(OVERRIDES, encoding="utf-8")
    async with open_broker(folder=folder / "broker") as broker:
        where = ["--data", str(data), "--port", str(free_port()), "--broker", broker.url]
        async with (
            open_role("hub", "labkeeper_hub", where, folder / "hub.log") as hub,
            open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
            open_node(broker.url, scale.shape) as node,
            client.socket() as socket,
        ):
            page = Page()
            hearing = asyncio.create_task(page.hear(socket), name="page")
            try:
                await _all_known(client, scale.devices)
                yield Bench(scale, hub, client, node, page)
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)


async def bench(folder: Path, scale: Scale) -> Figures:
    """All figures from one hub."""
    async with open_bench(folder, scale) as running:
        say("warming up")
        await running.warm()
        say(f"{scale.leaking} alarms one by one")
        quiet = await running.quiet()
        before = await _notices(running.client)
        say(f"a flood of {scale.flood} alarms")
        gas = await running.flood()
        lines, doubles = await running.lines(), await running.doubles()
        sent = await _notices(running.client) - before
        killed_ms = time.time_ns() // 1_000_000
        say("the hub is killed while acknowledging")
        lost = await running.lost_acknowledgements()
        again = (await running.lines(killed_ms)).keys() & lines.keys()
    at_hub = [lines[key]["at_ms"] - running.said[key] for key in quiet]
    return {
        "expected": 1 + len(quiet) + len(gas) + scale.flood,
        "raised": len(lines),
        "duplicates": doubles + len(again),
        "lost_acks": lost,
        "node_raise_p99_ms": round(percentile(at_hub, 0.99), 1),
        "page_raise_p99_ms": running.page_p99(quiet),
        "flood_stored": sum(key in lines for key in scale.silent()),
        "flood_sent": round(sent),
        "safety_first_p99_ms": running.page_p99(gas),
    }


def _alarms(message: Json) -> Sequence[Json]:
    if message["type"] == "snapshot":
        found: list[Json] = message["alarms"]
        return found
    return [one for one in message.get("changes", ()) if one["kind"] == "alarm"]


def _key(one: Json) -> Key:
    return Key(one["rule"], one["device"], one["point"])


def _address(one: Json) -> Json:
    return {name: one[name] for name in ("rule", "school", "node", "device", "point")}


async def _all_known(client: HubClient, devices: int) -> None:
    deadline_s = time.monotonic() + LONGEST_S
    known = 0
    while known < devices and time.monotonic() < deadline_s:
        await asyncio.sleep(0.1)
        known = len(await client.devices())


async def _notices(client: HubClient) -> float:
    """Return how often people have been told, one alarm or many at once."""
    families = text_string_to_metric_families(await client.metrics())
    return sum(sample.value for family in families for sample in family.samples if "alarm_notices_total" in sample.name)


def main() -> None:
    """Read the options and measure."""
    devices = ("--devices", {"type": int, "default": 500, "help": "devices; at 500 the flood is of 5,000 alarms"})
    asked = options(__doc__ or "", devices)
    measure(asked, partial(bench, scale=Scale(asked.devices)))


if __name__ == "__main__":
    main()
