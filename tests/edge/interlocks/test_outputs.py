"""What the node writes by itself: demands until they are confirmed, renewals of what somebody wrote last."""

from labkeeper_edge.interlocks.outputs import Order, Outputs
from labkeeper_wire.interlock_rules import Output, Place

OFF = {"valve": (False, "gas")}


def outputs() -> Outputs:
    return Outputs({"valve": Output(Place("d", "valve"), renew_s=0.5), "lamp": Output(Place("d", "lamp"))})


def test_a_demand_is_written_until_it_is_confirmed() -> None:
    it = outputs()
    assert it.next_s() == float("inf")
    assert it.demand(OFF) == ("valve",)
    order = Order("valve", False, "gas")
    assert it.due(0) == [order]
    assert it.due(0) == [], "one at a time"
    assert it.next_s() == float("inf")
    it.ended(order, 1, confirmed=False)
    assert it.next_s() == 2
    assert it.due(1.5) == []
    it.answers("valve")
    assert it.due(1.5) == [order], "its device is back: at once"
    it.ended(order, 1.5, confirmed=False)
    assert it.due(2.5) == [order]
    it.ended(order, 2, confirmed=True)
    assert it.due(2.1) == []
    assert it.demand(OFF) == ()


def test_it_is_written_again_when_the_device_says_otherwise_or_was_away_or_somebody_wrote() -> None:
    it = outputs()
    it.demand(OFF)
    order = it.due(0)[0]
    it.ended(order, 0, confirmed=True)
    it.shows("valve", False)
    assert it.due(0) == []
    it.shows("valve", True)
    assert it.due(0) == [order]
    it.ended(order, 0, confirmed=True)
    it.away("valve")
    assert it.due(0) == [order]
    it.ended(order, 0, confirmed=True)
    it.writing("valve", True)
    assert it.due(0) == [order]


def test_another_value_that_is_demanded_meanwhile_waits_for_no_retry() -> None:
    it = outputs()
    it.demand(OFF)
    order = it.due(0)[0]
    assert it.demand({"valve": (True, "heat")}) == ("valve",)
    it.ended(order, 0, confirmed=False)
    assert it.due(0) == [Order("valve", True, "heat")]


def test_what_was_written_is_renewed_and_what_failed_is_not() -> None:
    it = outputs()
    it.writing("valve", True)
    assert it.next_s() == float("inf")
    it.written("valve", True, 10)
    it.written("lamp", True, 10)
    assert it.next_s() == 10.5, "the lamp does not fall back"
    renewal = Order("valve", True)
    assert it.due(10.5) == [renewal]
    it.ended(renewal, 10.6, confirmed=False)
    assert it.next_s() == 11.1
    it.writing("valve", True)
    assert it.next_s() == 11.1
    it.writing("valve", False)
    assert it.next_s() == float("inf")
    it.written("valve", False, 12)
    assert it.next_s() == 12.5
    it.away("valve")
    assert it.next_s() == float("inf")


def test_a_demand_goes_before_renewals_and_is_renewed_itself() -> None:
    it = outputs()
    it.written("valve", True, 0)
    renewal = it.due(0.5)[0]
    assert not it.overtaken(renewal)
    it.demand(OFF)
    assert it.overtaken(renewal)
    it.ended(renewal, 0.5, confirmed=False)
    order = it.due(0.5)[0]
    assert order == Order("valve", False, "gas")
    it.ended(order, 0.6, confirmed=True)
    assert it.due(1.1) == [Order("valve", False)]
    it.ended(Order("valve", False), 1.1, confirmed=True)
    it.demand({})
    assert it.next_s() == 1.6, "what holds when a demand ends stays"
