"""A class of fifty at a real hub: the board has every band, and no way out of the hub has any."""

import sqlite3
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from labkeeper_hub.api.undescribed import undescribed
from labkeeper_hub.backup.archive import make
from labkeeper_hub.figures.catalogue import CLASS, OF_CLASS, node_about
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.pe.board import Board
from labkeeper_hub.pe.desk import PeDesk
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.pe.shared import Minute
from labkeeper_hub.pe.store import FILE
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.timeseries.digest import Span
from labkeeper_sdk.testing import find_mosquitto, open_broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases.book import Room
from labkeeper_wire.payload import Metric
from tests.hub.influx.scripted_server import Server, answer, open_server

from .conftest import School, running
from .scripted_node import ScriptedNode, double, joined, now_ms, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY_MS = 86_400_000
BANDS, SECONDS, UNCONSENTED = 50, 8, 50
ROOM = Room("school", "lab")
KEY = ClassKey(*ROOM, "4-2")
SECRET = 187  # the rate of band 9: nothing else in this hub says so
MEAN = round((sum(range(101, 150)) - 109 + SECRET) / 49)
CONSENT = Consent(By.GUARDIAN, 1, "p-1")


@dataclass
class Taught:
    """The hub with the class, its folder, and what stands for its InfluxDB."""

    school: School
    data: Path
    influx: Server


def rate(number: int, value: int, *, historical: bool = False) -> Metric:
    return Metric(f"band-{number:02}/heart-rate", value, DataType.INT32, now_ms(), historical=historical)


async def a_second(node: ScriptedNode, batch: int) -> None:
    rates = [rate(number, SECRET if number == 9 else 100 + number) for number in range(1, BANDS + 1)]
    node.send("pe-bands", [*rates, double("signal", float(batch))], batch=batch)
    await node.acknowledged(batch)


async def a_minute(pe: PeDesk) -> None:
    """Live through a minute by the desk's own clock, set back, so that what was told stays known."""
    first_ms = now_ms() - 70_000
    pe.on[ROOM] = replace(pe.on[ROOM], now_ms=first_ms, minute=Minute(first_ms))
    for step in range(1, 31):
        pe.now_ms = partial(int, first_ms + step * 2000)
        await pe.tick()
    pe.now_ms = now_ms


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def taught(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Taught]:
    """A class that is on, after some seconds at one reading a second and band."""
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    data = tmp_path_factory.mktemp("pe")
    async with open_broker() as broker, open_server(afterwards=answer("204 No Content")) as influx:
        settings = HubSettings(data=data, broker=broker.url, port=0, influx=InfluxSettings(url=influx.url))
        born = [rate(number, 70) for number in range(1, BANDS + 1)]
        async with (
            running(settings, broker) as school,
            joined(broker.port, devices={"pe-bands": [*born, double("signal", 0.0)]}) as node,
        ):
            pe = school.hub.pe
            entries = tuple(Entry(number, CONSENT) for number in range(1, BANDS + 1) if number != UNCONSENTED)
            await pe.write_roster(Roster(KEY, 10, (*entries, Entry(UNCONSENTED))), "p-1")
            await pe.start(KEY)
            for batch in range(1, SECONDS + 1):
                await a_second(node, batch)
                await pe.tick()
            node.send("pe-bands", [rate(1, 240, historical=True)], batch=SECONDS + 1)
            await node.acknowledged(SECONDS + 1)
            await pe.save()
            await a_minute(pe)
            yield Taught(school, data, influx)


def board(school: School) -> Board:
    shown = school.hub.pe.board(ROOM)
    assert shown is not None
    return shown


async def test_the_board_has_everybody_who_consented_and_nobody_else(taught: Taught) -> None:
    school = taught.school
    shown = board(school)
    assert [tile.number for tile in shown.tiles] == list(range(1, BANDS))
    assert shown.waiting == (UNCONSENTED,)
    rates = {tile.number: tile.rate for tile in shown.tiles}
    assert (rates[9], rates[1], rates[49]) == (SECRET, 101, 149)


async def test_the_ledger_balances_for_what_went_to_the_board(taught: Taught) -> None:
    school = taught.school
    assert school.ledger().stored == SECONDS * (BANDS + 1) + 1


async def test_neither_registry_nor_live_values_nor_the_bus_know_a_personal_point(taught: Taught) -> None:
    school = taught.school
    parts = school.hub.parts
    (device,) = parts.registry.devices("school")
    assert [point.name for point in device.points] == ["signal"]
    await until(lambda: school.latest("pe-bands", "signal") is not None, "the live value of what is no person's")
    assert [one.key.point for one in parts.latest.latest("school") if not one.key.of_node.of_hub] == ["signal"]
    changes = await parts.bus.after(0)
    assert "band-" not in repr(changes)


async def test_the_journal_has_no_series_and_so_no_page_export_catalogue_or_recording_has(
    taught: Taught,
) -> None:
    school, data = taught.school, taught.data
    assert [row.value for row in await school.rows("pe-bands", "signal")] == [float(n) for n in range(1, SECONDS + 1)]
    inventory = await school.hub.parts.stocktaking.inventory(Span(now_ms() // DAY_MS, 1, 0))
    assert "signal" in repr(inventory)
    assert "band-" not in repr(inventory)
    with sqlite3.connect(data / "journal.sqlite") as journal:
        assert journal.execute("SELECT COUNT(*) FROM series WHERE point LIKE '%band-%'").fetchone() == (0,)


async def test_no_alarm_and_no_figure_of_the_hub_speaks_of_a_band(taught: Taught) -> None:
    school = taught.school
    parts = school.hub.parts
    assert [one for one in parts.alarms.shown() if "band" in one.key.source.point] == []
    assert [rule for rule in parts.alarms.catalogue.rules if "heart" in repr(rule)] == []


async def test_influxdb_and_so_grafana_get_everything_but_the_bands(taught: Taught) -> None:
    def sent() -> bytes:
        return b"".join(one.body for one in taught.influx.seen)

    await until(lambda: sent().count(b"signal") >= SECONDS, "the last reading of what is no person's")
    assert b"signal" in sent()
    assert b"band-" not in sent()


async def test_no_file_of_the_hub_but_its_own_has_a_band_and_no_backup_has_any(taught: Taught, tmp_path: Path) -> None:
    files = [path for path in taught.data.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"heart-rate" in path.read_bytes()] == []
    backup = make(taught.data, tmp_path / "backup.tar", lambda *_: None)
    with tarfile.open(backup) as tar:
        names = tar.getnames()
    assert "journal.sqlite" in names
    assert FILE not in names


async def test_a_personal_point_cannot_be_asked_for(taught: Taught) -> None:
    school = taught.school
    key = PointKey("school", "lab", "pe-bands", "band-09/heart-rate")
    registry = school.hub.parts.registry
    device = registry.device(key.of_device)
    assert device is not None
    assert key.point not in [point.name for point in device.points]
    assert key.point in registry.personal(key.of_device)
    left_over = [key, key._replace(point="band-77/heart-rate"), key._replace(point="old")]
    assert await undescribed(registry, left_over) == [
        key._replace(point="old")
    ]  # as if an earlier version had stored them


async def test_the_class_as_a_whole_reaches_journal_and_influxdb_and_no_rate_of_one_band_does(taught: Taught) -> None:
    school = taught.school
    school.hub.watch.write(now_ms())

    def sent() -> list[bytes]:
        return [line for one in taught.influx.seen for line in one.body.splitlines() if b"device=#class" in line]

    await until(lambda: len(sent()) >= len(OF_CLASS), "the class in InfluxDB")
    assert [row.value for row in await school.rows(CLASS, "mean", node_about("lab"))] == [MEAN]
    assert [row.value for row in await school.rows(CLASS, "bands", node_about("lab"))] == [45]
    assert {line.split(b"point=")[1].split(b",")[0].decode() for line in sent()} == set(OF_CLASS)
    assert all(b"lab=lab," in line for line in sent())
    assert not [line for line in sent() if f"={SECRET}i".encode() in line]
