"""A room of recordings as the hub has it: a real journal, a real registry's database, the real app in front."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from labkeeper_hub.accounts import OWNER, Accounts, Grant, Person, open_accounts
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.api import build_app
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.audit import Audit, open_audit
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.recordings.desk import RecordingDesk
from labkeeper_hub.recordings.files import Files
from labkeeper_hub.recordings.lesson_record import Happened
from labkeeper_hub.recordings.recording import Delivered, Recording
from labkeeper_hub.recordings.records import RecordingRecords
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.timeseries.columns import kind_of
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, open_journal
from labkeeper_hub.timeseries.pins import Pins
from labkeeper_sdk import Value
from tests.hub.migrated import lay_registry

from ..api.doubles import NODE, START_MS, SmallHub  # noqa: TID252 - tests are not packages

Rows = Sequence[tuple[int, Value | None]]


class Nobody:
    """Batches that belong to no node."""

    def close(self, group: Group) -> None:
        """Nothing to put in."""

    def committed(self, group: Group) -> None:
        """Nobody to tell."""


@dataclass
class World:
    """What the other rooms say; a test changes it."""

    nodes: Mapping[NodeKey, Delivered] = field(default_factory=lambda: {NODE: Delivered(online=True, empty=True)})
    what: Happened = field(default_factory=Happened)

    def delivered(self) -> Mapping[NodeKey, Delivered]:
        return self.nodes

    async def happened(self, recording: Recording) -> Happened:
        assert recording.started_ms
        return self.what


@dataclass
class Room:
    """The room and the ways in."""

    desk: RecordingDesk
    journal: Journal
    audit: Audit
    app: FastAPI
    accounts: Accounts
    hub: SmallHub
    world: World
    clock: list[int]
    folder: Path

    async def store(self, key: PointKey, rows: Rows) -> None:
        """Commit readings and wait until they are."""
        number, before = self.journal.series_of(key), self.journal.committed
        for time_ms, value in rows:
            self.journal.group.add(number, time_ms, kind_of(value), value)
        self.journal.filled()
        async with asyncio.timeout(20):
            while self.journal.committed < before + len(rows):
                await asyncio.sleep(0.005)

    def client(self, *grants: Grant) -> httpx.AsyncClient:
        """Return a client of somebody with these grants; the owner without."""
        person = Person(f"p-{len(self.accounts.people)}", grants) if grants else OWNER
        self.accounts.people[person.name] = person
        token = self.accounts.sessions.open(person.name, self.accounts.clocks.now_ms())
        headers = {"Cookie": f"{COOKIE}={token}", "Origin": "http://hub"}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers, timeout=60)


@asynccontextmanager
async def room_in(folder: Path) -> AsyncIterator[Room]:
    """Open a room on a folder; again on the same one, it is a hub that was started again."""
    clock, world, hub = [START_MS], World(), SmallHub(data=folder)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(hub)
        engine = await stack.enter_async_context(open_database(lay_registry(folder)))
        journal = await stack.enter_async_context(open_journal(folder / "journal.sqlite"))
        audit = await stack.enter_async_context(open_audit(folder, lambda: clock[0]))
        accounts = await stack.enter_async_context(open_accounts(folder))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        committing = group.create_task(journal.collect(Nobody()))
        files = Files(folder / "journal.sqlite")
        parts = (RecordingRecords(engine), journal, Pins(journal), files, world)
        desk = RecordingDesk(*parts, lambda: clock[0], audit, rest_times=0)
        await desk.load()
        alarms = AlarmDesk(AlarmRecords(engine), hub.bus, shipped(), lambda: clock[0])
        all_parts = replace(hub.parts(data=folder), recordings=desk, readings=journal, alarms=alarms)
        app = build_app(all_parts, accounts, audit)
        yield Room(desk, journal, audit, app, accounts, hub, world, clock, folder)
        journal.end()
        await committing


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with room_in(tmp_path) as opened:
        yield opened
