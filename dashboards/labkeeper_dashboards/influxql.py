"""Questions to InfluxDB in InfluxQL, the language that 1.x, 2.x and 3.x answer; built from parts so that the shape of
the answer is known: its tags are `by`, its columns the names of `fields`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from labkeeper_sdk import Title

READINGS = '"readings"'
TIME = "$timeFilter"
STEP = "$__interval"
SCHOOL = '"school" =~ /^$school$/'
LAB = '"lab" =~ /^$lab$/'
OF_LABS = f"{SCHOOL} AND {LAB}"
HUB = f"{SCHOOL} AND \"node\" = '#hub'"
ABOUT_NODES = f'{OF_LABS} AND "node" =~ /^#hub\\//'

Function = Literal["mean", "max", "min", "last", "sum", "count", "spread", "median"]
Field = Literal["value", "value_int", "value_bool", "value_text", "number"]
"""`number` is a device's number of any type: floats and integers lie in fields of their own, and both are asked."""
Single = Literal["value", "value_int"]
NUMBERS: tuple[Single, ...] = ("value", "value_int")
NAMELESS: Final = Title("", "")
SERIES = ("school", "lab", "device", "point")


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT. `every`: one row per step of time, else one row in all; `inner` are asked instead of the readings;
    `table`: one table with the tags as columns, else a line per combination of tags, called `legend`.
    """

    fields: tuple[tuple[str, str], ...]  # name, expression
    where: str
    by: tuple[str, ...] = ()
    every: str = ""
    fill: str = ""
    inner: "tuple[Query, ...]" = ()
    legend: Title = NAMELESS
    window: str = TIME
    table: bool = False

    @property
    def text(self) -> str:
        """The statement."""
        select = ", ".join(f'{expression} AS "{name}"' for name, expression in self.fields)
        source = ", ".join(f"({one.text})" for one in self.inner) or READINGS
        conditions = " AND ".join(filter(None, (self.where, self.window)))
        groups = [f"time({self.every})"] if self.every else []
        groups += [f'"{tag}"' for tag in self.by]
        grouped = f" GROUP BY {', '.join(groups)}" if groups else ""
        filled = f" fill({self.fill})" if self.every else ""
        return f"SELECT {select} FROM {source} WHERE {conditions}{grouped}{filled if self.fill else ''}"  # noqa: S608 -- our own constants

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the answer besides the time."""
        return tuple(name for name, _ in self.fields)

    def called(self, legend: str | Title) -> "Query":
        """Return the same question, its lines called so; a plain text, of tags alone, is the same in every language."""
        return replace(self, legend=Title(legend, legend) if isinstance(legend, str) else legend)

    def as_table(self) -> "Query":
        """Return the same question, answered as one table."""
        return replace(self, table=True)


def point(*names: str) -> str:
    """Return the condition for points of these names, alone or as the last part of a grouped name (`board/co2`)."""
    return f'"point" =~ /^(.*\\/)?({"|".join(names)})$/'


def figure(device: str, name: str) -> str:
    """Return the condition for one of the hub's figures."""
    return f"\"device\" = '{device}' AND \"point\" = '{name}'"


def over_time(
    function: Function, field: Field, where: str, by: Sequence[str] = ("lab",), *, every: str = STEP, name: str = ""
) -> Query:
    """Ask for one row per step of time."""
    return _asked(name or function, function, field, Query((), where, tuple(by), every=every, fill="none"))


def at_once(function: Function, field: Field, where: str, by: Sequence[str] = (), *, name: str = "") -> Query:
    """Ask for one row."""
    return _asked(name or function, function, field, Query((), where, tuple(by)))


def _asked(name: str, function: Function, field: Field, query: Query) -> Query:
    """Return the query with its column; of numbers, what each series says in either field, put together."""
    if field != "number":
        return replace(query, fields=((name, f'{function}("{field}")'),))
    series = (*query.by, *(tag for tag in SERIES if tag not in query.by))
    inner = tuple(replace(query, fields=(("each", f'{function}("{one}")'),), by=series) for one in NUMBERS)
    return replace(query, fields=((name, f'{function}("each")'),), where="", inner=inner)


def of_latest(
    function: Function, field: Field, where: str, by: Sequence[str] = (), *, name: str, each: Sequence[str]
) -> Query:
    """Ask for one row made of the latest value of every series, as many as there are combinations of `each`."""
    latest = at_once("last", field, where, (*by, *(tag for tag in each if tag not in by)), name="latest")
    return Query(((name, f'{function}("latest")'),), "", tuple(by), inner=(latest,))


def summed(field: Field, where: str, by: Sequence[str], *, each: str) -> Query:
    """Ask for one row per step of time: the most of every series within it, those of each `each` added up."""
    most = over_time("max", field, where, (*by, each), name="most")
    return Query((("sum", 'sum("most")'),), "", tuple(by), every=STEP, fill="none", inner=(most,))


def those_where(condition: str, inner: Query) -> Query:
    """Ask for the rows of the answer that fulfil the condition, with the tags of the question."""
    return Query(tuple((name, f'"{name}"') for name in inner.names), condition, inner.by, inner=(inner,))


def used(every: str, where: str, by: Sequence[str], *, total: bool = False) -> Query:
    """Ask what meters counted in each step: differences of their last value, leaving out those of a new meter."""
    step = "10m" if total else every
    series = (*by, *(tag for tag in SERIES if tag not in by))
    rows = tuple(
        Query((("used", f'non_negative_difference(last("{field}"))'),), where, series, every=step, fill="none")
        for field in NUMBERS
    )
    outer = Query((("used", 'sum("used")'),), "", tuple(by), inner=rows)
    return outer if total else replace(outer, every=every, fill="none")
