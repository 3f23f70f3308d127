"""The hub's parts, joined: what is opened, in which order, and who tells whom."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from labkeeper_hub.alarms.catalogue import load_site, shipped
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.limit_desk import LimitDesk
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.alarms.tap import Tap
from labkeeper_hub.alarms.watch import AlarmWatch, never_late
from labkeeper_hub.audit import Notes
from labkeeper_hub.automations.desk import AutomationDesk
from labkeeper_hub.automations.diary import Diary
from labkeeper_hub.automations.history import Archive
from labkeeper_hub.automations.records import RunRecords
from labkeeper_hub.automations.watch import AutomationWatch, World
from labkeeper_hub.bus import EventBus
from labkeeper_hub.commands.desk import CommandDesk
from labkeeper_hub.commands.intents import IntentLog
from labkeeper_hub.commands.records import CommandRecords, course_of
from labkeeper_hub.derived.catalogue import FILE as DERIVED
from labkeeper_hub.derived.catalogue import load as load_derivations
from labkeeper_hub.derived.watch import DerivedWatch
from labkeeper_hub.drivers.desk import DriverDesk
from labkeeper_hub.figures.told import Rooms
from labkeeper_hub.figures.watch import Watch
from labkeeper_hub.floor.desk import FloorDesk
from labkeeper_hub.health import HubHealth
from labkeeper_hub.influx.forwarder import Forwarder
from labkeeper_hub.influx.opening import open_forwarder, readings_of
from labkeeper_hub.ingest.births import Births
from labkeeper_hub.ingest.deliveries import Deliveries
from labkeeper_hub.ingest.host import Host, Outlet
from labkeeper_hub.ingest.intake import Intake
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.interlocks.desk import InterlockDesk
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.leases.ask_desk import AskDesk
from labkeeper_hub.leases.desk import LeaseDesk
from labkeeper_hub.lessons.acting import Acting
from labkeeper_hub.lessons.desk import LessonDesk
from labkeeper_hub.lessons.record import LessonRecord
from labkeeper_hub.lessons.scene_file import FILE as SCENES
from labkeeper_hub.lessons.scene_file import load_scenes
from labkeeper_hub.pe.desk import PeDesk, open_pe
from labkeeper_hub.ports import Parts
from labkeeper_hub.pulse import Pulse, WatchedAccounts
from labkeeper_hub.recordings.desk import RecordingDesk
from labkeeper_hub.recordings.files import Files
from labkeeper_hub.recordings.recorder import Recorder
from labkeeper_hub.recordings.records import RecordingRecords
from labkeeper_hub.recordings.sources import HubSources
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.registry.records import Records
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.stop.desk import StopDesk
from labkeeper_hub.telling.desk import TellingDesk
from labkeeper_hub.telling.records import TellingRecords
from labkeeper_hub.timeseries.catalogue import Catalogue, open_catalogue
from labkeeper_hub.timeseries.journal import Journal, Keeping, open_journal
from labkeeper_hub.timeseries.pins import Pins
from labkeeper_hub.timetable.bell import Bell
from labkeeper_hub.timetable.desk import TimetableDesk
from labkeeper_hub.timetable.records import TimetableRecords
from labkeeper_hub.timetable.register import Both, Register
from labkeeper_hub.vault import open_vault
from labkeeper_hub.wall.desk import WallDesk
from labkeeper_sdk.plugins import load_channels
from labkeeper_wire import mqtt
from labkeeper_wire.leases.book import Scope, is_automation

END_S = 10.0  # a worker that does not end by then is left behind


class Resumable(Protocol):
    """A desk that keeps something on disk."""

    async def resume(self) -> None: ...


Kept = TypeVar("Kept", bound=Resumable)
Worker = tuple[str, Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Hub:
    """What runs: built by `open_hub`, ended in the order of `main`."""

    parts: Parts
    journal: Journal
    catalogue: Catalogue
    deliveries: Deliveries
    registry_records: Records
    desk: CommandDesk
    host: Host
    accounts: WatchedAccounts
    forwarder: Forwarder | None
    watch: Watch
    leases: LeaseDesk
    asks: AskDesk
    lessons: LessonDesk
    floor: FloorDesk
    stop: StopDesk
    alarms: AlarmWatch
    interlocks: InterlockDesk
    drivers: DriverDesk
    recordings: RecordingDesk
    telling: TellingDesk
    derived: DerivedWatch
    automations: AutomationDesk
    pe: PeDesk
    timetable: TimetableDesk
    bell: Bell

    def workers(self) -> Sequence[Worker]:
        """Return the workers, those that others need first."""
        forwarding = [("influx", self.forwarder.run())] if self.forwarder else []
        return (
            ("journal: commits", self.journal.collect(self.accounts)),
            ("journal: compaction", self.journal.compact_when_due()),
            ("journal: upkeep", self.journal.upkeep.run()),
            ("catalogue", self.catalogue.keep()),
            ("registry: records", self.registry_records.save_when_changed()),
            *forwarding,
            ("commands", self.desk.run()),
            ("leases", self.leases.run()),
            ("asks", self.asks.run()),
            ("lessons", self.lessons.run()),
            ("timetable", self.bell.run()),
            ("interlocks", self.interlocks.run()),
            ("drivers", self.drivers.run()),
            ("recordings", self.recordings.run()),
            ("figures", self.watch.run()),
            ("alarms", self.alarms.run()),
            ("telling", self.telling.run()),
            ("derived", self.derived.run()),
            ("automations", self.automations.run()),
            ("PE classes", self.pe.run()),
            ("host", self.host.run()),
            ("stop", self.stop.run()),
        )


@asynccontextmanager
async def open_hub(settings: HubSettings, intents: IntentLog, audit: Notes) -> AsyncIterator[Hub]:
    """Open database and journal, and compose the hub upon them; what the last run left open ends in the record."""
    keeping = Keeping(settings.retention.retention(), now_ms=now_ms)
    async with (
        open_database(settings.database_url) as engine,
        open_journal(settings.journal_file, keeping=keeping) as journal,
        open_catalogue(journal, settings.journal_file) as catalogue,
    ):
        bus, refusals, outlet = EventBus(), Refusals(), Outlet()
        registry = HubRegistry(bus, journal.series_of, journal.live())
        records = Records(engine, registry)
        await records.load()
        desk = CommandDesk(registry, bus, CommandRecords(engine), intents, refusals, outlet.write, now_ms, audit=audit)
        leases = await _resumed(LeaseDesk(registry, bus, settings.data, outlet.write, now_ms, audit=audit))
        desk.fence_for = leases.fence_for
        asks = AskDesk(leases.held, lambda: bus.note(leases), now_ms, audit)
        acting = Acting(registry, registry, desk, bus)
        given = load_scenes(settings.data / SCENES)
        lessons = await _resumed(LessonDesk(acting, leases, bus, settings.data, now_ms, given, audit=audit))
        floor = await _resumed(FloorDesk(leases, registry, settings.data, audit))
        leases.asks, leases.ended = asks.all, floor.lease_ended
        wall = await _resumed(WallDesk(settings.data, now_ms))
        await desk.resume([course_of(row) for row in intents.left])
        signing = open_signing(settings.data)
        interlocks = await _resumed(InterlockDesk(registry, settings.data, outlet.write, now_ms, signing, audit))
        drivers = await _resumed(DriverDesk(registry, settings.data, outlet.write, refusals, now_ms, audit=audit))
        stop = await _resumed(_stop_desk(settings, registry, bus, outlet))
        deliveries = Deliveries(outlet.acknowledge)
        deliveries.recall(journal.outboxes())
        intake = Intake(journal, deliveries, bus, refusals, desk.answer)
        births = Births(registry, deliveries, intake, desk.node_lost, outlet.introduce)
        births.drivers, intake.drivers = drivers.born, drivers.heard
        host = Host(mqtt.Address.parse(settings.broker), settings.host_id, births, intake, outlet, now_ms)
        alarms, limits = await _alarms(settings, engine, bus)
        alarm_watch = AlarmWatch(registry, journal, alarms, lambda: host.connected, now_ms, lessons.is_on, stop.stopped)
        timetable, register = await _timetable(engine)
        telling = await _telling(settings, engine, alarms, registry, timetable)
        derived, heard = _derived(settings, registry, journal, lessons, deliveries)
        tap = alarm_watch.tap = Tap(heard, alarm_watch.streams)
        watched = WatchedAccounts(tap, Pulse("journal: commits"))
        acts = Pulse("automations")
        pulses = [one.pulse for one in (watched, records, desk, host, alarms, alarm_watch, telling, derived)]
        async with (
            open_forwarder(settings.influx, journal, registry) as forwarder,
            open_pe(settings.data, settings.pe_keep_h, lessons.is_on, now_ms) as pe,
        ):
            intake.personal, alarm_watch.influx_late = pe.heard, _lateness(forwarder)
            health = HubHealth(now_ms(), host, refusals, journal, desk, watched.times, (*pulses, acts), forwarder)
            readings = readings_of(settings.influx, journal, registry)
            recordings = await _recordings(settings, engine, journal, HubSources(registry, deliveries, desk, alarms))
            lessons.recorder = Both(LessonRecord(Recorder(recordings, registry)), register)
            bell = Bell(timetable, lessons, register)
            world = World(acting, leases, lessons, stop)
            automations = await _automations(
                settings, engine, world, timetable, Archive(readings, recordings.all, registry.node_of), acts
            )
            parts = Parts(
                settings=settings,
                registry=registry,
                latest=registry,
                readings=readings,
                ledger=deliveries,
                commands=desk,
                alarms=alarms,
                limits=limits,
                bus=bus,
                health=health,
                engine=engine,
                leases=leases,
                asks=asks,
                lessons=lessons,
                floor=floor,
                stop=stop,
                stocktaking=catalogue,
                interlocks=interlocks,
                drivers=drivers,
                recordings=recordings,
                telling=telling,
                derived=derived,
                wall=wall,
                automations=automations,
                pe=pe,
                timetable=timetable,
                register=register,
                quarantine=forwarder.forwarding if forwarder else None,
            )
            yield Hub(
                parts=parts,
                journal=journal,
                catalogue=catalogue,
                deliveries=deliveries,
                registry_records=records,
                desk=desk,
                host=host,
                accounts=watched,
                forwarder=forwarder,
                watch=Watch(
                    registry,
                    journal,
                    deliveries,
                    desk,
                    alarms,
                    health,
                    settings.journal_file,
                    settings.figures_s,
                    now_ms,
                    partial(_rooms, pe, stop, leases),
                ),
                leases=leases,
                asks=asks,
                lessons=lessons,
                floor=floor,
                stop=stop,
                alarms=alarm_watch,
                interlocks=interlocks,
                drivers=drivers,
                recordings=recordings,
                telling=telling,
                automations=automations,
                derived=derived,
                pe=pe,
                timetable=timetable,
                bell=bell,
            )


def _derived(
    settings: HubSettings, registry: HubRegistry, journal: Journal, lessons: LessonDesk, deliveries: Deliveries
) -> tuple[DerivedWatch, Tap]:
    """Bound before anybody looks, so that a derived point has the same place before its first row as after."""
    declarations = load_derivations(settings.data / DERIVED)
    watch = DerivedWatch(registry, journal, declarations, now_ms, lessons.is_on)
    watch.bind()
    tap = watch.tap = Tap(deliveries, watch.fed)
    return watch, tap


async def _alarms(settings: HubSettings, engine: AsyncEngine, bus: EventBus) -> tuple[AlarmDesk, LimitDesk]:
    rules = load_site(shipped(), settings.data / "alarms.toml")
    desk = AlarmDesk(AlarmRecords(engine), bus, rules, now_ms)
    await desk.load()
    return desk, await _resumed(LimitDesk(desk, rules, settings.data, now_ms))


def _rooms(pe: PeDesk, stop: StopDesk, leases: LeaseDesk) -> Rooms:
    """Return what people do in labs; an automation is no person, and a bench is no lab."""
    held = (one for one in leases.held() if not is_automation(one.holder) and one.scope == Scope(one.scope.room))
    return Rooms(
        pe.minutes(), frozenset(one.school for one in stop.stops().stops), frozenset(one.scope.room for one in held)
    )


def _lateness(forwarder: Forwarder | None) -> Callable[[], bool]:
    """Return what tells whether readings wait too long for InfluxDB."""
    return never_late if forwarder is None else forwarder.progress.is_late


def _stop_desk(settings: HubSettings, registry: HubRegistry, bus: EventBus, outlet: Outlet) -> StopDesk:
    address = mqtt.Address.parse(settings.broker)
    return StopDesk(address, settings.host_id, registry, bus, settings.data, outlet.write, now_ms)


async def _resumed(desk: Kept) -> Kept:
    """Return the desk with what it keeps on disk read again."""
    await desk.resume()
    return desk


async def _recordings(
    settings: HubSettings, engine: AsyncEngine, journal: Journal, sources: HubSources
) -> RecordingDesk:
    files = Files(settings.journal_file)
    desk = RecordingDesk(RecordingRecords(engine), journal, Pins(journal), files, sources, now_ms)
    await desk.load()
    return desk


async def _timetable(engine: AsyncEngine) -> tuple[TimetableDesk, Register]:
    desk = TimetableDesk(TimetableRecords(engine), now_ms)
    await desk.load()
    register = Register(desk.records, desk.fits, now_ms)
    await register.load()
    return desk, register


async def _telling(
    settings: HubSettings, engine: AsyncEngine, alarms: AlarmDesk, registry: HubRegistry, timetable: TimetableDesk
) -> TellingDesk:
    vault = open_vault(settings.data)
    desk = TellingDesk(TellingRecords(engine), vault, load_channels(), alarms, registry, timetable.calendar, now_ms)
    await desk.load()
    return desk


async def _automations(
    settings: HubSettings, engine: AsyncEngine, world: World, timetable: TimetableDesk, archive: Archive, pulse: Pulse
) -> AutomationDesk:
    diary = Diary(RunRecords(engine), now_ms)
    watch = AutomationWatch(world, diary, now_ms, timetable.calendar)
    desk = AutomationDesk(watch, archive, settings.data, pulse)
    await desk.resume()
    return desk


def now_ms() -> int:
    """Return the wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
