"""The worker that looks four times a second, takes the lease, commands, gives it back, and writes down why."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.automations.diary import Diary
from labkeeper_hub.automations.machine import Act, Beaten, Ended, Event, Looked, State, step
from labkeeper_hub.automations.rules import Automation, Occasion
from labkeeper_hub.automations.seeing import Sight, asked, given, known, points_of, scope_of, sights_of, wishes_of
from labkeeper_hub.automations.trace import Outcome, Trace, Why, results_of
from labkeeper_hub.lessons.acting import Acting
from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import Device, HeldLease
from labkeeper_hub.ports import LeaseHolding, Stopping
from labkeeper_hub.telling.hours import Calendars
from labkeeper_wire.leases.book import AUTOMATION, LeaseRefused, Room, Scope

log = logging.getLogger(__name__)
WALK_MS = 1000
SHORTEST_LEASE_MS = 30_000  # longer than any command of a run; given back as soon as all have ended


class Lessons(Protocol):
    """What an automation asks of lessons."""

    def is_on(self, school: str, lab: str) -> bool: ...
    def scenes(self, room: Room) -> tuple[Scene, ...]: ...


@dataclass(frozen=True, slots=True)
class World:
    """What there is to look at and to act on."""

    acting: Acting
    leases: LeaseHolding
    lessons: Lessons
    stop: Stopping

    def devices(self, room: Room) -> list[Device]:
        """Return the devices of a lab."""
        return [one for one in self.acting.registry.devices(room.school) if one.lab == room.lab]

    def points(self, automations: Iterable[Automation]) -> dict[Room, tuple[Sight, ...]]:
        """Return what these may speak of, by lab: one walk over all devices, which is what costs something here."""
        occasions: dict[Room, list[Occasion]] = {}
        for one in automations:
            occasions.setdefault(one.room, []).append(one.occasion)
        devices: dict[Room, list[Device]] = {room: [] for room in occasions}
        for device in self.acting.registry.devices():
            devices.get(Room(device.key.school, device.lab), []).append(device)
        return {room: points_of(devices[room], asked(found)) for room, found in occasions.items()}

    def sights(self, points: Sequence[Sight]) -> tuple[Sight, ...]:
        """Return points of one lab as they are now."""
        nodes = {point.key.of_node for point in points}
        return sights_of(points, (one for node in nodes for one in self.acting.latest.latest(*node)))

    def wishes(self, automation: Automation) -> tuple[Wish, ...]:
        """Return what an automation would command now."""
        room = automation.room
        return wishes_of(automation.then, self.devices(room), self.lessons.scenes(room))

    def scope(self, automation: Automation) -> Scope:
        """Return what it would hold for that."""
        return scope_of(automation.room, self.wishes(automation), self.devices(automation.room))


@dataclass(slots=True)
class AutomationWatch:
    """What each automation remembers, by its id."""

    world: World
    diary: Diary
    now_ms: Callable[[], int]
    calendars: Calendars
    audit: Notes = field(default_factory=Unheard)
    states: dict[str, State] = field(default_factory=dict)
    _points: dict[Room, tuple[Sight, ...]] = field(default_factory=dict)
    _named: tuple[Automation, ...] = ()
    _walked_ms: int = 0

    def look(self, automations: Sequence[Automation]) -> list[tuple[Automation, Act]]:
        """Look at these once; what held one up is noted, what is to be done is returned."""
        points = self._points_of(automations)
        stopped = {one.school for one in self.world.stop.stops().stops} if automations else set()
        sights = {room: self.world.sights(found) for room, found in points.items()}
        found = ((one, self._step(one, self._looked(one, sights[one.room], stopped))) for one in automations)
        return [(one, act) for one, act in found if act is not None]

    def _points_of(self, automations: Sequence[Automation]) -> dict[Room, tuple[Sight, ...]]:
        """Return what they speak of, as it was a second ago at most: devices come seldom, and looks are many."""
        names, now_ms = tuple(automations), self.now_ms()
        if names != self._named or not 0 <= now_ms - self._walked_ms < WALK_MS:
            self._points, self._named, self._walked_ms = self.world.points(automations), names, now_ms
        return self._points

    async def act(self, automation: Automation, act: Act) -> None:
        """Carry a run out under its own lease, and note what it came to."""
        wishes = self.world.wishes(automation)
        if not wishes:
            return self._ended(automation, Trace(automation.id, act.at_ms, Outcome.HELD, Why.NOTHING, act.parts))
        try:
            lease = await self._take(automation)
        except LeaseRefused as refused:
            why = Why.HUB_DISK if refused.code == "hub_disk" else Why.LEASED
            self._step(automation, Beaten(self.now_ms(), why))
            return None
        came = await self.world.acting.act("", wishes, lease.holder)
        if not automation.limits.hold_ms:
            await self.release(lease)
        results = results_of(wishes, came.count.missed)
        outcome = Outcome.PARTLY if came.count.missed else Outcome.DONE
        return self._ended(automation, Trace(automation.id, act.at_ms, outcome, None, act.parts, results))

    async def drop(self, name: str) -> None:
        """Let go of what a changed automation holds, and forget what it remembers but how often it has acted."""
        for lease in self.world.leases.held():
            if lease.holder == AUTOMATION + name:
                await self.release(lease)
        before = self.states.get(name, State())
        self.states[name] = State(acting=before.acting, acted_ms=before.acted_ms)

    async def release(self, lease: HeldLease) -> None:
        """Give a lease back, unless somebody has taken it already; one that cannot be given back ends by itself."""
        try:
            await self.world.leases.release(lease.fence, lease.holder)
        except LeaseRefused as refused:
            log.debug("automations: %s", refused)

    # --- inside -----------------------------------------------------------------------------------------------------
    async def _take(self, automation: Automation) -> HeldLease:
        for_ms = max(automation.limits.hold_ms, SHORTEST_LEASE_MS)
        return await self.world.leases.take(AUTOMATION + automation.id, self.world.scope(automation), for_ms)

    def _looked(self, automation: Automation, sights: Sequence[Sight], stopped: Collection[str]) -> Looked:
        now_ms, room = self.now_ms(), automation.room
        lesson = self.world.lessons.is_on(*room)
        values = {**known(automation.occasion.inputs, sights, now_ms), **given(sights, lesson=lesson)}
        obstacle = Why.STOP if room.school in stopped else Why.LESSON if lesson else self._leased(automation)
        return Looked(now_ms, values, self.calendars(room.school), obstacle)

    def _leased(self, automation: Automation) -> Why | None:
        """Say whether somebody else's lease is on what it is for."""
        others = [one for one in self.world.leases.held() if one.holder != AUTOMATION + automation.id]
        others = [one for one in others if one.scope.room == automation.room]
        return Why.LEASED if others and any(one.scope.meets(self.world.scope(automation)) for one in others) else None

    def _step(self, automation: Automation, event: Event) -> Act | None:
        before = self.states.get(automation.id, State())
        self.states[automation.id], effects = step(automation, before, event)
        self.diary.note(effect.trace for effect in effects if not isinstance(effect, Act))
        return next((effect for effect in effects if isinstance(effect, Act)), None)

    def _ended(self, automation: Automation, trace: Trace) -> None:
        self.diary.note((trace,))
        self.audit.note(AUTOMATION + automation.id, "run_automation", "/".join(automation.room), trace.words())
        self._step(automation, Ended())
