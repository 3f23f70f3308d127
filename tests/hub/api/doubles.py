"""A small hub behind the ports: in memory, obedient, and furnished by each test."""

import sqlite3
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from cryptography.fernet import Fernet
from sqlalchemy import StaticPool
from sqlalchemy.ext.asyncio import create_async_engine

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.limit_desk import LimitDesk
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.automations.desk import AutomationDesk
from labkeeper_hub.automations.diary import Diary
from labkeeper_hub.automations.history import Archive
from labkeeper_hub.automations.records import RunRecords
from labkeeper_hub.automations.watch import AutomationWatch, World
from labkeeper_hub.bus import EventBus
from labkeeper_hub.commands.pace import Pace, Rate, presses
from labkeeper_hub.derived.catalogue import shipped as shipped_derivations
from labkeeper_hub.derived.lineage import Lineage, Outcome
from labkeeper_hub.drivers.book import Version
from labkeeper_hub.drivers.standing import DriversRefused, NodeDrivers, Wish
from labkeeper_hub.drivers.standing import Outcome as DriverOutcome
from labkeeper_hub.floor.desk import FloorDesk
from labkeeper_hub.interlocks import book as two_persons
from labkeeper_hub.interlocks.book import Desired, InterlockRefused
from labkeeper_hub.leases.ask_desk import AskDesk
from labkeeper_hub.lessons.acting import Acting
from labkeeper_hub.lessons.desk import LessonDesk
from labkeeper_hub.model import (
    DERIVED_NODE,
    Aggregate,
    Ask,
    Change,
    Command,
    Cursor,
    Device,
    DeviceKey,
    HeldLease,
    Lab,
    Latest,
    Leases,
    LedgerEntry,
    Missing,
    Node,
    NodeKey,
    Order,
    Outbox,
    Page,
    PointKey,
    ReadingsQuery,
    Row,
    State,
    Stop,
    Stops,
)
from labkeeper_hub.pe.desk import PeDesk
from labkeeper_hub.pe.store import prepared
from labkeeper_hub.ports import Parts, StopRefused, UnknownCommand, UnknownPoint
from labkeeper_hub.pulse import Pulse as Beat
from labkeeper_hub.registry.database import json_text
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.status import Durations, InfluxStatus, JournalStatus, Status, UpkeepStatus
from labkeeper_hub.telling.desk import TellingDesk
from labkeeper_hub.telling.records import TellingRecords
from labkeeper_hub.timetable.desk import TimetableDesk
from labkeeper_hub.timetable.records import TimetableRecords
from labkeeper_hub.timetable.register import Register
from labkeeper_hub.vault import Vault
from labkeeper_hub.wall.desk import WallDesk
from labkeeper_sdk import CommandRejected, Title, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription
from labkeeper_wire.driver_sets import Answer, Mistake, Offer, Offered, Standing
from labkeeper_wire.driver_sets import Order as DriverOrder
from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import Scope

from .quiet_parts import Notebook, Quarantine, Stockroom

NODE = NodeKey("demo", "lab-301")
CHAMBER = DeviceKey("demo", "lab-301", "0x00158d0001a2b3c4")
TEMPERATURE = PointKey(*CHAMBER, "temperature")
TARGET = PointKey(*CHAMBER, "target")
MODE = PointKey(*CHAMBER, "mode")
START_MS = 1_767_225_600_000
KEY = Fernet.generate_key()

POINTS = (
    PointDescription("temperature", "measure", DataType.DOUBLE, "Cel", title_zh="温度", title_en="Temperature"),
    PointDescription(
        "target", "setpoint", DataType.DOUBLE, "Cel", -20, 80.0, 0.5, writable=True, safe_value=20, link_loss_s=30
    ),
    PointDescription("mode", "state", DataType.STRING, options=("off", "heat")),
)


def device(*, online: bool = True) -> Device:
    description = DeviceDescription("气候箱", "Climate chamber", "Example", "C-80", "1.4.2", "3")
    return Device(CHAMBER, "lab-301", description, POINTS, online, START_MS)


def node(*, online: bool = True) -> Node:
    return Node(NODE, "lab-301", Title("301 实验室", "Lab 301"), online, START_MS, START_MS, Outbox("epoch", 0, 10))


def latest(value: Value | None = 21.5, *, key: PointKey = TEMPERATURE, time_ms: int = START_MS) -> Latest:
    return Latest(key, value, time_ms, 192, stale=False)


@dataclass
class Inventory:
    """Registry and latest values."""

    found: list[Device] = field(default_factory=lambda: [device()])
    values: dict[PointKey, Latest] = field(default_factory=lambda: {TEMPERATURE: latest()})
    asked: int = 0
    broken: bool = False

    def labs(self) -> tuple[Lab, ...]:
        self.asked += 1
        if self.broken:
            raise RuntimeError("broken")
        return (Lab("demo", "lab-301", Title("301 实验室", "Lab 301"), ("lab-301",), len(self.found), 1),)

    def nodes(self) -> tuple[Node, ...]:
        foreign = Node(NodeKey("demo", "foreign"), "foreign", Title(), online=False, since_ms=1, last_seen_ms=1)
        return (node(), foreign)

    def devices(self, school: str | None = None, node: str | None = None) -> tuple[Device, ...]:
        return tuple(one for one in self.found if school in (None, one.key.school) and node in (None, one.key.node))

    def device(self, key: DeviceKey) -> Device | None:
        return next((one for one in self.found if one.key == key), None)

    def personal(self, key: DeviceKey) -> Collection[str]:
        return {"skin"} if self.device(key) else ()

    def latest(self, school: str | None = None, node: str | None = None, device: str | None = None) -> Iterator[Latest]:
        wanted = (school, node, device)
        return (
            value
            for key, value in sorted(self.values.items())
            if all(want in (None, have) for want, have in zip(wanted, key[:3], strict=True))
        )


@dataclass
class Journal:
    """Readings by point; counts how many rows it ever gave at once."""

    rows: dict[PointKey, list[Row]] = field(default_factory=dict)
    most_rows: int = 0
    queries: list[ReadingsQuery] = field(default_factory=list)
    missing: tuple[Missing, ...] = ()

    async def page(self, query: ReadingsQuery) -> Page:
        self.queries.append(query)
        if query.key not in self.rows:
            raise UnknownPoint
        if query.every_ms and query.aggregate is Aggregate.MEAN and query.key == MODE:
            raise ValueError("text has no mean")
        start = query.after.given if query.after else 0
        found = [row for row in self.rows[query.key] if query.from_ms <= row.time_ms < query.to_ms]
        page = found[start : start + query.limit]
        self.most_rows = max(self.most_rows, len(page))
        end = start + len(page)
        return Page(tuple(page), Cursor(page[-1].time_ms, end) if end < len(found) else None, self.missing)


@dataclass(frozen=True)
class Told:
    """Something that changes: asked when it is told, like the real ones."""

    name: Hashable
    state: Callable[[], Change]

    def change(self) -> Change:
        return self.state()

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and other.name == self.name


@dataclass
class Desk:
    """Commands; `outcome` is what becomes of each."""

    bus: EventBus
    outcome: State = State.SENT
    rejection: str = ""
    known: dict[str, Command] = field(default_factory=dict)
    paces: Pace = field(default_factory=Pace)

    async def submit(  # noqa: PLR0913 -- all that a command is
        self,
        target: PointKey,
        value: Value,
        *,
        ttl_ms: int | None = None,
        made_ms: int | None = None,
        command_id: str | None = None,
        holder: str = "owner",
        fence: int = 0,
        rate: Rate | None = None,
    ) -> Command:
        if rate is not None and command_id not in self.known:
            self.pace(holder, rate, ((target, value),))
        if self.rejection:
            raise CommandRejected(self.rejection, f"because of {self.rejection}")
        if target not in (TARGET, TEMPERATURE):
            raise UnknownPoint
        if target == TEMPERATURE:
            raise CommandRejected("read_only", "temperature cannot be commanded")
        if command_id in self.known:
            return self.known[command_id]
        order = Order(
            command_id or str(uuid4()), target, value, holder, START_MS, (made_ms or START_MS) + (ttl_ms or 3000)
        )
        command = self.known[order.id] = Command(order, self.outcome, "", "", START_MS + fence)
        self.bus.announce(command)
        return command

    def pace(self, holder: str, rate: Rate, wishes: Sequence[tuple[PointKey, Value]]) -> None:
        self.paces.take(holder, rate, presses(len(wishes)), START_MS)

    async def get(self, command_id: str) -> Command:
        try:
            return self.known[command_id]
        except KeyError as error:
            raise UnknownCommand from error

    async def recent(self, *, limit: int = 100, device: DeviceKey | None = None) -> tuple[Command, ...]:
        newest = reversed(self.known.values())
        return tuple(one for one in newest if device in (None, one.order.target.of_device))[:limit]

    def open(self) -> tuple[Command, ...]:
        return tuple(self.known.values())


@dataclass
class Book:
    """The ledger: one node of ours, one foreign."""

    def ledger(self) -> tuple[LedgerEntry, ...]:
        ours = LedgerEntry(NODE, "epoch", 120_000, 119_950, 0, 3, backlog=1, missing=50)
        return (ours, LedgerEntry(NodeKey("demo", "foreign"), None, None, 7, 0, 0, backlog=0, missing=None))


@dataclass
class Pulse:
    """Health; a test breaks it."""

    broker_connected: bool = True
    failing: str = ""
    broken: bool = False
    hanging: tuple[str, ...] = ()
    host_id_taken: bool = False
    influx: InfluxStatus | None = None
    upkeep: UpkeepStatus = field(default_factory=UpkeepStatus)

    def status(self) -> Status:
        if self.broken:
            raise RuntimeError("a mistake of ours")
        journal = JournalStatus(5, 119_950, 2_399, 1.7, 19_950, 40, self.failing, self.upkeep)
        commits = Durations((0, 2_398, *[0] * 9, 1), 5.5)
        more = (commits, {State.DONE: 7}, self.hanging, self.host_id_taken)
        return Status(START_MS, self.broker_connected, 2_450, {"truncated": 2}, journal, *more, self.influx)


@dataclass(eq=False)
class Holding:
    """Leases by the real rules, on no disk and for no node."""

    bus: EventBus
    book: rules.Book = field(default_factory=rules.Book)
    now_ms: int = START_MS
    asks: Callable[[], tuple[Ask, ...]] = tuple

    def held(self) -> tuple[HeldLease, ...]:
        return rules.expire(self.book, self.now_ms).held

    async def take(self, holder: str, scope: Scope, for_ms: int) -> HeldLease:
        return self._now(rules.take(self.book, holder, scope, self.now_ms, for_ms))

    async def take_over(self, holder: str, scope: Scope, for_ms: int, reason: str) -> HeldLease:
        assert reason
        return self._now(rules.take_over(self.book, holder, scope, self.now_ms, for_ms))

    async def renew(self, fence: int, holder: str, for_ms: int) -> HeldLease:
        return self._now(rules.renew(self.book, fence, holder, self.now_ms, for_ms))

    async def release(self, fence: int, holder: str) -> None:
        self.book = rules.release(self.book, fence, holder, self.now_ms)
        self.bus.note(self)

    async def give(self, fence: int, holder: str, to: HeldLease) -> HeldLease:
        return self._now(rules.give(self.book, fence, holder, to, self.now_ms))

    def take_back(self, holder: str) -> None:
        self.book = rules.taken_back(self.book, (one.fence for one in self.held() if one.holder == holder))
        self.bus.note(self)

    def let_go(self, holder: str, but: Collection[int]) -> None:
        theirs = [one.fence for one in self.held() if one.holder == holder and one.fence not in but]
        self.book = rules.taken_back(self.book, [*theirs, *(one.fence for one in self.held() if one.parent in but)])
        self.bus.note(self)

    def change(self) -> Leases:
        return Leases(self.held(), self.asks())

    def _now(self, book: rules.Book) -> HeldLease:
        self.book = book
        self.bus.note(self)
        return book.held[-1]


@dataclass(eq=False)
class Brake:
    """Stop-all without a broker."""

    bus: EventBus
    held: tuple[Stop, ...] = ()

    def stops(self) -> Stops:
        return Stops(self.held)

    async def stop(self, by: str, schools: Collection[str] | None = None) -> Stops:
        if schools is not None and "demo" not in schools:
            return self.stops()
        self.held = (Stop("demo", "latch-1", by, START_MS, 1, 0, (CHAMBER,), sent=True),)
        self.bus.note(self)
        return self.stops()

    def ask_release(self, latch: str) -> str:
        if latch != "latch-1" or not self.held:
            raise StopRefused("unknown_latch", "no such latch")
        return "word"

    async def release(self, latch: str, word: str, by: str) -> Stops:
        if word != self.ask_release(latch) or not by:
            raise StopRefused("release_not_asked", "ask first")
        self.held = ()
        self.bus.note(self)
        return self.stops()

    def change(self) -> Stops:
        return self.stops()


class Desks:
    """Interlocks of one node, without a node: the real rules of two persons, in memory."""

    public_key = "a key"

    def __init__(self) -> None:
        self.book = two_persons.EMPTY

    async def propose(self, node: NodeKey, text: str, by: str) -> Desired:
        if node != CHAMBER.of_node:
            raise InterlockRefused("no_interlocks", "there is no such node")
        self.book = two_persons.propose(self.book, node, text, by, START_MS)
        return self.all()[0]

    async def approve(self, node: NodeKey, name: str, by: str) -> Desired:
        self.book = two_persons.approve(self.book, node, name, by, START_MS)
        return self.all()[0]

    def all(self) -> tuple[Desired, ...]:
        return tuple(Desired(node, "running", entry) for node, entry in self.book.items())


@dataclass
class Drivers:
    """Drivers of one node, which takes everything but what a test has it refuse; the real desk is tried beside it."""

    standing: Standing | None = field(default_factory=Standing)
    mistakes: tuple[Mistake, ...] = ()
    wishes: list[Wish] = field(default_factory=list)

    def all(self) -> tuple[NodeDrivers, ...]:
        offered = Offered(name="homie", schema_={"type": "object"})
        online = True
        offer = None if self.standing is None else Offer(key="key", drivers=(offered,))
        version = Version(
            DriverOrder(id="o-1", do="apply", number=1, by="p-1"), START_MS, ("+/homie (homie)",), taken=True
        )
        return (NodeDrivers(CHAMBER.of_node, "lab-301", online, offer, self.standing, (version,)),)

    def node(self, key: NodeKey) -> NodeDrivers:
        if key != CHAMBER.of_node:
            raise DriversRefused("unknown_node", "there is no such node")
        return self.all()[0]

    async def order(self, wish: Wish) -> DriverOutcome:
        self.node(wish.node)
        self.wishes.append(wish)
        answer = Answer(order="o-1", do=wish.do, taken=not self.mistakes, number=2, mistakes=self.mistakes)
        return DriverOutcome(answer, ("+/homie (homie)",))


DERIVATIONS = shipped_derivations()


class Derivations:
    """One derived point, whose history lacks two rows whenever one asks."""

    def all(self) -> Sequence[Lineage]:
        target = PointKey("demo", f"{DERIVED_NODE}{TEMPERATURE.node}", TEMPERATURE.device, "temperature_mean_10min")
        return (Lineage(target, DERIVATIONS["temperature_mean"], (TEMPERATURE,), 3, (START_MS, START_MS + 9)),)

    async def recompute(self, keys: Iterable[PointKey], from_ms: int, to_ms: int) -> Outcome:  # noqa: ARG002 -- the port's
        return Outcome(2 * len(list(keys)), 5, 1)


@dataclass
class SmallHub:
    """Everything behind the ports, within reach of a test."""

    inventory: Inventory = field(default_factory=Inventory)
    journal: Journal = field(default_factory=Journal)
    bus: EventBus = field(default_factory=lambda: EventBus(flush_s=0.02))
    pulse: Pulse = field(default_factory=Pulse)
    stockroom: Stockroom = field(default_factory=Stockroom)
    quarantine: Quarantine = field(default_factory=Quarantine)
    notebook: Notebook = field(default_factory=Notebook)
    data: Path = Path("nowhere")  # where lessons are written, for tests that begin one
    interlocks: Desks = field(default_factory=Desks)
    drivers: Drivers = field(default_factory=Drivers)

    def __post_init__(self) -> None:
        self.desk = Desk(self.bus)
        self.leases = Holding(self.bus)
        self.asks = AskDesk(self.leases.held, lambda: self.bus.note(self.leases), lambda: self.leases.now_ms)
        self.leases.asks = self.asks.all
        self.brake = Brake(self.bus)
        acting = Acting(self.inventory, self.inventory, self.desk, self.bus)
        self.lessons = LessonDesk(acting, self.leases, self.bus, self.data, lambda: self.leases.now_ms)
        # in memory, and one for all connections; what uses it first makes its tables
        self.engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool, json_serializer=json_text)
        self.alarms = AlarmDesk(AlarmRecords(self.engine), self.bus, shipped(), lambda: START_MS)
        records = TellingRecords(self.engine)
        self.timetable = TimetableDesk(TimetableRecords(self.engine), lambda: self.leases.now_ms)
        self.register = Register(self.timetable.records, self.timetable.fits, lambda: self.leases.now_ms)
        self.telling = TellingDesk(
            records, Vault(KEY), {}, self.alarms, self.inventory, self.timetable.calendar, lambda: START_MS
        )
        world = World(acting, self.leases, self.lessons, self.brake)
        diary = Diary(RunRecords(self.engine), lambda: START_MS)
        watch = AutomationWatch(world, diary, lambda: START_MS, self.timetable.calendar)
        archive = Archive(self.journal, lambda: (), lambda *_: "")
        self.automations = AutomationDesk(watch, archive, self.data, Beat("automations"))
        store = prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        lesson_on = self.lessons.is_on
        self.pe = PeDesk(store, ThreadPoolExecutor(1), 24, lesson_on, lambda: self.leases.now_ms)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the database; a test that asks nothing of it needs no `async with`."""
        await self.engine.dispose()

    def parts(self, **settings: Any) -> Parts:  # noqa: ANN401 - whatever the settings take
        told = HubSettings(**settings)
        return Parts(
            settings=told,
            registry=self.inventory,
            latest=self.inventory,
            readings=self.journal,
            ledger=Book(),
            commands=self.desk,
            alarms=self.alarms,
            limits=LimitDesk(self.alarms, self.alarms.catalogue, told.data, lambda: START_MS),
            bus=self.bus,
            health=self.pulse,
            engine=self.engine,
            leases=self.leases,
            asks=self.asks,
            lessons=self.lessons,
            floor=FloorDesk(self.leases, self.inventory, told.data),
            stop=self.brake,
            interlocks=self.interlocks,
            drivers=self.drivers,
            stocktaking=self.stockroom,
            recordings=self.notebook,
            telling=self.telling,
            derived=Derivations(),
            wall=WallDesk(told.data, lambda: START_MS),
            automations=self.automations,
            pe=self.pe,
            timetable=self.timetable,
            register=self.register,
            quarantine=self.quarantine,
        )

    def hear(self, value: Value, *, key: PointKey = TEMPERATURE, time_ms: int = START_MS) -> None:
        """Note a reading, as ingest would."""
        self.inventory.values[key] = latest(value, key=key, time_ms=time_ms)
        self.bus.note(Told(key, lambda: self.inventory.values[key]))
