"""Plots as SVG, small and sharp in print. Each part has a class, so that a page's style sheet decides how it looks, and
the attributes in `LOOKS` for who lays out SVG without the style sheet around it, as the PDF's layout does.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from math import floor, isfinite, log10
from typing import Final

from labkeeper_hub.reports.document import Line, Plot

WIDTH, HEIGHT = 480, 132
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 8, 20
MOST_TICKS_Y, MOST_TICKS_X = 5, 6
EDGE = 24.0  # nearer to an end of the axis than this, a time is written towards the middle
STEPS_MS: Final = tuple(
    1000 * seconds
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800)
)
DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
LOOKS: Final = {
    "grid": 'stroke="#ccc"',
    "tick": 'fill="#444" font-size="11"',
    "tick time": 'fill="#444" font-size="11"',
    "line": 'fill="none" stroke="#1f5fd0" stroke-width="1.5" stroke-linejoin="round"',
    "dot": 'fill="#1f5fd0"',
    "band": 'fill="#1f5fd0" fill-opacity="0.18"',
    "mark": 'stroke="#8a5300" stroke-dasharray="3 3"',
    "mark-label": 'fill="#8a5300" font-size="10"',
}
"""Ink on paper: the print style of `html.py`, which a test holds against this."""


def plot(what: Plot, offset_min: int = 0) -> str:
    """Return the SVG of one plot."""
    scale = Scale(what)
    ticks = "".join((*_across(scale, offset_min), *_up(scale)))
    label = escape(f"{what.title}. {what.summary}")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{ticks}'
        f"{''.join(_line(what.line, scale))}{''.join(_marks(what, scale))}</svg>"
    )


def _of(kind: str) -> str:
    return f'class="{kind}" {LOOKS[kind]}'


class Scale:
    """Where times and values lie on the drawing."""

    def __init__(self, what: Plot) -> None:
        self.from_ms, self.to_ms = what.from_ms, max(what.to_ms, what.from_ms + 1)
        values = [one for one in (*what.line.values, *what.line.low, *what.line.high) if isfinite(one)]
        low, high = min(values, default=0.0), max(values, default=1.0)
        self.low, self.high = (-0.1, 1.1) if what.line.stepped and 0 <= low <= high <= 1 else _room(low, high)

    def x(self, time_ms: float) -> str:
        """Return a place across, to a tenth."""
        part = (time_ms - self.from_ms) / (self.to_ms - self.from_ms)
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, part)):.1f}"

    def y(self, value: float) -> str:
        """Return a place down, to a tenth."""
        part = (value - self.low) / (self.high - self.low)
        return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part:.1f}"


def ticks_of(low: float, high: float, most: int = MOST_TICKS_Y) -> list[float]:
    """Return round numbers between two, at most so many."""
    rough = (high - low) / most
    size = 10.0 ** floor(log10(rough))
    step = next(size * by for by in (1, 2, 5, 10) if size * by >= rough * (1 - 1e-9))
    first = -floor(-low / step + 1e-9)
    return [(first + at) * step for at in range(most + 1) if (first + at) * step <= high + step * 1e-9]


def number(value: float) -> str:
    """Return a number in few digits."""
    return f"{value:.6g}" if value else "0"


def _room(low: float, high: float) -> tuple[float, float]:
    flat = abs(high) * 0.1 or 1.0
    spare = flat if low == high else max((high - low) * 0.08, abs(high) * 0.002, 1e-3)
    return low - spare, high + spare


def _across(scale: Scale, offset_min: int) -> Iterator[str]:
    span = scale.to_ms - scale.from_ms
    step = next((one for one in STEPS_MS if span / one <= MOST_TICKS_X), -(-span // MOST_TICKS_X // DAY_MS) * DAY_MS)
    offset = offset_min * MINUTE_MS
    first = -(-(scale.from_ms + offset) // step) * step
    for time_ms in range(first, scale.to_ms + offset + 1, step):
        x = scale.x(time_ms - offset)
        yield f'<line {_of("grid")} x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text {_of("tick time")} x="{x}" y="{HEIGHT - 5}" {_anchor(float(x))}>{_moment(time_ms, step)}</text>'


def _anchor(x: float) -> str:
    where = "start" if x < LEFT + EDGE else "end" if x > WIDTH - RIGHT - EDGE else "middle"
    return f'text-anchor="{where}"'


def _moment(local_ms: int, step: int) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=local_ms)
    if step >= DAY_MS or (local_ms % DAY_MS == 0 and step >= DAY_MS // 12):
        return f"{when.month}-{when.day}"
    return when.strftime("%H:%M:%S" if step < MINUTE_MS else "%H:%M")


def _up(scale: Scale) -> Iterator[str]:
    for value in ticks_of(scale.low, scale.high):
        y = scale.y(value)
        yield f'<line {_of("grid")} x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text {_of("tick")} x="{LEFT - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{number(value)}</text>'


def _line(line: Line, scale: Scale) -> Iterator[str]:
    for part in pieces_of(line):
        xs = [scale.x(line.times[at]) for at in part]
        if line.low and line.high:
            under = [f"{x},{scale.y(line.low[at])}" for x, at in zip(xs, part, strict=True)]
            over = [f"{x},{scale.y(line.high[at])}" for x, at in zip(xs, part, strict=True)]
            yield f'<polygon {_of("band")} points="{" ".join((*under, *reversed(over)))}"/>'
        places = [(x, scale.y(line.values[at])) for x, at in zip(xs, part, strict=True)]
        if len(places) == 1:
            yield f'<circle {_of("dot")} cx="{places[0][0]}" cy="{places[0][1]}" r="1.5"/>'
        else:
            points = _stepped(places) if line.stepped else places
            yield f'<polyline {_of("line")} points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def pieces_of(line: Line) -> list[range]:
    """Return where a line goes on without a gap, as ranges of places."""
    cuts = [at + 1 for at, (one, two) in enumerate(pairwise(line.times)) if two - one > line.gap_ms]
    edges = [0, *cuts, len(line.times)]
    return [range(start, end) for start, end in pairwise(edges) if end > start]


def _stepped(places: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for (x, y), (following, _) in pairwise(places):
        yield x, y
        yield following, y
    yield places[-1]


def _marks(what: Plot, scale: Scale) -> Iterator[str]:
    for time_ms, label in what.marks:
        x = scale.x(time_ms)
        yield f'<line {_of("mark")} x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text {_of("mark-label")} x="{min(float(x) + 3, WIDTH - 12):.1f}" y="{TOP + 9}">{escape(label)}</text>'
