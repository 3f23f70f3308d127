"""What the API may ask of the hub: small protocols, and the one object that carries them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from labkeeper_hub.accounts.accounts import Guests, Walls
from labkeeper_hub.alarms.catalogue import Catalogue, OverrideEntry
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.limits import SetOverride
from labkeeper_hub.alarms.states import Shelf
from labkeeper_hub.alarms.tallies import AlarmTallies
from labkeeper_hub.automations.book import Kept
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.trace import Trace
from labkeeper_hub.automations.trial import Span as AutomationSpan
from labkeeper_hub.automations.trial import Trial
from labkeeper_hub.commands.pace import Rate
from labkeeper_hub.derived.lineage import Lineage
from labkeeper_hub.derived.lineage import Outcome as Filled
from labkeeper_hub.drivers.standing import NodeDrivers
from labkeeper_hub.drivers.standing import Outcome as DriverOutcome
from labkeeper_hub.drivers.standing import Wish as DriverWish
from labkeeper_hub.export.exports import Export
from labkeeper_hub.export.order import FileFormat
from labkeeper_hub.floor.seats import Floor
from labkeeper_hub.interlocks.book import Desired
from labkeeper_hub.lessons.lesson import Lesson, Lessons
from labkeeper_hub.lessons.scenes import Outcome, Scene, Wish
from labkeeper_hub.model import (
    AlarmKey,
    AlarmNow,
    Ask,
    Changes,
    Command,
    Device,
    DeviceKey,
    HeldLease,
    Lab,
    Latest,
    LedgerEntry,
    Node,
    NodeKey,
    Page,
    PointKey,
    ReadingsQuery,
    Stops,
)
from labkeeper_hub.pe.board import Board
from labkeeper_hub.pe.roster import ClassKey, Roster
from labkeeper_hub.recordings.lesson_record import Happened, Hashed
from labkeeper_hub.recordings.recording import Plan, Recording
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.status import Quarantined, Status
from labkeeper_hub.telling.border import PlanBody
from labkeeper_hub.telling.letters import ChannelSetup, Letter, Line, Numbers
from labkeeper_hub.telling.words import Language
from labkeeper_hub.timeseries.catalogue import Inventory
from labkeeper_hub.timeseries.digest import Span
from labkeeper_hub.timetable.bookings import CalendarLink, Opening
from labkeeper_hub.timetable.conflicts import Conflict
from labkeeper_hub.timetable.importing import Came, File
from labkeeper_hub.timetable.ledger import Balance, Taught
from labkeeper_hub.timetable.slots import Occurrence, Timetable
from labkeeper_hub.timetable.year import Year
from labkeeper_hub.wall.links import Link
from labkeeper_sdk import ChannelKind, LabkeeperError, Value
from labkeeper_wire.leases.book import Given, Room, Scope


class UnknownPoint(LabkeeperError):
    """There is no such point: neither a birth nor the registry has it."""


class UnknownCommand(LabkeeperError):
    """There is no command of that id."""


class StopRefused(LabkeeperError):
    """A stop cannot be released so: `code` is unknown_latch or release_not_asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class HistoryLost(LabkeeperError):
    """The bus does not remember that far back: take a snapshot and go on from its `at`."""


class Registry(Protocol):
    """What there is; from memory, so nothing waits. Sorted by key."""

    def labs(self) -> tuple[Lab, ...]: ...
    def nodes(self) -> tuple[Node, ...]: ...
    def devices(self, school: str | None = None, node: str | None = None) -> tuple[Device, ...]: ...
    def device(self, key: DeviceKey) -> Device | None: ...
    def personal(self, key: DeviceKey) -> Collection[str]:
        """Return the names of a device's points that speak of a person, which are nobody's to see."""


class LatestValues(Protocol):
    """The live value of every point that has one; from memory. Sorted by key, each as it is when one comes to it."""

    def latest(
        self, school: str | None = None, node: str | None = None, device: str | None = None
    ) -> Iterator[Latest]: ...


class Readings(Protocol):
    """The journal's committed readings."""

    async def page(self, query: ReadingsQuery) -> Page:
        """Answer off the event loop; a point without readings has no rows. Raises UnknownPoint, and ValueError for
        an aggregate of text other than count, first or last.
        """


class Ledger(Protocol):
    """The account of every outbox that ever delivered, foreign nodes (epoch and taken None) included."""

    def ledger(self) -> tuple[LedgerEntry, ...]: ...


class Commands(Protocol):
    """Commands, from `queued` to their end."""

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
        """Return the command once its row is durable and it is on its way.

        `ttl_ms` counts from `made_ms`, when the person asked by the hub's clock (None: now), so that what waited in a
        socket while the hub could not listen is `expired`, not done late. Without a `ttl_ms` it is 3 s, or as long as
        the point needs to confirm.

        An offline device's command comes back `rejected`, code `offline`; a repeated id gives the command it belongs
        to and executes nothing. Raises UnknownPoint, and CommandRejected (read_only, wrong_type, not_finite,
        out_of_range, not_an_option, bad_ttl, bad_id, id_taken) for what nobody could execute, and TooFast for a holder
        beyond their `rate` (None: no person asks); a safe value is never too fast.
        """

    def pace(self, holder: str, rate: Rate, wishes: Sequence[tuple[PointKey, Value]]) -> None:
        """Count an action of several wishes before it begins; raises TooFast."""

    async def get(self, command_id: str) -> Command:
        """Raises UnknownCommand."""

    async def recent(self, *, limit: int = 100, device: DeviceKey | None = None) -> tuple[Command, ...]:
        """Return the newest first."""

    def open(self) -> tuple[Command, ...]:
        """Return those that have not ended, and those that ended within the last 30 s; from memory, oldest first."""


class LeaseHolding(Protocol):
    """Leases; all but `held`, `take_back` and `let_go` return when the change is on disk, and raise LeaseRefused."""

    def held(self) -> tuple[HeldLease, ...]: ...
    async def take(self, holder: str, scope: Scope, for_ms: int) -> HeldLease: ...
    async def take_over(self, holder: str, scope: Scope, for_ms: int, reason: str) -> HeldLease: ...
    async def renew(self, fence: int, holder: str, for_ms: int) -> HeldLease: ...
    async def release(self, fence: int, holder: str) -> None: ...
    async def give(self, fence: int, holder: str, to: HeldLease) -> HeldLease: ...
    def take_back(self, holder: str) -> None: ...
    def let_go(self, holder: str, but: Collection[int]) -> None: ...


class Asking(Protocol):
    """Asking whoever has a lab for it; all but `all` raise AskRefused."""

    def all(self) -> tuple[Ask, ...]: ...
    def ask(self, by: str, room: Room, for_ms: int) -> HeldLease: ...
    def asked(self, holder: str, room: Room, by: str) -> Ask: ...
    def keep(self, asked: Ask) -> None: ...


class FloorGiving(Guests, Protocol):
    """Pupil groups' links and what was given to them. `holder` has the lease it is given from; changes return when they
    are on disk, and raise LeaseRefused or NotToGive.
    """

    def floors(self) -> tuple[Floor, ...]: ...
    async def seat(self, fence: int, holder: str, bench: str) -> tuple[Floor, str]: ...
    async def give(self, name: str, holder: str, points: Sequence[Given]) -> Floor: ...
    async def take_back(self, name: str, holder: str) -> Floor: ...
    async def close(self, name: str, holder: str) -> None: ...


class WallOpening(Walls, Protocol):
    """Links to labs' walls; changes return when they are on disk, and raise OSError."""

    def link(self, room: Room) -> Link | None: ...
    async def open(self, room: Room, by: str) -> str: ...
    async def close(self, room: Room) -> bool: ...


class Teaching(Protocol):
    """Lessons and scenes; changes return when they are on disk, and raise LessonRefused or LeaseRefused."""

    def lessons(self) -> Lessons: ...
    def scenes(self, room: Room) -> tuple[Scene, ...]: ...
    async def start(self, teacher: str, room: Room, for_ms: int) -> Lesson: ...
    async def take_over(self, teacher: str, room: Room, for_ms: int, reason: str) -> Lesson: ...
    async def prolong(self, teacher: str, room: Room, for_ms: int) -> Lesson: ...
    async def end(self, teacher: str, room: Room) -> Lesson: ...
    async def undo(self, teacher: str, room: Room) -> Lesson: ...
    async def leave(self, teacher: str) -> None: ...
    async def act(self, scene: str, wishes: Sequence[Wish], holder: str) -> Outcome:
        """Carry wishes out as one action; returns when each has ended, and never raises for one."""


class Stopping(Protocol):
    """Stop-all. A word is on its way before anything waits; what it answers waits until it is written down."""

    def stops(self) -> Stops: ...
    async def stop(self, by: str, schools: Collection[str] | None = None) -> Stops:
        """Stop these schools (None: every one there is)."""

    def ask_release(self, latch: str) -> str: ...
    async def release(self, latch: str, word: str, by: str) -> Stops: ...


class Alarms(Protocol):
    """Alarms as they stand, their history, and what people do with them.

    What people do returns once it is on disk, for all the alarms named or for none; raises AlarmRefused
    (unknown_alarm, still_active, not_acknowledged, safety_class, no_reason, bad_end, no_work_order, second_person).
    """

    @property
    def catalogue(self) -> Catalogue:
        """The rules, and what schools and labs override."""

    def shown(self) -> tuple[AlarmNow, ...]:
        """Return what anybody has to do with: standing, not acknowledged, shelved, out of service. Worst first."""

    async def history(
        self,
        *,
        limit: int,
        since_ms: int = 0,
        before: int | None = None,
        rule: str | None = None,
        source: PointKey | None = None,
    ) -> Sequence[AlarmEntry]:
        """Return the newest lines first; `before` a line, by its number."""

    async def of_lab(self, school: str, lab: str, from_ms: int, to_ms: int) -> Sequence[AlarmEntry]:
        """Return a lab's lines with from_ms <= time < to_ms, all of them, the newest first."""

    async def acknowledge(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]: ...
    async def reset(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]: ...
    async def shelve(self, keys: Iterable[AlarmKey], shelf: Shelf) -> tuple[AlarmNow, ...]: ...
    async def unshelve(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]: ...
    async def put_back(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]: ...
    async def take_out(self, key: AlarmKey, who: str, order: str) -> AlarmNow:
        """Take out of service. Of the safety class the first person only asks (`second_person`), and another one
        who says the same within ten minutes does it.
        """

    def tallies(self) -> AlarmTallies:
        """Return the numbers of EEMUA 191."""


class Limiting(Protocol):
    """Limits otherwise than the catalogue's; changes return when they are on disk and in force, and raise
    LimitRefused.
    """

    async def put(self, entry: OverrideEntry) -> SetOverride: ...
    async def remove(self, place: tuple[str, str, str | None]) -> SetOverride: ...


class Bus(Protocol):
    """The stream of changes of this run of the hub."""

    @property
    def stream(self) -> str:
        """A uuid of this run: places of another run's stream mean nothing."""

    @property
    def at(self) -> int:
        """The place of the newest changes. A snapshot made now, without waiting, is true at this place."""

    def remembers(self, at: int) -> bool:
        """Tell whether `after(at)` can still be answered."""

    async def after(self, at: int) -> Changes:
        """Wait until something changed after place `at` and return it, merged; raises HistoryLost.

        Readings are coalesced and come at most every 100 ms; a command's change comes at once. Who is not behind gets
        the very same object as everybody else, so that its encoding can be shared.
        """


class Stocktaking(Protocol):
    """What is stored of every point, for the catalogue."""

    async def inventory(self, span: Span) -> Inventory:
        """Answer off the event loop, from digests."""


class Interlocking(Protocol):
    """The desk of interlocks; refusals are raised as InterlockRefused. `public_key` is what nodes know it by."""

    @property
    def public_key(self) -> str: ...

    async def propose(self, node: NodeKey, text: str, by: str) -> Desired: ...
    async def approve(self, node: NodeKey, name: str, by: str) -> Desired: ...
    def all(self) -> tuple[Desired, ...]: ...


class DriverConfiguring(Protocol):
    """The desk of drivers; what is not asked of a node is raised as DriversRefused."""

    def all(self) -> tuple[NodeDrivers, ...]: ...
    def node(self, key: NodeKey) -> NodeDrivers: ...
    async def order(self, wish: DriverWish) -> DriverOutcome: ...


class Health(Protocol):
    """How the hub is doing."""

    def status(self) -> Status: ...


class Quarantine(Protocol):
    """What InfluxDB refused; the newest first."""

    async def quarantined(self, most: int) -> tuple[Quarantined, ...]: ...


class Recordings(Protocol):
    """Recordings; what people do returns once it is on disk, and raises RecordingRefused."""

    def all(self) -> tuple[Recording, ...]:
        """Return every recording, the newest first."""

    def get(self, identity: str) -> Recording: ...
    async def samples(self, recording: Recording) -> int: ...
    async def record(self, recording: Recording) -> str: ...
    async def start(self, plan: Plan, by: str) -> Recording: ...
    async def mark(self, identity: str, text: str, by: str, time_ms: int | None = None) -> Recording: ...
    async def stop(self, identity: str, by: str) -> Recording: ...
    async def seal(self, identity: str, by: str) -> Recording: ...
    async def remove(self, identity: str, by: str) -> None: ...
    async def hashed_now(self, recording: Recording) -> Hashed:
        """Return what its readings would be sealed as now."""

    async def readings_file(self, recording: Recording, form: FileFormat) -> Export:
        """Start a file of its readings up to now; the caller ends it."""

    async def record_file(self, recording: Recording) -> Export:
        """Start the record of a sealed one as a file; the caller ends it."""

    async def happened(self, recording: Recording) -> Happened:
        """Return what people and rules did in the lab while it ran."""


class Telling(Protocol):
    """Who is told of alarms, and by what; changes return when they are on disk, and raise TellingRefused
    (unknown_channel, unknown_kind, name_taken, too_many_channels, in_use). What a channel is configured with never
    comes back.
    """

    @property
    def plan(self) -> PlanBody: ...
    @property
    def kinds(self) -> Mapping[str, ChannelKind]: ...
    def channels(self) -> tuple[tuple[ChannelSetup, Line], ...]: ...
    def numbers(self) -> Numbers: ...
    async def change_plan(self, plan: PlanBody) -> PlanBody: ...
    async def add_channel(
        self, name: str, kind: str, language: Language, configuration: Mapping[str, Any], by: str
    ) -> ChannelSetup:
        """Raises pydantic's ValidationError too, for a configuration that its kind does not take."""

    async def remove_channel(self, name: str) -> None: ...
    async def test(self, name: str) -> Letter:
        """Return what became of a message sent now, once."""

    async def messages(self, most: int) -> Sequence[Letter]:
        """Return the newest first."""


class Deriving(Protocol):
    """Derived points, and their history anew."""

    def all(self) -> Sequence[Lineage]:
        """Return every derived point there is, sorted by key."""

    async def recompute(self, keys: Iterable[PointKey], from_ms: int, to_ms: int) -> Filled:
        """Store the rows that history lacks, from <= time < to; returns when they are on disk."""


class Automating(Protocol):
    """Automations; changes return when they are on disk, and raise AutomationRefused."""

    def all(self) -> tuple[Kept, ...]: ...
    def get(self, name: str) -> Kept: ...
    async def put(self, text: str, by: str) -> Kept: ...
    async def switch(self, name: str, by: str, *, on: bool) -> Kept: ...
    async def remove(self, name: str) -> None: ...
    async def runs(self, most: int, name: str | None = None) -> Sequence[Trace]: ...
    async def tried(self, automation: Automation, span: AutomationSpan) -> Trial:
        """Return what it would have done on what was recorded; raises TooMuch."""


class PeClasses(Protocol):
    """PE classes and their boards; changes return when they are on disk, and raise PeRefused."""

    def board(self, room: Room) -> Board | None: ...
    async def news(self) -> None:
        """Wait until boards may show something else."""

    async def start(self, key: ClassKey) -> Board: ...
    async def end(self, room: Room) -> None: ...
    def seen(self, room: Room, number: int) -> Board: ...
    async def rosters(self, room: Room) -> tuple[Roster, ...]: ...
    async def write_roster(self, roster: Roster, by: str) -> None: ...
    async def remove_roster(self, key: ClassKey, by: str) -> None: ...


class Timetabling(Protocol):
    """Timetables, bookings, openings and links; from memory. Changes return when they are on disk, and raise
    TimetableRefused.
    """

    def timetable(self, school: str) -> Timetable: ...
    def of_lab(self, school: str, lab: str, from_ms: int, to_ms: int) -> Sequence[Occurrence]: ...
    def of_teacher(self, teacher: str, from_ms: int, to_ms: int) -> Sequence[Occurrence]: ...
    def openings(self, from_ms: int, to_ms: int) -> Sequence[Opening]: ...
    def in_the_way(self, wanted: Occurrence) -> Sequence[Conflict]: ...
    def booking(self, name: str) -> Occurrence: ...
    def opening(self, identity: str) -> Opening: ...
    def link_of(self, token: str) -> CalendarLink | None: ...
    def link_called(self, identity: str) -> CalendarLink: ...
    def links(self, by: str) -> Sequence[CalendarLink]: ...
    async def balances(self, school: str) -> Sequence[Balance]: ...
    async def lessons_of(self, school: str, class_name: str) -> tuple[tuple[Taught, int], ...]: ...
    async def set_year(self, school: str, year: Year) -> Timetable: ...
    async def take_in(self, school: str, file: File, *, check: bool) -> Came: ...
    async def book(self, wanted: Occurrence) -> Occurrence: ...
    async def cancel(self, name: str) -> None: ...
    def in_the_openings_way(self, found: Iterable[Opening]) -> Sequence[Conflict]: ...
    async def open(self, found: Iterable[Opening]) -> None: ...
    async def close(self, identity: str) -> Sequence[Occurrence]: ...
    async def link(self, school: str, lab: str, teacher: str, by: str) -> tuple[CalendarLink, str]: ...
    async def unlink(self, identity: str) -> None: ...


class Registering(Protocol):
    """Which class and course each lesson is."""

    @property
    def on(self) -> Mapping[str, Taught]:
        """The lessons that are on, by name."""

    async def say(self, lesson: Lesson, class_name: str, course: str) -> Taught: ...
    async def lately(self, teacher: str) -> Sequence[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the app needs; `build_app(parts)` gets it. `engine` is the registry's database (migrated),
    `quarantine` is None where nothing is forwarded.
    """

    settings: HubSettings
    registry: Registry
    latest: LatestValues
    readings: Readings
    ledger: Ledger
    commands: Commands
    alarms: Alarms
    limits: Limiting
    bus: Bus
    health: Health
    engine: AsyncEngine
    leases: LeaseHolding
    asks: Asking
    lessons: Teaching
    floor: FloorGiving
    stop: Stopping
    stocktaking: Stocktaking
    interlocks: Interlocking
    drivers: DriverConfiguring
    recordings: Recordings
    telling: Telling
    derived: Deriving
    wall: WallOpening
    automations: Automating
    pe: PeClasses
    timetable: Timetabling
    register: Registering
    quarantine: Quarantine | None = None
