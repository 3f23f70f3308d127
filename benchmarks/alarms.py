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
SHAPE = Shape("alarming", devices=500, names=(*WATCHED, "gas_lel"))
FLOOD = SHAPE.devices * len(WATCHED)
FLOOD_S, QUIET, AMID, AFTER = 10.0, 40, 40, 100
DANGER = 50.0
LONGEST_S = 60.0
LINES = 10_000
AT_ONCE, ASKING, KILLED_AFTER = 10, 4, 100
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


@dataclass(slots=True)
class Bench:
    """One hub under alarms; `said` is when each alarm's cause was measured."""

    hub: Role
    client: HubClient
    node: SyntheticNode
    page: Page
    said: dict[Key, int] = field(default_factory=dict)

    async def warm(self) -> None:
        """Let the hub have read the past of every point, the last one's too."""
        self.leak(SHAPE.devices - 1)
        await self.page.until([self._key_of_gas(SHAPE.devices - 1)])

    async def quiet(self) -> Sequence[Key]:
        """Gas on one device after the other, each once the one before is known."""
        keys = [self._key_of_gas(number) for number in range(QUIET)]
        for number, key in enumerate(keys):
            await asyncio.sleep(random.random() / 10)  # the hub looks ten times a second: any phase of it
            self.leak(number)
            await self.page.until([key])
        return keys

    def leak(self, number: int) -> None:
        """Say that one device measures dangerous gas."""
        self.said[self._key_of_gas(number)] = self.node.say(number, {"gas_lel": DANGER})

    async def flood(self) -> Sequence[Key]:
        """Let 5,000 points fall silent within ten seconds, some gas amid them; return the gas alarms."""
        share, each = FLOOD_S / SHAPE.devices, SHAPE.devices // AMID
        silent = dict.fromkeys(WATCHED, math.nan)
        gas: list[Key] = []
        began_s = time.monotonic()
        for number in range(SHAPE.devices):
            self.node.say(number, silent)
            if number % each == each - 1 and len(gas) < AMID:
                gas.append(self._key_of_gas(AFTER + len(gas)))
                self.leak(AFTER + len(gas) - 1)
            await self.node.drain()
            await asyncio.sleep(max(0.0, began_s + (number + 1) * share - time.monotonic()))
        await self.page.until([*gas, *_silent()])
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
                if len(confirmed) >= KILLED_AFTER * AT_ONCE:
                    halfway.set()

    def _key_of_gas(self, number: int) -> Key:
        return Key("gas", f"d{number}", "gas_lel")

    def page_p99(self, keys: Iterable[Key]) -> float:
        """Return from sample to page, in milliseconds."""
        return round(percentile([self.page.raised[key] - self.said[key] for key in keys], 0.99), 1)


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    """A hub with a node of 500 devices, and a page that listens."""
    data = folder / "hub"
    data.mkdir()
    (data / "alarms.toml").write_text(OVERRIDES, encoding="utf-8")
    async with open_broker(folder=folder / "broker") as broker:
        where = ["--data", str(data), "--port", str(free_port()), "--broker", broker.url]
        async with (
            open_role("hub", "labkeeper_hub", where, folder / "hub.log") as hub,
            open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
            open_node(broker.url, SHAPE) as node,
            client.socket() as socket,
        ):
            page = Page()
            hearing = asyncio.create_task(page.hear(socket), name="page")
            try:
                await _all_known(client)
                yield Bench(hub, client, node, page)
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)


async def bench(folder: Path) -> Figures:
    """All figures from one hub."""
    async with open_bench(folder) as running:
        say("warming up")
        await running.warm()
        say(f"{QUIET} alarms one by one")
        quiet = await running.quiet()
        before = await _notices(running.client)
        say(f"a flood of {FLOOD} alarms")
        gas = await running.flood()
        lines, doubles = await running.lines(), await running.doubles()
        sent = await _notices(running.client) - before
        killed_ms = time.time_ns() // 1_000_000
        say("the hub is killed while acknowledging")
        lost = await running.lost_acknowledgements()
        again = (await running.lines(killed_ms)).keys() & lines.keys()
    at_hub = [lines[key]["at_ms"] - running.said[key] for key in quiet]
    return {
        "expected": 1 + len(quiet) + len(gas) + FLOOD,
        "raised": len(lines),
        "duplicates": doubles + len(again),
        "lost_acks": lost,
        "node_raise_p99_ms": round(percentile(at_hub, 0.99), 1),
        "page_raise_p99_ms": running.page_p99(quiet),
        "flood_stored": sum(key in lines for key in _silent()),
        "flood_sent": round(sent),
        "safety_first_p99_ms": running.page_p99(gas),
    }


def _silent() -> Iterator[Key]:
    for number in range(SHAPE.devices):
        yield from (Key("sensor_silent", f"d{number}", name) for name in WATCHED)


def _alarms(message: Json) -> Sequence[Json]:
    if message["type"] == "snapshot":
        found: list[Json] = message["alarms"]
        return found
    return [one for one in message.get("changes", ()) if one["kind"] == "alarm"]


def _key(one: Json) -> Key:
    return Key(one["rule"], one["device"], one["point"])


def _address(one: Json) -> Json:
    return {name: one[name] for name in ("rule", "school", "node", "device", "point")}


async def _all_known(client: HubClient) -> None:
    deadline_s = time.monotonic() + LONGEST_S
    known = 0
    while known < SHAPE.devices and time.monotonic() < deadline_s:
        await asyncio.sleep(0.1)
        known = len(await client.devices())


async def _notices(client: HubClient) -> float:
    """Return how often people have been told, one alarm or many at once."""
    families = text_string_to_metric_families(await client.metrics())
    return sum(sample.value for family in families for sample in family.samples if "alarm_notices_total" in sample.name)


def main() -> None:
    """Read the options and measure."""
    measure(options(__doc__ or ""), bench)


if __name__ == "__main__":
    main()
