"""The table of leases on the wire: it comes back as it was, and nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.leases.table import LONGEST_LEFT_MS, LONGEST_TABLE, Allowed, BadTable, Lease, LeaseTable

NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ALLOWED = st.builds(Allowed, st.text(max_size=9), st.text(max_size=9), NUMBERS, NUMBERS)
NAMES = st.text(max_size=9)
GIVEN = st.none() | st.lists(ALLOWED, max_size=3).map(tuple)
LEFT = st.integers(0, LONGEST_LEFT_MS)


@st.composite
def tables(draw: st.DrawFn) -> LeaseTable:
    """Any table a hub may tell."""
    fences = sorted(draw(st.sets(st.integers(1, 2**64 - 1), max_size=5)))
    leases = [
        Lease(fence, draw(NAMES), draw(NAMES), draw(NAMES), draw(LEFT), draw(st.sampled_from([0, *fences[:at]])), floor)
        for at, fence in enumerate(fences)
        for floor in [draw(GIVEN)]
    ]
    return LeaseTable(
        draw(st.integers(max(fences, default=1), 2**64 - 1)), draw(st.integers(0, 2**64 - 1)), tuple(leases)
    )


@given(tables())
def test_a_table_comes_back_as_it_was(table: LeaseTable) -> None:
    assert LeaseTable.from_text(table.to_text()) == table


LEASE = {"fence": 2, "holder": "a", "left_ms": 1}
BAD: list[object] = [
    None,
    7,
    "",
    "[" * 2000,
    "[]",
    " " * (LONGEST_TABLE + 1),
    '{"fence": 1, "renewal": 0}',
    '{"fence": 0, "renewal": 0, "leases": []}',
    '{"fence": true, "renewal": 0, "leases": []}',
    '{"fence": 1, "renewal": -1, "leases": []}',
    '{"fence": 1, "renewal": 0, "leases": [7]}',
    '{"fence": 1, "renewal": 0, "leases": {}}',
]
BAD_LEASES: list[list[dict[str, object]]] = [
    [LEASE, LEASE],
    [LEASE | {"fence": 9}],
    [LEASE | {"parent": 1}],
    [LEASE | {"parent": 2}],
    [LEASE | {"holder": 7}],
    [LEASE | {"holder": "x" * 300}],
    [LEASE | {"left_ms": -1}],
    [LEASE | {"floor": 7}],
    [LEASE | {"floor": [{"device": "d"}]}],
    [LEASE | {"floor": [{"device": "d", "point": "p", "maximum": "x"}]}],
    [LEASE | {"floor": [{"device": "d", "point": "p", "maximum": True}]}],
]


@pytest.mark.parametrize("text", [*BAD, *(json.dumps({"fence": 5, "renewal": 0, "leases": one}) for one in BAD_LEASES)])
def test_anything_else_is_no_table(text: object) -> None:
    with pytest.raises(BadTable):
        LeaseTable.from_text(text)


def test_what_a_newer_hub_adds_is_ignored() -> None:
    text = json.dumps({"fence": 5, "renewal": 0, "leases": [LEASE | {"color": "red"}], "more": 1})
    assert LeaseTable.from_text(text).leases == (Lease(2, "a", left_ms=1),)
