"""The demo's full lab at a real hub that forwards to a real InfluxDB: every dashboard has data, but for what is listed.

The hub looks at itself once as of an hour ago, and the meter's first readings are an hour old, by a clock that is slow:
what counts by the hour would need the hour.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import aiomqtt
import httpx
import pytest
import pytest_asyncio

from labkeeper_cli.stack import Wishes, open_devices, open_node, places_of
from labkeeper_dashboards.boards import BOARDS
from labkeeper_dashboards.influxql import Query
from labkeeper_dashboards.model import Panel
from labkeeper_hub.composing import Hub
from labkeeper_hub.figures.catalogue import CLASS as CLASS_FIGURES
from labkeeper_hub.figures.catalogue import REFUSALS, node_about
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import HUB_NODE, AlarmNow, NodeKey, PointKey
from labkeeper_hub.pe.board import board_of
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.pe.shared import MINUTE_MS, Minute
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk import Value
from labkeeper_sdk.sim.control import ask
from labkeeper_sdk.sim.devices.bands import BANDS
from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.settings import parse_broker
from labkeeper_sdk.testing import Broker, find_influxd, find_mosquitto, open_broker, open_influx
from labkeeper_wire.leases.book import Room
from tests.dashboards.asking import sent
from tests.dashboards.influx import Questions
from tests.docs.pages import ROOT
from tests.hub.end_to_end.conftest import running
from tests.hub.end_to_end.scripted_node import until
from tests.hub.migrated import lay_registry

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOUR_MS = 3_600_000
ROOM = Room("demo-school", "lab-1")
CLASS = ClassKey(*ROOM, "4-2")
NODE = ("demo-school", "lab-1-pi")
PLUG, LIGHT, GAS = "0x00158d00000a0002", "0x00158d00000a0005", "0x00158d00000a0007"
AWAY = "relay-board"
STEP = "1s"  # how often the hub looks at itself here
SENSOR = re.compile("0x").match
AN_HOUR_SLOW = f"[devices.plug]\nclock_offset_ms = {-HOUR_MS}\n"
SLOW_TO_COME_BACK = "[faults]\nreboot_s = 600\n"
Unanswered: TypeAlias = dict[tuple[str, str], list[Query]]
PANELS = [(board, panel) for board in BOARDS for panel in board.panels]


@dataclass(frozen=True, slots=True)
class Filled:
    """Questions that have no answer, by board and title."""

    before: Unanswered
    after: Unanswered


@dataclass(frozen=True, slots=True)
class Day:
    """The running hub and broker."""

    hub: Hub
    broker: Broker

    async def nonsense(self) -> None:
        """Send what no node would."""
        address = parse_broker(self.broker.url)
        async with aiomqtt.Client(address.host, address.port) as client:
            await client.publish("spBv1.0/demo-school/NDATA/lab-1-pi", b"nonsense", qos=1)

    def online(self, device: str) -> bool:
        return any(one.key.device == device and one.online for one in self.hub.parts.registry.devices(*NODE))

    def counted(self, device: str, point: str) -> bool:
        return any(one.key.point == point for one in self.hub.parts.latest.latest(*NODE, device))

    def told(self, device: str, figure: str) -> Value | None:
        """Return what the hub told last of itself."""
        found = self.hub.parts.latest.latest(NODE[0], HUB_NODE, device)
        return next((one.value for one in found if one.key.point == figure), None)

    def figure(self, device: str, point: str) -> bool:
        """Whether the hub has told this figure about the node."""
        about = self.hub.watch.registry.known.get(NodeKey(NODE[0], node_about(NODE[1])))
        return about is not None and device in about.devices and point in about.devices[device].points

    def spoken(self, device: str) -> bool:
        return any(one.value is not None for one in self.hub.parts.latest.latest(*NODE, device))

    def gas(self) -> list[AlarmNow]:
        return [now for now in self.hub.alarms.desk.standing() if now.key.rule == "gas"]


async def an_hour_ago(day: Day) -> None:
    """What was there an hour ago: the meter, and the hub's look at itself."""
    await until(lambda: day.counted(PLUG, "energy"), "the meter's first reading")
    day.hub.watch.write(time.time_ns() // 1_000_000 - HOUR_MS)


async def a_class(day: Day) -> None:
    """A PE class; its first minute is over two seconds after the bands are heard."""
    consent = Consent(By.GUARDIAN, 1, "p-1")
    await day.hub.pe.write_roster(Roster(CLASS, 10, tuple(Entry(n, consent) for n in range(1, BANDS + 1))), "p-1")
    await day.hub.pe.start(CLASS)
    on = day.hub.pe.on
    await until(lambda: board_of(on[ROOM]).figures.heard >= BANDS // 2, "bands heard")
    on[ROOM] = replace(on[ROOM], minute=Minute(on[ROOM].now_ms - MINUTE_MS + 2000))
    await until(lambda: day.figure(CLASS_FIGURES, "mean"), "the figures of the class")


async def what_people_do(day: Day) -> None:
    """A command, gas that leaks and is acknowledged, nonsense, a device without power."""
    order = await day.hub.parts.commands.submit(PointKey(*NODE, LIGHT, "state"), True)
    await until(lambda: any(o.id == order.id and o.state.final for o in day.hub.parts.commands.open()), "the command")
    await ask(parse_broker(day.broker.url), GAS, Fault.LEAK, None)
    await until(lambda: bool(day.gas()), "the gas alarm")
    await day.hub.alarms.desk.acknowledge([now.key for now in day.gas()], "p-1")
    for count in (1, 2):
        await day.nonsense()
        await until(lambda: day.told(REFUSALS, "not_protobuf") == count, "the refusal counted")  # noqa: B023 -- awaited
    await ask(parse_broker(day.broker.url), AWAY, Fault.REBOOT, None)
    await until(lambda: not day.online(AWAY), "the board without power")


async def forwarded(day: Day, questions: Questions) -> None:
    """Let the hub look at itself once more and wait until InfluxDB has that: readings go in the order they came."""
    look_ms = time.time_ns() // 1_000_000
    day.hub.watch.write(look_ms)
    looked = f'SELECT "value_int" FROM "readings" WHERE "device" = \'broker\' AND time >= {look_ms}ms'  # noqa: S608 -- a number
    while not await questions.ask(looked):
        await asyncio.sleep(0.05)


def lab_settings(folder: Path, text: str) -> tuple[str, str]:
    """Write a file of the simulated lab's settings; return the options that name it."""
    file = folder / "lab.toml"
    file.write_text(text, encoding="utf-8")
    return "--config", str(file)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    """What has no answer in the full lab before and after something happens there."""
    if find_influxd() is None or find_mosquitto() is None:
        pytest.skip("needs influxd and Mosquitto: apt install influxdb mosquitto")
    folder = tmp_path_factory.mktemp("filled")
    wishes = Wishes(folder, full=True)
    (folder / "hub").mkdir()
    lay_registry(folder / "hub")
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(open_broker(folder=folder / "broker"))
        influx = await stack.enter_async_context(open_influx(folder=folder / "influx"))
        settings = HubSettings(
            data=folder / "hub", broker=broker.url, port=0, figures_s=1, influx=InfluxSettings(url=influx.url)
        )
        school = await stack.enter_async_context(running(settings, broker))
        places = places_of(wishes)
        await stack.enter_async_context(open_node(wishes, broker, places))
        day = Day(school.hub, broker)
        only_the_plug = replace(wishes, full=False, sim=(*lab_settings(folder, AN_HOUR_SLOW), "--only", "plug"))
        async with open_devices(only_the_plug, broker, {}):
            await an_hour_ago(day)
        everything = replace(wishes, sim=lab_settings(folder, SLOW_TO_COME_BACK))
        role = await stack.enter_async_context(open_devices(everything, broker, places))
        names = [device["id"] for device in role.ready["devices"]]
        await until(lambda: all(map(day.online, names)), "all devices")
        await until(lambda: all(map(day.spoken, filter(SENSOR, names))), "a word of each sensor")
        client = httpx.AsyncClient(base_url=influx.url, timeout=60, trust_env=False)
        questions = Questions(await stack.enter_async_context(client))
        await forwarded(day, questions)
        before = await unanswered(questions)
        await asyncio.gather(a_class(day), what_people_do(day))
        await forwarded(day, questions)
        yield Filled(before, await unanswered(questions))


async def unanswered(questions: Questions) -> Unanswered:
    """Ask everything; return the questions without a whole row in their answer."""
    found: Unanswered = {}
    for board, panel in PANELS:
        for query in panel.queries:
            answer = await questions.ask(sent(query.text, {"school": ".*", "lab": ".*", "language": "en"}, 2.0, STEP))
            if not any(None not in row for one in answer for row in one["values"]):
                found.setdefault((board.name, panel.title.en), []).append(query)
    return found


def shows_nothing(panel: Panel, without: Sequence[Query]) -> bool:
    """Whether a panel is empty: no question has an answer, or the one whose column its rows need."""
    return len(without) == len(panel.queries) or any(panel.look.needs in query.names for query in without)


async def test_every_question_of_every_dashboard_has_an_answer_once_things_have_happened(filled: Filled) -> None:
    assert filled.after == {}


async def test_what_is_empty_until_something_happens_is_what_the_page_says(filled: Filled) -> None:
    empty = {
        (board.name, panel.title.en)
        for board, panel in PANELS
        if shows_nothing(panel, filled.before.get((board.name, panel.title.en), ()))
    }
    assert empty == said_to_be_empty()


def said_to_be_empty() -> set[tuple[str, str]]:
    """The rows of the page's table: the end of a dashboard's uid, its panels, what fills them."""
    table = (ROOT / "docs" / "reference" / "dashboards.md").read_text(encoding="utf-8").split("| empty until")[1]
    rows = [[cell.strip(" `") for cell in row.split("|")] for row in table.split("\n\n")[0].splitlines()[2:]]
    found: set[tuple[str, str]] = set()
    for _, uid, titles, reason, _ in rows:
        assert reason
        name = uid.removeprefix("lk-*-")
        every = {title.en for title in (panel.title for board, panel in PANELS if board.name == name)}
        said = every if titles == "all" else set(titles.split("; "))
        assert said <= every
        found |= {(name, title) for title in said}
    return found
