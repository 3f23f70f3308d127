"""Plots: where lines break, which numbers stand at the axes, and nothing that a document could be broken with."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.reports.document import Line, Plot
from labkeeper_hub.reports.svg import HEIGHT, WIDTH, number, pieces_of, plot, ticks_of

DAY_MS = 86_400_000


def drawn(line: Line, from_ms: int = 0, to_ms: int = 10_000, **more: tuple[tuple[int, str], ...]) -> ET.Element:
    what = Plot(title="CO₂ <b>", summary='"&', from_ms=from_ms, to_ms=to_ms, line=line, **more)
    return ET.fromstring(plot(what, 480))  # noqa: S314 - our own drawing


def classes(drawing: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in drawing.iter() if name in (one.get("class") or "").split()]


def test_a_line_breaks_where_readings_are_missing_and_a_lonely_one_is_a_dot() -> None:
    line = Line(times=(0, 1_000, 5_000, 9_000, 9_500), values=(1, 2, 3, 4, 5), gap_ms=1_000)
    assert pieces_of(line) == [range(2), range(2, 3), range(3, 5)]
    drawing = drawn(line)
    assert len(classes(drawing, "line")) == 2
    assert len(classes(drawing, "dot")) == 1


def test_nothing_has_axes_and_no_line() -> None:
    drawing = drawn(Line(times=(), values=(), gap_ms=1))
    assert classes(drawing, "line") == []
    assert classes(drawing, "tick")


def test_what_stays_at_nothing_has_an_axis_of_whole_steps() -> None:
    drawing = drawn(Line(times=(0, 10_000), values=(0, 0), gap_ms=20_000))
    words = [one.text for one in drawing.iter() if one.text and re.fullmatch(r"-?[0-9.]+", one.text)]
    assert {"-1", "0", "1"} <= set(words)


def test_lowest_and_highest_are_a_band_around_the_mean() -> None:
    drawing = drawn(Line(times=(0, 10_000), values=(2, 2), low=(1, 1), high=(3, 3), gap_ms=20_000))
    (band,) = classes(drawing, "band")
    assert len(band.get("points", "").split()) == 4


def test_a_state_has_no_slope() -> None:
    (line,) = classes(drawn(Line(times=(0, 5_000, 10_000), values=(0, 1, 0), gap_ms=9_000, stepped=True)), "line")
    places = [tuple(map(float, one.split(","))) for one in line.get("points", "").split()]
    assert all(one[0] == two[0] or one[1] == two[1] for one, two in itertools.pairwise(places))


def test_marks_stand_where_they_were_made() -> None:
    drawing = drawn(Line(times=(), values=(), gap_ms=1), marks=((5_000, "1"), (10_000, "2")))
    assert [float(one.get("x1", "")) for one in classes(drawing, "mark")] == [260.0, 472.0]
    assert [one.text for one in classes(drawing, "mark-label")] == ["1", "2"]


@pytest.mark.parametrize(
    ("to_ms", "words"),
    [
        (10_000, r"\d\d:\d\d:\d\d"),
        (3_600_000, r"\d\d:\d\d"),
        (DAY_MS, r"\d\d:\d\d|1-\d"),
        (7 * DAY_MS, r"1-\d"),
        (400 * DAY_MS, r"\d+-\d+"),
    ],
)
def test_times_are_told_as_the_window_needs_them(to_ms: int, words: str) -> None:
    drawing = drawn(Line(times=(), values=(), gap_ms=1), 0, to_ms)
    times = [one.text or "" for one in classes(drawing, "time")]
    assert 2 <= len(times) <= 9
    assert all(re.fullmatch(words, one) for one in times), times


def test_numbers_are_short() -> None:
    assert [number(one) for one in (0, 0.1 + 0.2, 1_234_567.0, -2.5)] == ["0", "0.3", "1.23457e+06", "-2.5"]


@given(low=st.floats(-1e9, 1e9), span=st.floats(1e-3, 1e9))
def test_ticks_are_few_and_within(low: float, span: float) -> None:
    ticks = ticks_of(low, low + span)
    assert 1 <= len(ticks) <= 6
    step = ticks[1] - ticks[0] if len(ticks) > 1 else span
    assert all(low - step * 1e-3 <= one <= low + span + step * 1e-3 for one in ticks)


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.floats(-1e6, 1e6)), max_size=40, unique_by=lambda one: one[0]),
    st.integers(1, 5_000),
)
def test_everything_is_drawn_within_the_drawing(rows: list[tuple[int, float]], gap_ms: int) -> None:
    rows.sort()
    line = Line(times=tuple(time for time, _ in rows), values=tuple(value for _, value in rows), gap_ms=gap_ms)
    for one in classes(drawn(line), "line"):
        for place in one.get("points", "").split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
