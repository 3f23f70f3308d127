"""The stream of changes: coalesced, resumable, and commands never lost."""

import asyncio
from dataclasses import dataclass

import pytest

from labkeeper_hub.bus import EventBus
from labkeeper_hub.model import Changes, Command, Latest, Order, PointKey, State
from labkeeper_hub.ports import HistoryLost

DEADLINE_S = 30.0


@dataclass(eq=False)
class Meter:
    """A thing that changes."""

    name: str
    value: float | None = 0.0

    def change(self) -> Latest | None:
        key = PointKey("s", "n", "d", self.name)
        return None if self.value is None else Latest(key, self.value, 1, 192, False)


def command(state: State = State.QUEUED, number: str = "1") -> Command:
    return Command(Order(number, PointKey("s", "n", "d", "p"), True, "owner", 0, 1), state, "", "", 0)


def values(changes: Changes) -> list[object]:
    return [change.value if isinstance(change, Latest) else change for change in changes.changes]


async def next_after(bus: EventBus, at: int) -> Changes:
    async with asyncio.timeout(DEADLINE_S):
        return await bus.after(at)


async def test_a_point_that_changes_often_is_told_once_with_its_last_value() -> None:
    bus, meter = EventBus(flush_s=0.001), Meter("a")
    for number in range(5):
        meter.value = float(number)
        bus.note(meter)
    changes = await next_after(bus, 0)
    assert (changes.at, values(changes)) == (1, [4.0])


async def test_a_command_is_told_at_once_with_what_it_brought_about() -> None:
    bus, target, other = EventBus(flush_s=3600), Meter("target"), Meter("other")
    bus.note(target)
    bus.note(other)
    bus.announce(command(), target, Meter("unchanged"))
    assert values(await next_after(bus, 0)) == [0.0, command()]
    bus.flush()
    assert values(await next_after(bus, 1)) == [0.0]
    assert bus.at == 2


async def test_who_is_not_behind_gets_the_same_object_as_everybody() -> None:
    bus = EventBus()
    first, second = (asyncio.create_task(next_after(bus, 0)) for _ in range(2))
    await asyncio.sleep(0)
    bus.announce(command())
    assert await first is await second


async def test_who_is_behind_gets_the_latest_of_each_point_and_every_command() -> None:
    bus, meter = EventBus(flush_s=3600), Meter("a")
    for number, state in enumerate((State.QUEUED, State.SENT, State.DONE)):
        meter.value = float(number)
        bus.note(meter)
        bus.flush()
        bus.announce(command(state))
    changes = await next_after(bus, 0)
    assert changes.at == 6
    assert values(changes) == [command(State.QUEUED), command(State.SENT), 2.0, command(State.DONE)]


async def test_a_place_too_far_back_or_never_reached_is_refused() -> None:
    bus = EventBus(flush_s=3600, limit=3)
    for number in range(10):
        bus.announce(command(number=str(number)))
    assert [at for at in range(12) if bus.remembers(at)] == [7, 8, 9, 10]
    for at in (6, 11):
        with pytest.raises(HistoryLost):
            await next_after(bus, at)


async def test_nothing_to_tell_is_not_told() -> None:
    bus = EventBus(flush_s=3600)
    bus.note(Meter("never had a value", None))
    bus.flush()
    bus.flush()
    assert bus.at == 0
