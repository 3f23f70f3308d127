"""A report before it is drawn; JSON on the drawing process's standard input."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Language: TypeAlias = Literal["zh", "en"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Part):
    """A name and what it is."""

    name: str
    value: str


class Line(_Part):
    """Values at times (ms), at most `gap_ms` apart where the line goes on; `low` and `high` are drawn as a band."""

    times: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    gap_ms: int
    stepped: bool = False


class Plot(_Part):
    """One plot from `from_ms` to `to_ms`; `marks` are moments with a short label."""

    title: str
    summary: str
    from_ms: int
    to_ms: int
    line: Line
    marks: tuple[tuple[int, str], ...] = ()


class Table(_Part):
    """Rows under a header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


class Section(_Part):
    """Plots and tables about one thing."""

    title: str
    facts: tuple[Fact, ...] = ()
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()


class Document(_Part):
    """A whole report. Times of day are `offset_min` minutes ahead of UTC."""

    language: Language
    title: str
    subtitle: str
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    foot: str = ""
    print_word: str
    offset_min: int = 0
