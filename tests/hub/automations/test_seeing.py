"""What is known of a lab, and which points deeds are about."""

from labkeeper_hub.automations.rules import Command, Input, Lamps, Occasion, Of, Places, RunScene
from labkeeper_hub.automations.seeing import Sight, asked, given, known, points_of, scope_of, sights_of, wishes_of
from labkeeper_hub.automations.trace import Outcome, Result, Trace, Why, results_of
from labkeeper_hub.lessons.count import Missed
from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import Device, DeviceKey, Latest, PointKey
from labkeeper_hub.telling.hours import ALWAYS
from labkeeper_sdk import Quality, Title, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription
from labkeeper_wire.leases.book import Room, Scope

ROOM = Room("s", "physics")
PPM = "[ppm]"


def key(device: str, point: str) -> PointKey:
    return PointKey("s", "pi", device, point)


def sight(device: str, point: str, value: Value | None, unit: str = "", *, lamp: bool = False) -> Sight:
    return Sight(key(device, point), unit, value, 1000, lamp)


def device(name: str, *points: PointDescription) -> Device:
    return Device(DeviceKey("s", "pi", name), "physics", DeviceDescription(bench="2"), points, True, 0)


LAMP = device(
    "lamp",
    PointDescription("state", "switch", DataType.BOOLEAN, writable=True),
    PointDescription("brightness", "setpoint", DataType.INT32, writable=True),
)
FAN = device("fan", PointDescription("on", "switch", DataType.BOOLEAN, writable=True))
AIR = device(
    "air", PointDescription("on", "state", DataType.BOOLEAN), PointDescription("co2", "measure", DataType.INT32, PPM)
)


def test_several_points_make_one_input_the_highest_the_lowest_or_any() -> None:
    sights = [
        sight("a", "co2", 500, PPM),
        sight("b", "co2", 700, PPM),
        sight("c", "door", False),
        sight("d", "door", True),
    ]
    sights += [sight("e", "co2", 9000, "%"), sight("f", "co2", True, PPM), sight("g", "co2", None, PPM)]
    inputs = {
        "high": Input(Places("co2"), float, PPM),
        "low": Input(Places("co2"), float, PPM, of=Of.LOWEST),
        "one": Input(Places("co2", "pi", "a"), float, PPM),
        "door": Input(Places("door"), bool),
        "far": Input(Places("co2", "other"), float, PPM),
    }
    assert known(inputs, sights, 2000) == {"high": 700.0, "low": 500.0, "one": 500.0, "door": True}


def test_a_text_is_known_of_one_point_only_and_what_is_old_is_not_known() -> None:
    mode = {"mode": Input(Places("mode"), str)}
    assert known(mode, [sight("a", "mode", "eco")], 2000) == {"mode": "eco"}
    assert known(mode, [sight("a", "mode", "eco"), sight("b", "mode", "dry")], 2000) == {}
    fresh = {"door": Input(Places("door"), bool, max_age_s=5)}
    assert known(fresh, [sight("a", "door", True)], 6000) == {"door": True}
    assert known(fresh, [sight("a", "door", True)], 6001) == {}


def test_a_room_is_empty_when_all_who_look_say_so() -> None:
    nobody, somebody, silent = (
        sight(name, "occupancy", value) for name, value in (("a", False), ("b", True), ("c", None))
    )
    assert given([nobody], lesson=False) == {"lesson": False, "empty": True}
    assert given([nobody, somebody, silent], lesson=True) == {"lesson": True, "empty": False}
    assert given([nobody, silent], lesson=False) == {"lesson": False}
    assert given([sight("l", "state", True, lamp=True)], lesson=False) == {"lesson": False, "lit": True}


def test_points_are_seen_as_they_are_and_what_is_stale_or_bad_is_not_known() -> None:
    latest = [
        Latest(key("lamp", "state"), True, 7, Quality.GOOD, False),
        Latest(key("air", "co2"), 500, 8, Quality.GOOD, True),
        Latest(key("air", "on"), True, 9, Quality.BAD, False),
        Latest(key("elsewhere", "on"), True, 9, Quality.GOOD, False),
    ]
    points = points_of([LAMP, AIR], {"co2", "on"})
    assert points == (
        Sight(key("lamp", "state"), "", None, 0, True),
        Sight(key("air", "on"), "", None, 0),
        Sight(key("air", "co2"), PPM, None, 0),
    )
    assert sights_of(points, latest) == (Sight(key("lamp", "state"), "", True, 7, True), *points[1:])


def test_conditions_speak_of_their_inputs_and_of_who_is_there() -> None:
    names = asked([Occasion(ALWAYS, inputs={"air": Input(Places("co2"), float, PPM)})])
    assert names == {"co2", "occupancy", "presence"}


def test_deeds_are_about_writable_points_of_their_lab_and_the_last_word_on_a_point_counts() -> None:
    scene = Scene("dark", Title(), (Wish(key("lamp", "state"), True), Wish(key("elsewhere", "state"), True)))
    then = (RunScene("dark"), RunScene("nothing"), Lamps(False), Command(Places("on"), True))
    assert wishes_of(then, [LAMP, FAN, AIR], [scene]) == (
        Wish(key("lamp", "state"), False),
        Wish(key("fan", "on"), True),
    )


def test_one_device_is_held_alone_and_several_with_their_lab() -> None:
    devices = [LAMP, FAN]
    lamp, fan = Wish(key("lamp", "state"), False), Wish(key("fan", "on"), True)
    assert scope_of(ROOM, [lamp], devices) == Scope(ROOM, "2", "pi", "lamp")
    assert scope_of(ROOM, [lamp, fan], devices) == Scope(ROOM)
    assert scope_of(ROOM, [], devices) == Scope(ROOM)


def test_what_was_not_missed_is_done_and_a_run_is_told_in_a_few_words() -> None:
    missed = [Missed(*key("fan", "on"), "rejected", "interlock")]
    results = results_of([Wish(key("lamp", "state"), False), Wish(key("fan", "on"), True)], missed)
    assert results == (
        Result(*key("lamp", "state"), False, "done"),
        Result(*key("fan", "on"), True, "rejected", "interlock"),
    )
    assert Trace("a", 1, Outcome.PARTLY, results=results).words() == "partly, 1 of 2"
    assert Trace("a", 1, Outcome.HELD, Why.LESSON).words() == "held (lesson)"
