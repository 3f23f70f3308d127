"""The bell: starts the lessons that the timetable starts, where nobody has the lab."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_hub.accounts.actions import Action
from labkeeper_hub.accounts.person import Person, Scope
from labkeeper_hub.accounts.rights import may
from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.lessons.desk import LessonDesk
from labkeeper_hub.lessons.lesson import LessonRefused
from labkeeper_hub.timetable.bookings import LATE_MS, due
from labkeeper_hub.timetable.desk import TimetableDesk
from labkeeper_hub.timetable.register import Register
from labkeeper_hub.timetable.slots import Occurrence
from labkeeper_wire.leases.book import LeaseRefused, Room

log = logging.getLogger(__name__)
LOOK_S = 2.0
BY = "timetable"


def _nobody(_: str) -> Person | None:
    return None


@dataclass(slots=True, eq=False)
class Bell:
    """Looks at the timetable from time to time. `person` tells what somebody may do; until it is put in, nobody."""

    desk: TimetableDesk
    lessons: LessonDesk
    register: Register
    person: Callable[[str], Person | None] = _nobody
    audit: Notes = field(default_factory=Unheard)
    _refused: str = ""  # of which it was said last that it was refused

    async def run(self) -> None:
        """Ring when it is time, for ever."""
        while True:
            await self.ring()
            await asyncio.sleep(LOOK_S)

    async def ring(self) -> None:
        """Start every lesson that is due now and may start."""
        now_ms = self.desk.now_ms()
        if not any(self._starts(school) for school in self.desk.timetables):
            return
        for one in due(self.desk.found(now_ms - LATE_MS, now_ms + 1), self.register.begun, now_ms):
            if self._free(Room(one.school, one.lab)) and self._may(one, now_ms):
                await self._start(one, now_ms)

    def _starts(self, school: str) -> bool:
        timetable = self.desk.timetable(school)
        return any(one.starts for one in timetable.weekly) or any(one.starts for one in timetable.dated)

    def _free(self, room: Room) -> bool:
        """Tell whether nobody has anything of a lab: the bell beats nobody."""
        taken = any(one.scope.room == room for one in self.lessons.leases.held())
        return not taken and not self.lessons.is_on(*room)

    def _may(self, one: Occurrence, now_ms: int) -> bool:
        person = self.person(one.what.teacher)
        return person is not None and may(person, Action.LEASE, Scope(one.school, one.lab), now_ms).allowed

    async def _start(self, one: Occurrence, now_ms: int) -> None:
        """Start it; what is refused now is tried again at the next look, as long as it is due."""
        where = f"{one.school}/{one.lab}"
        try:
            await self.lessons.start(one.what.teacher, Room(one.school, one.lab), one.end_ms - now_ms)
        except (LessonRefused, LeaseRefused) as refused:  # somebody came first, or the disk
            if one.name != self._refused:
                log.info("no lesson starts by the timetable in %s: %s", where, refused)
            self._refused = one.name
            return
        self.register.begun.add(one.name)
        self.audit.note(BY, "start_lesson", where, one.what.teacher)
