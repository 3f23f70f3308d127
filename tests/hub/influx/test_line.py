"""Lines that read back as what they were made of, and readings of which none can be made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.influx.line import BadName, head, lines
from labkeeper_hub.timeseries.columns import BAD, FIRST_WIDE, STALE, kind_of
from labkeeper_hub.timeseries.forwarding import Batch
from labkeeper_hub.timeseries.group import Group
from labkeeper_sdk import Value

from .protocol import parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: not name.endswith("\\") and "\\" not in name
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-FIRST_WIDE, 2 * FIRST_WIDE - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)


def batch_of(*readings: tuple[int, int, Value | None], ordinals: list[int] | None = None) -> Batch:
    """Readings as (quality mark, time, value) of series 1."""
    group = Group()
    for mark, time_ms, value in readings:
        group.add(1, time_ms, mark | kind_of(value), value)
    places = np.array(ordinals or [0] * len(readings), np.int64)
    return Batch(group.columns(), places, len(readings), 0)


def fields_of(value: Value | None, quality: int) -> dict[str, object]:
    """The fields the schema asks for."""
    told: dict[str, object] = {} if quality == 192 and value is not None else {"quality": quality}
    if value is None:
        return told
    if isinstance(value, bool):
        return {"value_bool": value, **told}
    if isinstance(value, int):
        return ({"value_int": value} if value < FIRST_WIDE else {"value_text": str(value)}) | told
    return {"value" if isinstance(value, float) else "value_text": value, **told}


@given(
    st.lists(
        st.tuples(st.sampled_from([(0, 192), (STALE, 500), (BAD, 0)]), st.integers(-(10**12), 8 * 10**12), VALUES),
        max_size=20,
    )
)
def test_a_line_reads_back_as_the_reading_it_was_made_of(made: list[tuple[tuple[int, int], int, Value | None]]) -> None:
    batch = batch_of(*((mark, time_ms, value) for (mark, _), time_ms, value in made), ordinals=list(range(len(made))))
    found = lines(batch, lambda _: "readings,point=p")
    assert not found.refused
    for place, ((_, quality), time_ms, value) in enumerate(made):
        point = parse(found.sendable[place].decode())
        assert (point.measurement, point.tags) == ("readings", {"point": "p"})
        expected = fields_of(value, quality)
        assert {name: repr(one) for name, one in point.fields.items()} == {n: repr(v) for n, v in expected.items()}
        assert point.time_ns == time_ms * 1_000_000 + place


@given(st.dictionaries(st.sampled_from(["school", "lab", "node", "device", "point", "kind"]), NAMES, min_size=1))
def test_tags_are_escaped_and_sorted(tags: dict[str, str]) -> None:
    made = head(tags)
    point = parse(f"{made} value=1.0 5")
    assert (point.tags, list(point.tags)) == (tags, sorted(tags))


def test_an_empty_tag_is_left_out() -> None:
    assert head({"device": "", "point": "p"}) == "readings,point=p"


@pytest.mark.parametrize("name", ["two\nlines", "tab\t", "ends with\\", "\0"])
def test_a_name_that_no_tag_can_hold_is_said(name: str) -> None:
    with pytest.raises(BadName):
        head({"point": name})


@pytest.mark.parametrize(
    ("reading", "ordinal", "why"),
    [
        ((0, 5, float("nan")), 0, "not a finite number"),
        ((STALE, 5, float("-inf")), 0, "not a finite number"),
        ((0, 9_300_000_000_000, 1.0), 0, "a time that InfluxDB cannot hold (1677 to 2262)"),
        ((0, -(1 << 63), True), 0, "a time that InfluxDB cannot hold (1677 to 2262)"),
        ((0, 5, 1.0), 1_000_000, "more than a million readings in one millisecond"),
        ((0, 5, "half \ud800"), 0, "a text with half a character"),
    ],
)
def test_a_reading_that_influxdb_cannot_hold_is_quarantined_with_the_reason(
    reading: tuple[int, int, Value], ordinal: int, why: str
) -> None:
    found = lines(batch_of((0, 1, 1.0), reading, ordinals=[0, ordinal]), lambda _: "readings")
    assert [one.reason for one in found.refused] == [why]
    assert found.sendable == [b"readings value=1.0 1000000"]


def test_the_last_times_that_can_be_held_are_sent() -> None:
    last_ms = ((1 << 63) - 2) // 1_000_000
    found = lines(batch_of((0, last_ms, 1.0), (0, -last_ms, 1.0)), lambda _: "readings")
    assert (len(found.sendable), found.refused) == (2, [])


def test_readings_of_a_series_with_a_bad_name_are_quarantined() -> None:
    def bad(_: int) -> str:
        raise BadName("a bad name")

    found = lines(batch_of((0, 1, "text"), (0, 2, 2.0)), bad)
    assert not found.sendable
    assert [one.reason for one in found.refused] == ["a bad name", "a bad name"]
    assert found.refused[1].line == "series 1 value=2.0 2000000"
