"""A gap record is taken exactly or not at all."""

import json

import pytest

from labkeeper_hub.ingest.gap import LONGEST, BadGap, Gap, Offered, parse_gap

FIELDS = {"id": 7, "from_ms": 10, "to_ms": 20, "readings": 100, "batches": "3-5;9-9"}


def test_a_gap_record_is_read() -> None:
    assert parse_gap(json.dumps(FIELDS)) == Gap("7", 10, 20, 100, ((3, 5), (9, 9)))
    assert parse_gap(json.dumps({**FIELDS, "batches": ""})).batches == ()
    offered = parse_gap(json.dumps({**FIELDS, "offered": "3-5:30;9-9:10"})).offered
    assert offered == (Offered(3, 5, 30), Offered(9, 9, 10))


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "x" * (LONGEST + 1),
        "no json",
        "[]",
        "{}",
        "[" * 5000,
        *(
            json.dumps({**FIELDS, **wrong})
            for wrong in (
                {"readings": -1},
                {"readings": True},
                {"from_ms": 1.5},
                {"to_ms": "20"},
                {"batches": 5},
                {"batches": "5-3"},
                {"batches": "0-3"},
                {"batches": "a-b"},
                {"batches": "1-2-3"},
                {"offered": 5},
                {"offered": "3-5"},
                {"offered": "3-5:-1"},
                {"offered": "9-9:1;3-5:1"},
                {"offered": "3-5:1;5-5:1"},
                {"offered": "3-5:34"},
            )
        ),
    ],
)
def test_anything_else_is_no_gap_record(value: object) -> None:
    with pytest.raises(BadGap):
        parse_gap(value)
