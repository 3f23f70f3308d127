"""Scenes: what follows from what a lab's devices are, what many commands came to, and what can be undone."""

from collections.abc import Iterable

from labkeeper_hub.lessons.scenes import Scene, Wish, known, missed_at, outcome_of, scenes_of, undo_of
from labkeeper_hub.model import Command, Device, DeviceKey, Latest, Order, PointKey, State
from labkeeper_sdk import Title, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription


def switch(name: str, *, safe: bool | None = None, writable: bool = True) -> PointDescription:
    return PointDescription(name, "switch", DataType.BOOLEAN, writable=writable, safe_value=safe)


def level(name: str, safe: float | None = None) -> PointDescription:
    return PointDescription(name, "setpoint", DataType.DOUBLE, writable=True, safe_value=safe)


def device(name: str, *points: PointDescription) -> Device:
    return Device(DeviceKey("demo", "pi", name), "lab", DeviceDescription(), points, online=True, since_ms=0)


def key(name: str, point: str) -> PointKey:
    return PointKey("demo", "pi", name, point)


LAMP = device("lamp", switch("state"), level("brightness"))
TWIN = device("twin", switch("left/state"), level("left/brightness"), switch("right/state"))
BEAMER = device("beamer", switch("power", safe=False), switch("mute"))
OUTLET = device("outlet", switch("state", safe=False))
ROBOT = device("robot", level("speed", 0.0), level("trim"), switch("told", safe=False, writable=False))


def wanted(scenes: Iterable[Scene], name: str) -> dict[str, Value]:
    (scene,) = (one for one in scenes if one.name == name)
    return {f"{wish.target.device}/{wish.target.point}": wish.value for wish in scene.wishes}


def test_lights_and_projector_are_known_by_what_stands_beside_their_switch() -> None:
    scenes = scenes_of((LAMP, TWIN, BEAMER, OUTLET, ROBOT))
    assert wanted(scenes, "begin") == {"lamp/state": True, "twin/left/state": True}
    assert wanted(scenes, "experiment") == {"lamp/state": True, "twin/left/state": True, "beamer/power": False}
    assert wanted(scenes, "project") == {"beamer/power": True, "lamp/state": False, "twin/left/state": False}


def test_the_end_darkens_the_room_and_leaves_everything_at_its_safe_value() -> None:
    assert wanted(scenes_of((LAMP, BEAMER, OUTLET, ROBOT)), "end") == {
        "beamer/power": False,
        "lamp/state": False,
        "outlet/state": False,
        "robot/speed": 0.0,
    }


def test_a_lab_may_say_its_scenes_itself() -> None:
    begin = Scene("begin", Title("开始", "Start"), (Wish(key("outlet", "state"), True),))
    night = Scene("night", Title("夜", "Night"), ())
    scenes = scenes_of((LAMP, OUTLET), (begin, night))
    assert [one.name for one in scenes] == ["begin", "experiment", "project", "end", "night"]
    assert scenes[0] is begin


def command(name: str, state: State, code: str = "") -> Command:
    return Command(Order(name, key(name, "state"), True, "anna", 0, 3_000), state, code, "", 0)


def test_an_outcome_counts_and_names_what_is_not_confirmed() -> None:
    commands = [command("a", State.DONE), command("b", State.UNKNOWN, "no_answer"), command("c", State.REJECTED, "x")]
    undo = [Wish(key(name, "state"), False) for name in "abcd"]
    outcome = outcome_of("begin", commands, [missed_at(key("d", "state"), State.REJECTED, "leased")], undo)
    assert (outcome.count.confirmed, outcome.count.total, outcome.count.words()) == (1, 4, "1 of 4")
    assert [(one.device, one.state, one.code) for one in outcome.count.missed] == [
        ("b", "unknown", "no_answer"),
        ("c", "rejected", "x"),
        ("d", "rejected", "leased"),
    ]
    assert [one.target.device for one in outcome.undo] == ["a", "b"]  # what may have happened, and nothing else


def test_what_a_stop_refuses_and_is_so_all_the_same_is_not_missed() -> None:
    """It refuses every command, and has switched off what it drives."""
    commands = [command("motor", State.REJECTED, "stopped"), command("lamp", State.REJECTED, "stopped")]
    late = command("fan", State.UNKNOWN)
    so = {key(name, "state") for name in ("motor", "fan", "away")}
    refused = [missed_at(key("away", "state"), State.REJECTED, "offline")]
    outcome = outcome_of("end", [*commands, late], refused, [Wish(key("motor", "state"), True)], so)
    assert outcome.count.words() == "1 of 4"
    missed = [(one.device, one.code) for one in outcome.count.missed]
    assert missed == [("away", "offline"), ("fan", ""), ("lamp", "stopped")]
    assert outcome.undo == ()


def test_undone_is_what_is_known_will_change_and_does_no_harm() -> None:
    def now(name: str, value: Value | None, *, stale: bool = False, quality: int = 192) -> Latest:
        return Latest(key(name, "state"), value, 0, quality, stale)

    said = [
        now("off", False),
        now("on", True),
        now("motor", False),
        now("stale", False, stale=True),
        now("bad", False, quality=0),
        now("none", None),
    ]
    latest = {one.key: one for one in said}
    risks = {one: "motion" if one.device == "motor" else "none" for one in latest}
    wishes = [Wish(one, True) for one in (*latest, key("unheard", "state"))]
    assert undo_of(wishes, latest, risks) == [Wish(key("off", "state"), False)]
    assert [one.device for one in latest if known(latest[one]) is None] == ["stale", "bad", "none"]
