"""The alarms there are: every change is written down with its line of history, and then told."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.alarms.catalogue import Catalogue
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.flood import DAY_MS, Notice
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.alarms.states import (
    Acknowledged,
    Alarm,
    AlarmRefused,
    Cleared,
    Event,
    Reset,
    Returned,
    Service,
    Shelf,
    Shelved,
    TakenOut,
    Unshelved,
    due,
    step,
)
from labkeeper_hub.alarms.tallies import AlarmTallies, Call, Tally
from labkeeper_hub.alarms.words import kind_of, value_of, words_of
from labkeeper_hub.bus import EventBus
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.trouble import Trouble

log = logging.getLogger(__name__)
RETRY_S = 1.0
SECOND_PERSON_MS = 600_000  # how long a request waits for the second person


@dataclass(slots=True, eq=False)
class Kept:
    """One alarm as it stands in memory, and as people have been told: nobody is shown what a crash could take back."""

    now: AlarmNow
    told: AlarmNow | None = None

    def change(self) -> AlarmNow | None:
        """Return what people are told."""
        return self.told


@dataclass(slots=True)
class AlarmDesk:
    """Alarms by key; whoever changes one has it on disk before it is told, unless the disk refuses."""

    records: AlarmRecords
    bus: EventBus
    catalogue: Catalogue
    now_ms: Callable[[], int]
    tally: Tally = field(default_factory=Tally)
    pulse: Pulse = field(default_factory=lambda: Pulse("alarms: records"))
    _kept: dict[AlarmKey, Kept] = field(default_factory=dict)
    _unsaved: dict[Kept, None] = field(default_factory=dict)
    _entries: list[AlarmEntry] = field(default_factory=list)
    _asked: dict[AlarmKey, tuple[str, str, int]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving_trouble: Trouble = field(default_factory=lambda: Trouble(log, "alarms: cannot be saved (%s); trying again"))

    async def load(self) -> None:
        """Take up what earlier runs left; what a rule raised that is no more is over, and waits for people only."""
        for now in await self.records.load():
            rule = self.catalogue.rules.get(now.key.rule)
            ranked = replace(now, state=replace(now.state, rank=rule.rank(now.level) if rule else 0))
            self._kept[now.key] = Kept(ranked, ranked)
            if now.state.active and rule is None:
                self.happens(now.key, Cleared(None), self.now_ms())
        for entry in await self.records.called_since(self.now_ms() - DAY_MS):
            self.tally.remember(Call(entry.at_ms, entry.key, self.catalogue.priority_of(entry.key.rule, entry.level)))

    # --- what there is ----------------------------------------------------------------------------------------------
    def known(self, key: AlarmKey) -> AlarmNow | None:
        """Return one alarm, None if it never was."""
        kept = self._kept.get(key)
        return None if kept is None else kept.now

    def shown(self) -> tuple[AlarmNow, ...]:
        """Return what anybody has to do with, the worst first."""
        found = (kept.told for kept in self._kept.values())
        return tuple(sorted((now for now in found if now is not None and now.state.shown), key=_urgency))

    def standing(self) -> tuple[AlarmNow, ...]:
        """Return the same as it is in memory, told or not, in no order."""
        return tuple(kept.now for kept in self._kept.values() if kept.now.state.shown)

    def tallies(self) -> AlarmTallies:
        """Return the numbers of EEMUA 191."""
        return self.tally.tallies(self.shown(), self.now_ms())

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
        await self.save()
        return await self.records.history(limit=limit, since_ms=since_ms, before=before, rule=rule, source=source)

    async def of_lab(self, school: str, lab: str, from_ms: int, to_ms: int) -> Sequence[AlarmEntry]:
        """Return a lab's lines with from_ms <= time < to_ms, the newest first."""
        await self.save()
        return await self.records.of_lab(school, lab, from_ms, to_ms)

    # --- what happens -----------------------------------------------------------------------------------------------
    def happens(self, key: AlarmKey, event: Event, time_ms: int, *, lab: str = "", level: str = "") -> None:
        """Take one event, of an alarm that may be new; raises AlarmRefused."""
        kept = self._kept.get(key)
        if kept is None:
            safety = self.catalogue.rules[key.rule].safety
            kept = self._kept[key] = Kept(AlarmNow(key, lab, level, Alarm(safety=safety)))
        before = kept.now
        after = step(before.state, event, time_ms)
        if after is before.state:
            return
        kept.now = AlarmNow(key, lab or before.lab, level or before.level, after)
        who, why = words_of(event)
        kind = kind_of(before.state, event)
        at_ms = self.now_ms()
        self.note(AlarmEntry(key, kept.now.lab, kind, kept.now.level, time_ms, at_ms, value_of(after, event), who, why))
        self._unsaved[kept] = None
        self._count(kept.now, before.state, kind, at_ms)

    def note(self, entry: AlarmEntry) -> None:
        """Add a line to the history."""
        self._entries.append(entry)
        self._changed.set()

    def time_passes(self) -> None:
        """End what time ends, and say what waited for its group."""
        now_ms = self.now_ms()
        for key, kept in self._kept.items():
            ends = due(kept.now.state, now_ms)
            if ends is not None:
                self.happens(key, ends, now_ms)
        self._say(self.tally.announcer.due(now_ms))

    # --- what people do ---------------------------------------------------------------------------------------------
    async def acknowledge(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]:
        """Somebody has seen them; returns once that is on disk."""
        return await self._all(keys, lambda _: Acknowledged(who))

    async def reset(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]:
        """End latches; raises AlarmRefused while one's condition holds or nobody has acknowledged."""
        return await self._all(keys, lambda _: Reset(who))

    async def shelve(self, keys: Iterable[AlarmKey], shelf: Shelf) -> tuple[AlarmNow, ...]:
        """Put aside; raises AlarmRefused for the safety class, no reason, or an end that is none."""
        return await self._all(keys, lambda _: Shelved(shelf))

    async def unshelve(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]:
        """Take back."""
        return await self._all(keys, lambda _: Unshelved(who))

    async def put_back(self, keys: Iterable[AlarmKey], who: str) -> tuple[AlarmNow, ...]:
        """Put back into service."""
        return await self._all(keys, lambda _: Returned(who))

    async def take_out(self, key: AlarmKey, who: str, order: str) -> AlarmNow:
        """Take out of service. Of the safety class the first person only asks (AlarmRefused `second_person`), and
        another one who says the same within ten minutes does it.
        """
        now_ms, first = self.now_ms(), self._asked.get(key)
        asked_by = first[0] if first and first[1] == order and now_ms - first[2] < SECOND_PERSON_MS else who
        try:
            done = await self._all((key,), lambda _: TakenOut(Service(asked_by, order, "" if asked_by == who else who)))
        except AlarmRefused as refused:
            if refused.code == "second_person" and asked_by == who:
                self._asked[key] = (who, order, now_ms)
            raise
        self._asked.pop(key, None)
        return done[0]

    async def _all(self, keys: Iterable[AlarmKey], event: Callable[[AlarmKey], Event]) -> tuple[AlarmNow, ...]:
        """Do it to all of them or, if one refuses, to none."""
        wanted = tuple(dict.fromkeys(keys))
        now_ms = self.now_ms()
        for key in wanted:
            if key not in self._kept:
                raise AlarmRefused("unknown_alarm", "There is no such alarm")
            step(self._kept[key].now.state, event(key), now_ms)
        for key in wanted:
            self.happens(key, event(key), now_ms)
        await self.save()
        return tuple(self._kept[key].now for key in wanted)

    # --- on disk ----------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Write what changed and tell it, for ever."""
        while True:
            await self._changed.wait()
            with self.pulse.working():
                await self._try_saving()

    async def save(self) -> None:
        """Return when every change up to now is on disk and told."""
        async with self._saving:
            await self._save()

    async def _save(self) -> None:
        self._changed.clear()
        unsaved, self._unsaved = self._unsaved, {}
        entries, self._entries = self._entries, []
        if not unsaved and not entries:
            return
        states = {kept: kept.now for kept in unsaved}
        try:
            await self.records.save(states.values(), entries)
        except BaseException:
            self._unsaved = {**unsaved, **self._unsaved}
            self._entries = [*entries, *self._entries]
            raise
        finally:
            for kept, now in states.items():
                kept.told = now
            self.bus.note_all(unsaved)  # an alarm that the disk refuses is told all the same

    async def _try_saving(self) -> None:
        try:
            await self.save()
        except DBAPIError as error:
            self._saving_trouble.begun(error.orig)
            await asyncio.sleep(RETRY_S)
            self._changed.set()
        else:
            self._saving_trouble.over()

    # --- inside -----------------------------------------------------------------------------------------------------
    def _count(self, now: AlarmNow, before: Alarm, kind: str, at_ms: int) -> None:
        if kind == "acknowledged":
            self.tally.acknowledgement(now.key, at_ms, at_ms - before.raised_ms)
        if now.state.annunciated and (kind == "risen" or not before.annunciated):
            self.tally.raise_of(now.key, now.state.priority, at_ms)
            self._say(self.tally.announcer.say(now.key, at_ms, safety=now.state.safety))

    def _say(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.tally.notices[notice.flood] += 1
            first = self._kept[notice.alarms[0]].now
            where = "/".join(part for part in first.key.source if part)
            more = f" and {len(notice.alarms) - 1} more (flood)" if notice.flood else ""
            log.warning("alarm: %s (%s) at %s%s", first.key.rule, first.state.priority.name.lower(), where, more)


def _urgency(now: AlarmNow) -> tuple[bool, bool, int, int, AlarmKey]:
    state = now.state
    return not state.annunciated, not state.safety, -state.priority, -state.raised_ms, now.key
