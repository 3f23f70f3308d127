"""Which points of two runs belong together, and where their common time begins."""

import pytest

from labkeeper_hub.recordings.comparison import origin_ms, pairs_of
from labkeeper_hub.recordings.recording import Mark, RecordingRefused, mark

from .made import START_MS, point, recording


def names(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return list(pairs)


def test_the_same_point_comes_first() -> None:
    one = recording(point(), point("co2"))
    other = recording(point(), point("co2"), point(device="window"))
    found = [(pair.one.device, pair.other.device) for pair in pairs_of(one, other)]
    assert found == names(("air", "air"), ("air", "air"))


def test_a_point_of_another_device_is_its_counterpart_where_each_has_one_of_that_name() -> None:
    found = pairs_of(recording(point(device="left")), recording(point(device="right")))
    assert [(pair.one.device, pair.other.device) for pair in found] == names(("left", "right"))
    two = recording(point(device="a"), point(device="b"))
    assert pairs_of(recording(point(device="left")), two) == []
    assert pairs_of(two, recording(point(device="left"))) == []


def test_words_are_not_compared() -> None:
    assert pairs_of(recording(point("mode", kind="str")), recording(point("mode", kind="str"))) == []


def test_the_common_time_begins_at_the_start_or_at_a_mark() -> None:
    marked = mark(recording(), Mark(START_MS + 500, "p-1", "lamp on"))
    assert origin_ms(marked, None) == START_MS
    assert origin_ms(marked, 1) == START_MS + 500
    for wrong in (0, 2):
        with pytest.raises(RecordingRefused, match="marks"):
            origin_ms(marked, wrong)
