"""What a node makes of the tables it is told."""

import pytest

from labkeeper_wire.leases.table import Allowed, Lease, LeaseTable
from labkeeper_wire.leases.tenure import Aim, Ask, OldTable, Refusal, Tenure, refusal, take

ANNA = Lease(3, "anna", left_ms=60_000)
BENCH = Lease(4, "ben", bench="2", left_ms=60_000)
MOTOR = Allowed("robot", "motor", None, 40)
GROUP = Lease(5, "group-1", bench="1", left_ms=60_000, parent=3, floor=(MOTOR, Allowed("robot", "lamp")))
LIGHT = (Aim("lamp", True),)


def told(*leases: Lease, fence: int = 9, renewal: int = 0, now_s: float = 0.0, age_ms: int = 0) -> Tenure:
    return take(Tenure(), LeaseTable(fence, renewal, leases), now_s, age_ms)


def code(tenure: Tenure, ask: Ask, now_s: float = 0.1, *, unleased: bool = True) -> str:
    found = refusal(tenure, ask, now_s, unleased=unleased)
    return "" if found is None else found.code


def test_a_table_is_taken_once_and_never_after_a_newer_one() -> None:
    tenure = told(ANNA)
    for fence, renewal in ((9, 0), (8, 7)):
        with pytest.raises(OldTable):
            take(tenure, LeaseTable(fence, renewal), 1.0)
    assert take(tenure, LeaseTable(9, 1, (ANNA,)), 1.0).renewed_s == 1.0
    assert take(tenure, LeaseTable(10, 0), 1.0).running == ()


def test_the_holder_commands_what_the_scope_covers_and_nobody_else_does() -> None:
    tenure = told(BENCH)
    assert code(tenure, Ask("lamp", "2", 4, LIGHT)) == ""
    assert code(tenure, Ask("lamp", "1", 4, LIGHT)) == "lease_over"
    assert code(tenure, Ask("lamp", "2", 3, LIGHT)) == "old_fence"
    assert code(tenure, Ask("lamp", "2", 10, LIGHT)) == "no_lease"
    assert refusal(tenure, Ask("lamp", "2", 0, LIGHT), 0.1) == Refusal("leased", "ben has the lease")


def test_a_lease_on_a_device_covers_that_device_alone() -> None:
    tenure = told(Lease(3, "anna", device="robot", left_ms=1000))
    assert code(tenure, Ask("robot", "2", 3)) == ""
    assert code(tenure, Ask("lamp", "2", 3)) == "lease_over"


def test_what_nobody_holds_is_commanded_without_a_lease_unless_the_node_is_told_otherwise() -> None:
    ask = Ask("lamp", "1", 0, LIGHT)
    assert code(told(BENCH), ask) == ""
    assert code(told(BENCH), ask, unleased=False) == "no_lease"


def test_a_lease_ends_on_the_nodes_own_clock_less_the_time_the_table_was_on_its_way() -> None:
    tenure = told(Lease(3, "anna", left_ms=10_000), age_ms=4000)
    assert code(tenure, Ask("lamp", "", 3, LIGHT), 5.9) == ""
    assert code(tenure, Ask("lamp", "", 3, LIGHT), 6.0) == "lease_over"
    assert code(tenure, Ask("lamp", "", 0, LIGHT), 6.0) == ""


def test_after_a_restart_no_lease_is_left_and_every_old_number_is_still_old() -> None:
    tenure = Tenure(told(ANNA).fence)  # all that a node keeps
    assert code(tenure, Ask("lamp", "", 3, LIGHT)) == "old_fence"
    with pytest.raises(OldTable):
        take(tenure, LeaseTable(8, 99, (ANNA,)), 0.0)
    assert code(take(tenure, LeaseTable(9, 0, (ANNA,)), 0.0), Ask("lamp", "", 3, LIGHT)) == ""


def test_motion_needs_a_renewal_sooner_than_heat_and_light_needs_none() -> None:
    tenure = told(ANNA)
    asks = {risk: Ask("d", "", 3, (Aim("p", True, risk),)) for risk in ("motion", "heat", "none")}
    assert [code(tenure, asks[risk], 0.49) for risk in asks] == ["", "", ""]
    assert [code(tenure, asks[risk], 0.5) for risk in asks] == ["lease_lapsed", "", ""]
    assert [code(tenure, asks[risk], 20.0) for risk in asks] == ["lease_lapsed", "lease_lapsed", ""]
    assert tenure.covers("", "d", "heat", 19.9)
    assert not tenure.covers("", "d", "heat", 20.0)
    assert not told(BENCH).covers("", "d", "none", 0.0)


def test_a_group_commands_what_it_was_given_within_the_limits() -> None:
    tenure = told(ANNA, GROUP)
    for aim, wanted in (
        (Aim("motor", 40), ""),
        (Aim("motor", 41), "not_given"),
        (Aim("motor", "fast"), "not_given"),
        (Aim("lamp", True), ""),
        (Aim("arm", 1), "not_given"),
    ):
        assert code(tenure, Ask("robot", "1", 5, (aim,))) == wanted
    assert code(tenure, Ask("crane", "1", 5, (Aim("motor", 1),))) == "not_given"
    low = told(ANNA, GROUP._replace(floor=(Allowed("robot", "motor", 10, None),)))
    assert code(low, Ask("robot", "1", 5, (Aim("motor", 9),))) == "not_given"
    assert code(tenure, Ask("robot", "1", 3, (Aim("motor", 99),))) == "", "the teacher always may"


def test_what_was_given_ends_with_the_lease_it_came_from() -> None:
    tenure = told(ANNA._replace(left_ms=1000), GROUP)
    assert code(tenure, Ask("robot", "1", 5, LIGHT), 0.9) == ""
    assert code(tenure, Ask("robot", "1", 5, LIGHT), 1.0) == "lease_over"


def test_the_next_end_is_the_first_of_what_can_end() -> None:
    tenure = told(ANNA, Lease(4, "ben", left_ms=5000))
    assert tenure.next_end_s((), 0.0) == 5.0
    assert tenure.next_end_s(("none", "heat", "motion"), 0.0) == 0.5
    assert tenure.next_end_s((), 6.0) == 54.0
    assert tenure.next_end_s(("motion",), 60.0) is None
    assert Tenure().next_end_s(("motion",), 0.0) is None


def test_a_group_has_what_it_was_given_with_that_value_until_that_ends() -> None:
    tenure = told(ANNA, GROUP, Lease(6, "group-2", bench="2", left_ms=60_000, parent=3))
    asks = [("group-1", "motor", 40), ("group-1", "motor", 41), ("group-2", "arm", 1), ("anna", "motor", 1)]
    assert [tenure.gives(group, "robot", point, value, 0.1) for group, point, value in asks] == [
        True,
        False,
        True,  # without a list: whatever its lease covers
        False,  # nobody has given anna anything
    ]
    assert not tenure.gives("group-1", "robot", "motor", 40, 60.0)
    assert tenure.lease(5) == GROUP
    assert tenure.lease(7) is None
