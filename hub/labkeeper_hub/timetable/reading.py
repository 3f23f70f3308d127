"""What reading a timetable's file comes to: slots, and every fault with its row and column. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_hub.timetable.slots import Dated, Slot
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk import Title

MOST_SLOTS = 5000
MOST_FAULTS = 50


class Fault(NamedTuple):
    """What is wrong in one place of a file; `row` counts from 1, with a table's heading as the first."""

    row: int
    column: str
    told: Title


class Wrong(Exception):
    """A cell cannot be read."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.column = column
        self.told = Title(zh, en)


@dataclass(frozen=True, slots=True)
class Known:
    """What names in a file may mean: labs by id and title, people by login and pseudonym, and the school's year."""

    year: Year
    labs: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def lab(self, said: str) -> str:
        """Return a lab's id; raises Wrong."""
        if said not in self.labs:
            raise Wrong("lab", f"没有名为“{said}”的实验室", f"there is no lab “{said}”")
        return self.labs[said]

    def teacher(self, said: str) -> str:
        """Return a pseudonym, "" for nobody; raises Wrong."""
        if said and said.casefold() not in self.people:
            raise Wrong("teacher", f"没有名为“{said}”的账号", f"there is no account “{said}”")
        return self.people[said.casefold()] if said else ""

    def class_name(self, said: str) -> str:
        """Return a class's name; raises Wrong where the year names its classes and this is none of them."""
        if said and self.year.classes and said not in {one.name for one in self.year.classes}:
            raise Wrong("class", f"学年里没有班级“{said}”", f"the year has no class “{said}”")
        return said

    def course(self, said: str) -> str:
        """Return a course's name for its name or title; raises Wrong where the year names courses."""
        for one in self.year.courses:
            if said and said in (one.name, one.title.zh, one.title.en):
                return one.name
        if said and self.year.courses:
            raise Wrong("course", f"学年里没有课程“{said}”", f"the year has no course “{said}”")
        return said


@dataclass(frozen=True, slots=True)
class Read:
    """What a file said, and what of it could not be read."""

    weekly: tuple[Slot, ...] = ()
    dated: tuple[Dated, ...] = ()
    faults: tuple[Fault, ...] = ()
    rows: tuple[tuple[Slot | Dated, int], ...] = ()
    """Where in a table each slot stands."""

    @property
    def labs(self) -> frozenset[str]:
        """The labs it says something of."""
        return frozenset(one.lab for one in self.weekly) | frozenset(one.lab for one in self.dated)


def fault(row: int, wrong: Wrong) -> Fault:
    """Return what is wrong, with its place."""
    return Fault(row, wrong.column, wrong.told)


def whole_file(zh: str, en: str, row: int = 1, column: str = "") -> Read:
    """Return the reading of a file of which nothing can be used."""
    return Read(faults=(Fault(row, column, Title(zh, en)),))
