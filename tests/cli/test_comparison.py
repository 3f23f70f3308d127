"""What counts as missing, invented and altered."""

import json

from hypothesis import given
from hypothesis import strategies as st

from labkeeper_cli.comparison import Differences, Seen, Witnessed, compare, compare_series, read_witness

VALUES = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))


@given(st.lists(st.tuples(st.integers(0, 50), VALUES), max_size=30), st.randoms())
def test_the_same_readings_in_any_order_do_not_differ(rows: list[tuple[int, object]], random: object) -> None:
    stored = list(rows)
    random.shuffle(stored)  # type: ignore[attr-defined] # a list, behind a sequence's type
    assert compare_series([Seen(*row) for row in rows], stored).none


def test_each_kind_of_difference_is_told_apart() -> None:
    seen = [Seen(1, 10.0), Seen(2, 20.0), Seen(3, 30.0)]
    assert compare_series(seen, [(1, 10.0), (2, 20.0)]) == Differences(missing=1)
    assert compare_series(seen, [(1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)]) == Differences(invented=1)
    assert compare_series(seen, [(1, 10.0), (2, 20.5), (3, 30.0)]) == Differences(altered=1)
    assert compare_series(seen, [(1, 10.0), (2, 20.0), (3, 30.0), (3, 30.0)]) == Differences(invented=1)
    assert compare_series(seen, [(1, 10.0), (2, 20.0), (4, 30.0)]) == Differences(missing=1, invented=1)


def test_a_device_without_a_clock_is_compared_by_its_values() -> None:
    seen = [Seen(None, "on"), Seen(None, "off"), Seen(None, "on")]
    assert compare_series(seen, [(5, "on"), (6, "off"), (7, "on")]).none
    assert compare_series(seen, [(5, "on"), (6, "off")]) == Differences(missing=1)
    assert compare_series(seen, [(5, "on"), (6, "off"), (7, "odd")]) == Differences(altered=1)


def test_values_are_told_apart_to_the_last_bit_and_by_type() -> None:
    assert not compare_series([Seen(1, 0.1)], [(1, 0.1 + 2**-55)]).none
    assert not compare_series([Seen(1, 1)], [(1, True)]).none
    assert not compare_series([Seen(1, 2**53 + 1)], [(1, float(2**53))]).none
    assert compare_series([Seen(1, 21)], [(1, 21.0)]).none


def test_an_unconfirmed_reading_is_neither_missing_nor_invented() -> None:
    assert compare_series([], [(1, 5)], [Seen(1, 5)]).none
    assert compare_series([], [], [Seen(1, 5)]).none
    assert compare_series([], [(1, 6)], [Seen(1, 5)]) == Differences(invented=1)


def test_a_series_only_one_side_has_counts() -> None:
    witnessed = Witnessed({("a", "x"): [Seen(1, 1)]}, {})
    found = compare(witnessed, {("b", "y"): [(1, 1)]})
    assert sum(found.values(), Differences()) == Differences(missing=1, invented=1)


def test_a_witness_file_cut_short_is_read_to_its_last_whole_line() -> None:
    reading = {"device": "d", "property": "p", "value": 1, "time_ms": 5, "published_ms": 6}
    lines = [json.dumps(reading) + "\n", json.dumps({"command": {"device": "d"}}) + "\n"]
    lines += [json.dumps({"unconfirmed": {**reading, "value": 2}}) + "\n", json.dumps(reading)[:20]]
    witnessed = read_witness(lines)
    assert witnessed.readings == 1
    assert witnessed.unconfirmed == {("d", "p"): [Seen(5, 2)]}
