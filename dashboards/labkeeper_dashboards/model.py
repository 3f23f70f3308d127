"""What a dashboard is, before Grafana: rows of panels, each with its questions, unit, limits and words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from labkeeper_dashboards.drawing import Limits
from labkeeper_dashboards.influxql import Query
from labkeeper_sdk import Title


class Kind(StrEnum):
    """The panels used; Grafana ships all of them."""

    CHART = "timeseries"
    NUMBER = "stat"
    TABLE = "table"
    STATES = "state-timeline"
    BARS = "bargauge"


@dataclass(frozen=True, slots=True)
class Word:
    """What stands for these values, as Grafana writes them, and its colour."""

    values: tuple[str, ...]
    title: Title
    colour: str


Words: TypeAlias = tuple[Word, ...]


def truths(no: Title, yes: Title, no_colour: str, yes_colour: str) -> Words:
    """Return what stands for 0 and 1, false and true."""
    return Word(("0", "false"), no, no_colour), Word(("1", "true"), yes, yes_colour)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: how it is called, its unit and limits; `words` stand for values.

    Columns share a table's width equally, but for those of a width of their own, in pixels.
    """

    name: str
    title: Title
    unit: str = "none"
    limits: Limits | None = None
    words: Words = ()
    decimals: int | None = None
    width_px: int | None = None


class Order(StrEnum):
    """Which values of a column come first."""

    LEAST = "least"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart that is known beforehand: what it is called, and in which colour if it means something."""

    name: str
    title: Title
    colour: str = ""


class Ranked(StrEnum):
    """Which lines of a chart need a look first, and by what of each."""

    LOWEST = "lastNotNull"
    MOST = "sum"


@dataclass(frozen=True, slots=True)
class Look:
    """How a panel shows what it got."""

    unit: str
    limits: Limits
    words: Words = ()
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    stacked: bool = False
    bars: bool = False
    columns: tuple[Column, ...] = ()
    lines: tuple[Line, ...] = ()
    needs: str = ""  # a table's rows without this column are left out: names come for every device
    ranked: Ranked | None = None  # the legend as a table of last values, those that need a look first
    order: tuple[tuple[str, Order], ...] = ()  # of a table's rows, by columns: those that need a look are seen first
    total_by: tuple[str, ...] = ()  # a table's rows that agree in these columns become one, its numbers added up


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `width` in 24ths of the page, `height` in lines of 38 pixels."""

    kind: Kind
    title: Title
    text: Title
    queries: tuple[Query, ...]
    look: Look
    width: int = 12
    height: int = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of the page, filled by `query`; `many`: several, or all."""

    name: str
    title: Title
    text: Title
    query: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: Title
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `name` is the end of its uid."""

    name: str
    title: Title
    text: Title
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    since: str = "now-6h"
    refresh: str = "30s"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Every panel, in order."""
        return tuple(panel for row in self.rows for panel in row.panels)


SCHOOL = Variable(
    "school",
    Title("学校", "School"),
    Title("数据来自哪所学校", "Whose readings are shown"),
    'SHOW TAG VALUES FROM "readings" WITH KEY = "school"',
)
SCHOOLS = Variable("school", SCHOOL.title, SCHOOL.text, SCHOOL.query, many=True)
LAB = Variable(
    "lab",
    Title("实验室", "Lab"),
    Title("一间、几间或全部实验室", "One lab, several or all"),
    'SHOW TAG VALUES FROM "readings" WITH KEY = "lab" WHERE "school" =~ /^$school$/ AND "node" !~ /^#hub$/',
    many=True,
)
