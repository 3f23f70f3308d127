"""What people are told of alarms and what is on disk: a crash takes nothing back, a disk that refuses hides nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.alarms.states import Cleared, Core, Priority, Raised
from labkeeper_hub.bus import EventBus
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey
from labkeeper_hub.registry.database import open_database

CO2 = AlarmKey("co2", PointKey("s", "n", "air", "co2"))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path}/labkeeper.sqlite") as opened:
        yield opened


def desk_of(engine: AsyncEngine) -> AlarmDesk:
    return AlarmDesk(AlarmRecords(engine), EventBus(flush_s=3600), shipped(), lambda: 1_000)


def raised(desk: AlarmDesk) -> None:
    desk.happens(CO2, Raised(Priority.LOW, value=1600.0), 1, lab="l", level="warn")


def cores(found: tuple[AlarmNow, ...]) -> list[Core]:
    return [now.state.core for now in found]


async def rename(engine: AsyncEngine, old: str, new: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_nobody_is_told_what_a_crash_could_take_back(engine: AsyncEngine) -> None:
    desk = desk_of(engine)
    raised(desk)
    assert (cores(desk.standing()), desk.shown()) == ([Core.UNACK], ())
    await desk.save()
    assert cores(desk.shown()) == [Core.UNACK]
    desk.happens(CO2, Cleared(700.0), 2)
    desk.bus.flush()
    told = await desk.bus.after(0)
    assert cores(tuple(one for one in told.changes if isinstance(one, AlarmNow))) == [Core.UNACK]
    assert cores(desk.shown()) == [Core.UNACK]
    again = desk_of(engine)  # after a kill
    await again.load()
    assert cores(again.shown()) == [Core.UNACK]


async def test_an_alarm_that_the_disk_refuses_is_told_all_the_same_and_kept_when_it_can(engine: AsyncEngine) -> None:
    desk = desk_of(engine)
    await rename(engine, "alarms", "away")
    raised(desk)
    with pytest.raises(DBAPIError):
        await desk.save()
    assert cores(desk.shown()) == [Core.UNACK]
    await rename(engine, "away", "alarms")
    assert await desk.acknowledge((CO2,), "li")
    again = desk_of(engine)
    await again.load()
    assert cores(again.shown()) == [Core.ACK]
    assert [line.kind for line in await again.history(limit=9)] == ["acknowledged", "raised"]
