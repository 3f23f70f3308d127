"""A driver that keeps breaking is left alone for longer and longer, and one try decides."""

from labkeeper_edge.supervision.blame import Blame, at_work
from labkeeper_edge.supervision.breaker import Breaker, Circuit
from labkeeper_edge.supervision.claims import Claims
from labkeeper_sdk import Resource
from labkeeper_sdk.configuration import Claim
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.whose import code_of, package_of


def tripped() -> Breaker:
    breaker = Breaker(trip_after=3, first_rest_s=10, longest_rest_s=30)
    for _ in range(3):
        breaker.faulted()
    return breaker


def test_a_few_faults_are_forgiven_and_the_last_of_them_opens_the_circuit() -> None:
    breaker = Breaker(trip_after=3)
    breaker.faulted()
    breaker.faulted()
    assert (breaker.state, breaker.rest_s) == (Circuit.CLOSED, 0)
    breaker.faulted()
    assert (breaker.state, breaker.rest_s) == (Circuit.OPEN, 10)


def test_after_the_rest_one_fault_opens_it_again_for_twice_as_long_up_to_a_limit() -> None:
    breaker = tripped()
    rests = []
    for _ in range(4):
        rests.append(breaker.rest_s)
        breaker.rested()
        assert (breaker.state, breaker.rest_s) == (Circuit.HALF_OPEN, 0)
        breaker.faulted()
    assert rests == [10, 20, 30, 30]


def test_a_connection_that_lasted_closes_it_and_everything_is_forgotten() -> None:
    breaker = tripped()
    breaker.rested()
    breaker.lasted()
    assert (breaker.state, breaker.rest_s) == (Circuit.CLOSED, 0)
    breaker.faulted()
    breaker.faulted()
    assert breaker.state is Circuit.CLOSED
    breaker.faulted()
    assert breaker.rest_s == 10


def test_who_holds_up_the_node_three_times_in_ten_minutes_is_named() -> None:
    blame = Blame(strikes=3, within_s=600)
    assert [blame.blocked("a", at_s) for at_s in (0, 1, 2)] == [False, False, True]
    assert [blame.blocked("a", at_s) for at_s in (3, 4)] == [False, False]
    assert [blame.blocked("b", at_s) for at_s in (0, 500, 601, 1099)] == [False, False, False, True]


def test_whose_code_is_at_work_is_told_by_the_folder_of_its_package() -> None:
    known = load_drivers().drivers
    drivers = {"drone": known["tello"], "cart": known["rosbridge"], "cart-2": known["rosbridge"]}
    drone, cart = (str(package_of(known[name]) / "device.py") for name in ("tello", "rosbridge"))
    shared = str(code_of(known["tello"]) / "telling.py")
    assert at_work(drivers, ("/usr/lib/python3/asyncio/events.py", shared, drone, cart)) == ("drone",)
    assert at_work(drivers, (cart,)) == ("cart", "cart-2")
    assert at_work(drivers, (shared,)) == ()
    assert at_work({"drone": known["tello"]}, (shared,)) == ("drone",)


def claim(instance: str, name: str) -> list[Claim]:
    return [Claim(f"drivers.{instance}.port", Resource("serial port", name, "port"))]


def test_a_port_is_held_until_its_instance_is_gone() -> None:
    claims = Claims()
    claims.hold("one", claim("one", "/dev/a"))
    wanted = [["serial port", "/dev/a", "port"]]
    said = "drivers.two.port: serial port /dev/a is used by drivers.one.port already"
    assert claims.conflict("two", wanted) == said
    assert claims.conflict("one", wanted) == ""
    claims.free("one")
    assert claims.conflict("two", wanted) == ""
    assert claims.conflict("one", wanted) == "drivers.one.port: serial port /dev/a is used by drivers.two.port already"
