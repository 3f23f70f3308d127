"""What a file comes to: read, compared with what there is, and held against the whole year. Pure, and much work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple, TypeAlias

from pydantic import TypeAdapter

from labkeeper_hub.timetable.conflicts import Conflict, conflicts_among, once_each
from labkeeper_hub.timetable.csv_file import read_csv
from labkeeper_hub.timetable.differences import Differences, differences
from labkeeper_hub.timetable.reading import Fault, Known, Read
from labkeeper_hub.timetable.slots import Occurrence, Timetable, occurrences
from labkeeper_hub.timetable.year import Year

MOST_TOLD = 20  # conflicts of one import
AT_ONCE = 100  # slots that the hub takes up in one go: under a millisecond
Format: TypeAlias = Literal["csv", "ics"]


class File(NamedTuple):
    """A file's text, and what names in it may mean."""

    format: Format
    text: str
    known: Known


@dataclass(frozen=True, slots=True)
class Task:
    """A file for a school, whose timetable is given as it is kept (""; there is none), and the bookings to come."""

    file: File
    school: str
    kept: str
    booked: tuple[Occurrence, ...]
    now_ms: int


class Clash(NamedTuple):
    """A conflict, and the rows of the file that it is about; none: the file says nothing of it."""

    conflict: Conflict
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Came:
    """What it came to. With faults or clashes nothing may be changed."""

    labs: tuple[str, ...] = ()
    weekly: int = 0
    dated: int = 0
    faults: tuple[Fault, ...] = ()
    clashes: tuple[Clash, ...] = ()
    differences: Differences = field(default_factory=Differences)

    @property
    def fits(self) -> bool:
        """Tell whether it can be taken in."""
        return not self.faults and not self.clashes


TASK: TypeAdapter[Task] = TypeAdapter(Task)
CAME: TypeAdapter[Came] = TypeAdapter(Came)
KEPT: TypeAdapter[Timetable] = TypeAdapter(Timetable)
EMPTY = Timetable()


def outcome(task: Task) -> tuple[Came, Timetable]:
    """Return what a file comes to, and the timetable with it in the place of all slots of its labs."""
    before = KEPT.validate_json(task.kept) if task.kept else EMPTY
    read = _read(task.file)
    if read.faults:
        return Came(faults=read.faults), before
    after = before.without(read.labs).with_slots(read.weekly, read.dated)
    clashes = tuple(_clashes(task, after, read))
    told = Came(tuple(sorted(read.labs)), len(read.weekly), len(read.dated), (), clashes, differences(before, after))
    return told, after


def _read(file: File) -> Read:
    if file.format == "csv":
        return read_csv(file.text, file.known)
    from labkeeper_hub.timetable.ics_file import read_ics  # noqa: PLC0415 -- icalendar: only the importing process needs it

    return read_ics(file.text, file.known)


def in_pieces(timetable: Timetable) -> Iterator[Timetable]:
    """Return it slot by slot, so many at once, without its year: pieces that the hub can take up between two beats."""
    for at in range(0, len(timetable.weekly), AT_ONCE):
        yield Timetable(weekly=timetable.weekly[at : at + AT_ONCE])
    for at in range(0, len(timetable.dated), AT_ONCE):
        yield Timetable(dated=timetable.dated[at : at + AT_ONCE])


def _clashes(task: Task, after: Timetable, read: Read) -> Iterator[Clash]:
    """Return conflicts of the year that have to do with the file's labs; what is over is nobody's concern."""
    span = after.year.span
    if span is None:
        return
    planned = [one for one in occurrences(task.school, after, *span) if one.end_ms > task.now_ms]
    kept = [one for one in task.booked if one.end_ms > task.now_ms]
    found = (one for one in conflicts_among([*planned, *kept]) if {one.wanted.lab, one.there.lab} & read.labs)
    for one in once_each(islice(found, MOST_TOLD * 50))[:MOST_TOLD]:
        yield Clash(one, rows_of(read, after.year, (one.wanted, one.there)))


def rows_of(read: Read, year: Year, both: Sequence[Occurrence]) -> tuple[int, ...]:
    """Return the rows of a table that say what is on then and there."""
    wanted = {(one.lab, one.what, year.local(one.start_ms).time(), year.local(one.end_ms).time()) for one in both}
    return tuple(sorted(row for slot, row in read.rows if (slot.lab, slot.what, slot.start, slot.end) in wanted))
