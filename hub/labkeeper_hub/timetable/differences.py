"""What a file would change in a timetable: slots added, changed, taken away, and left as they are. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from labkeeper_hub.timetable.slots import Dated, Slot, Timetable

AnySlot: TypeAlias = Slot | Dated
MOST_TOLD = 200  # what somebody reads through before pressing; the counts tell of the rest


class Kind(StrEnum):
    """What becomes of a slot."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Difference(NamedTuple):
    """A slot as it will be, and as it was; of one that is taken away only the latter."""

    kind: Kind
    now: AnySlot | None
    was: AnySlot | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """The first of them, and how many there are of each kind; `kept` is how many stay as they are."""

    first: tuple[Difference, ...] = ()
    added: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0


def differences(before: Timetable, after: Timetable) -> Differences:
    """Compare two timetables slot by slot. One on the same day of the same lab from the same time on is changed."""
    old, new = Counter[AnySlot](_slots(before)), Counter[AnySlot](_slots(after))
    found = sorted(_paired((old - new).elements(), (new - old).elements()), key=_order)
    counts = Counter(one.kind for one in found)
    return Differences(
        tuple(found[:MOST_TOLD]), counts[Kind.ADDED], counts[Kind.CHANGED], counts[Kind.REMOVED], (old & new).total()
    )


def _slots(timetable: Timetable) -> Iterator[AnySlot]:
    yield from timetable.weekly
    yield from timetable.dated


def _place(slot: AnySlot) -> tuple[str, ...]:
    day = str(slot.day) if isinstance(slot, Slot) else str(slot.date)
    return slot.lab, day, str(slot.start)


def _paired(gone: Iterable[AnySlot], come: Iterable[AnySlot]) -> Iterator[Difference]:
    left: dict[tuple[str, ...], list[AnySlot]] = defaultdict(list)
    for one in gone:
        left[_place(one)].append(one)
    for one in come:
        was = left[_place(one)]
        yield Difference(Kind.CHANGED, one, was.pop(0)) if was else Difference(Kind.ADDED, one)
    for each in left.values():
        yield from (Difference(Kind.REMOVED, None, one) for one in each)


def _order(one: Difference) -> tuple[object, ...]:
    slot = one.now or one.was
    return (*_place(slot), one.kind) if slot else ()
