"""A set from the hub is judged whole, beside the file's own instances, and every mistake has its place."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from labkeeper_edge.driver_sets.judging import Judged, judge
from labkeeper_edge.driver_sets.kept import MOST_STARTS, NOTHING, Held, Kept, obeyed, proved, started
from labkeeper_edge.driver_sets.saying import offer, own
from labkeeper_edge.settings import parse_settings
from labkeeper_sdk import Driver, InstanceNames, Resource
from labkeeper_sdk.plugins import Broken, Loaded, Source
from labkeeper_wire.driver_sets import MOST_MISTAKES, SEALED, STARS, Instance, Order
from tests.edge.bench_driver import connect


class Meter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    port: str
    password: SecretStr | None = None


def claiming(configuration: Meter) -> list[Resource]:
    return [Resource("serial port", configuration.port, "port")]


METER = Driver("meter", Meter, connect, resources=claiming)
NUMBERED = replace(METER, name="numbered", instance_names=InstanceNames(r"band-\d", "band-7"))
LOADED = Loaded(
    {"meter": METER, "bench": replace(METER, name="bench"), "numbered": NUMBERED},
    (Broken("rotten", "ImportError"),),
    {"meter": Source("meter", "m"), "strange": Source("strange", "m")},
)
TOP = 'school = "s"\nnode = "n"\nlab = "l"\n'
OWN = (
    '[drivers.mine]\ndriver = "meter"\nport = "/dev/a"\npassword = "hunter2"\n'
    '[drivers.theirs]\ndriver = "strange"\nx = 1\n'
)


def judged(opening: str = "true", *, apart: bool = False, **instances: dict[str, Any]) -> Judged:
    return among(instances, opening, apart=apart)


def among(instances: dict[str, dict[str, Any]], opening: str = "true", *, apart: bool = False) -> Judged:
    settings = parse_settings(f"{TOP}drivers_from_hub = {opening}\n{OWN}")
    wanted = {
        name: Instance(driver=said.pop("driver", "meter"), apart=apart, configuration=said)
        for name, said in instances.items()
    }
    return judge(wanted, settings, LOADED, lambda _, __, sealed: sealed[::-1] if sealed != "foreign" else None)


def wrong(found: Judged) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in found.mistakes]


def test_what_stands_becomes_an_instance_as_the_file_would_have_it_with_its_secret_opened() -> None:
    found = judged(apart=True, m={"port": "/dev/b", "password": {SEALED: "terces"}})
    assert found.mistakes == []
    assert found.drivers["m"].own() == {"port": "/dev/b", "password": "secret"}
    assert (found.drivers["m"].driver, found.drivers["m"].isolation) == ("meter", "process")
    assert judged(m={"port": "/dev/b", "password": None}).drivers["m"].isolation is None


@pytest.mark.parametrize(
    ("instances", "mistakes"),
    [
        ({"mine": {"port": "/dev/b"}}, [("/mine", "name_taken")]),
        ({"a/b": {"port": "/dev/b"}}, [("/a~1b", "bad_name")]),
        ({"anna": {"driver": "numbered", "port": "/b"}}, [("/anna", "instance_name")]),
        ({"band-3": {"driver": "numbered", "port": "/b"}}, []),
        ({"m": {"driver": "strange"}}, [("/m/driver", "unlisted")]),
        ({"m": {"driver": "rotten"}}, [("/m/driver", "broken_driver")]),
        ({"m": {"driver": "none"}}, [("/m/driver", "no_such_driver")]),
        (
            {"m": {"port": 5, "x": 1}},
            [("/m/configuration/x", "extra_forbidden"), ("/m/configuration/port", "string_type")],
        ),
        ({"m": {"port": "/dev/a"}}, [("/m/configuration/port", "taken")]),
        ({"m": {"port": "/b"}, "n": {"port": "/b"}}, [("/n/configuration/port", "taken")]),
        ({"m": {"port": "/b", "password": "hunter2"}}, [("/m/configuration/password", "secret_in_clear")]),
        ({"m": {"port": "/b", "password": {SEALED: "foreign"}}}, [("/m/configuration/password", "cannot_open")]),
    ],
)
def test_every_mistake_has_its_place(instances: dict[str, dict[str, Any]], mistakes: list[tuple[str, str]]) -> None:
    found = among(instances)
    assert wrong(found) == mistakes
    assert "hunter2" not in repr(found.mistakes)


def test_the_file_says_which_drivers_the_hub_may_add_and_one_without_entry_point_has_no_process() -> None:
    assert wrong(judged('["bench"]', m={"port": "/b"})) == [("/m/driver", "not_opened")]
    assert wrong(judged('["bench"]', m={"driver": "bench", "port": "/b"})) == []
    assert wrong(judged(apart=True, m={"driver": "bench", "port": "/b"})) == [("/m/apart", "cannot_be_apart")]


def test_no_answer_is_endless() -> None:
    found = judged(m={"port": "/b", **{f"x{number}": 1 for number in range(2 * MOST_MISTAKES)}})
    assert len(found.mistakes) == MOST_MISTAKES


def test_a_node_says_what_it_can_run_and_what_it_runs_and_no_secret() -> None:
    settings = parse_settings(f'{TOP}drivers_from_hub = ["meter"]\n{OWN}')
    said = offer("key", settings, LOADED)
    assert [one.name for one in said.drivers] == ["meter"]
    assert {one.name: one.why for one in said.withheld} == {
        "bench": "not_opened",
        "numbered": "not_opened",
        "rotten": "broken",
        "strange": "unlisted",
    }
    shown = own(settings, LOADED)
    assert shown["mine"].configuration == {"port": "/dev/a", "password": STARS}
    assert shown["theirs"].configuration is None


A, B = ({name: Instance(driver="meter")} for name in "ab")


def order(number: int, **instances: Instance) -> Order:
    return Order(id=f"o-{number}", do="apply" if instances else "back", number=number, by="p-1", instances=instances)


def test_the_former_set_is_kept_and_gone_back_to() -> None:
    kept = obeyed(obeyed(Kept(), order(1, **A)), order(2, **B))
    assert (kept.number, kept.now.instances, kept.former) == (2, B, Held(A, "p-1"))
    back = obeyed(kept, order(3))
    assert (back.number, back.now.instances, back.former) == (3, A, Held(B, "p-1"))
    assert obeyed(Kept(), order(1)).now.instances == {}


def test_a_set_that_no_process_comes_through_is_left_and_one_that_came_through_is_not() -> None:
    kept = obeyed(obeyed(Kept(), order(1, **A)), order(2, **B))
    for _ in range(MOST_STARTS):
        kept = started(kept)
        assert kept.now.instances == B
    fallen = started(kept)
    assert (fallen.number, fallen.now.instances, fallen.fell_back, fallen.proven) == (2, A, True, True)
    assert started(fallen) == fallen
    assert started(proved(kept)) == proved(kept)
    first = obeyed(Kept(former=None), order(1, **A))
    assert started(Kept(1, first.now, None, proven=False, starts=MOST_STARTS)).now == NOTHING
