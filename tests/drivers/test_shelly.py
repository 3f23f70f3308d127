"""What Shelly devices tell about themselves and say, and how they are asked."""

import json
from typing import Any

import pytest

from labkeeper_drivers.listening import Answered, Heard, Hold, Outgoing
from labkeeper_drivers.shelly import fleet as fleet_module
from labkeeper_drivers.shelly import rpc
from labkeeper_drivers.shelly.fleet import Fleet, time_of
from labkeeper_drivers.shelly.rpc import Questions
from labkeeper_sdk import Availability, CommandRejected, Found, Nonsense, Point, Reading, Report, Risk, Title
from tests.drivers.conftest import fixture

PREFIX = "shellypro-a8032abe54dc"
INFO = {"name": "水泵", "id": PREFIX, "mac": "A8032ABE54DC", "model": "SPSW-001", "gen": 2, "ver": "1.4.4"}
CONFIG: dict[str, Any] = json.loads(fixture("shelly_config.json"))
STATUS: dict[str, Any] = json.loads(fixture("shelly_status.json"))
TS = 1_700_000_000.25


def heard(fleet: Fleet, topic: str, said: object, *, retain: bool = False) -> tuple[Heard, ...]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return fleet.hear(topic, payload, retain=retain)


def answer(fleet: Fleet, number: int, result: object, key: str = "result") -> tuple[Heard, ...]:
    return heard(fleet, "labkeeper-shelly/rpc", {"id": number, "src": PREFIX, key: result})


def questions(said: tuple[Heard, ...]) -> list[Any]:
    return [json.loads(each.payload) for each in said if isinstance(each, Outgoing)]


def introduce(fleet: Fleet) -> tuple[Heard, ...]:
    """Come online, and answer the three questions that follow."""
    asked = [
        json.loads(each.payload) for each in heard(fleet, f"{PREFIX}/online", b"true") if isinstance(each, Outgoing)
    ]
    assert [each["method"] for each in asked] == ["Shelly.GetDeviceInfo", "Shelly.GetConfig", "Shelly.GetStatus"]
    assert {each["src"] for each in asked} == {"labkeeper-shelly"}
    said = [answer(fleet, each["id"], result) for each, result in zip(asked, (INFO, CONFIG, STATUS), strict=True)]
    assert said[:2] == [(), ()]
    return said[2]


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet()
    introduce(fleet)
    return fleet


def points(fleet: Fleet) -> dict[str, Point]:
    info = fleet.devices[PREFIX].info
    assert info is not None
    return {point.name: point for point in info.points}


def notify(fleet: Fleet, method: str, **parameters: object) -> tuple[Heard, ...]:
    return heard(fleet, f"{PREFIX}/events/rpc", {"src": PREFIX, "method": method, "params": {"ts": TS, **parameters}})


def test_a_device_that_comes_online_is_asked_and_found() -> None:
    found, available, report = introduce(Fleet())
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title, found.device.firmware) == (PREFIX, Title(zh="水泵"), "1.4.4")
    assert available == Availability(PREFIX, online=True)
    assert isinstance(report, Report)
    assert Reading("switch0/output", value=False) in report.readings


def test_its_components_are_points(fleet: Fleet) -> None:
    found = points(fleet)
    writable = [name for name, point in found.items() if point.writable]
    assert writable == [
        "switch0/output", "cover0/move", "cover0/position", "light0/output", "light0/brightness", "cct0/output",
        "cct0/brightness", "cct0/ct",
    ]  # fmt: skip
    assert {
        "switch0/apower", "switch0/aenergy/total", "switch0/ret_aenergy/total", "switch0/temperature/tC",
        "input0/state", "input1/event", "input2/percent", "input3/counts/total", "temperature100/tC", "em0/a_act_power",
        "em0/total_act_power", "em0/n_current", "emdata0/a_total_act_energy", "emdata0/total_act_ret", "pm10/voltage",
        "smoke0/alarm", "wifi0/rssi",
    } <= found.keys()  # fmt: skip
    assert not [name for name in found if name.startswith(("mqtt", "switch99999"))]


def test_limits_units_titles_and_safe_values_are_declared(fleet: Fleet) -> None:
    found = points(fleet)
    output, move = found["switch0/output"], found["cover0/move"]
    assert (output.risk, output.safe_value, output.link_loss_s) == (Risk.MAINS, False, 60.0)
    assert output.title == Title(zh="Pump 开关", en="Pump Output")
    assert (move.risk, move.safe_value, move.link_loss_s) == (Risk.MOTION, "stop", 3.0)
    assert (found["cct0/ct"].minimum, found["cct0/ct"].maximum, found["cct0/ct"].unit) == (2700, 6500, "K")
    assert found["em0/a_act_power"].title == Title(zh="功率 A", en="Power A")
    assert found["light0/output"].safe_value is None


def test_changes_are_read_with_the_devices_own_time(fleet: Fleet) -> None:
    said = notify(fleet, "NotifyStatus", **{"switch:0": {"id": 0, "output": True, "apower": 12.5}})
    time_ms = 1_700_000_000_250
    assert said == (
        Report(PREFIX, (Reading("switch0/output", True, time_ms), Reading("switch0/apower", 12.5, time_ms))),
    )
    full = notify(fleet, "NotifyFullStatus", **{"temperature:100": {"tC": None}})
    assert full == (Report(PREFIX, (Reading("temperature100/tC", None, time_ms),)),)


def test_a_button_that_is_pressed_is_an_event(fleet: Fleet) -> None:
    events = [
        {"component": "input:1", "id": 1, "event": "double_push", "ts": TS},
        {"component": "input:9", "event": "single_push"}, 7, {"component": "input:1"},
    ]  # fmt: skip
    assert notify(fleet, "NotifyEvent", events=events) == (
        Report(PREFIX, (Reading("input1/event", "double_push", 1_700_000_000_250),)),
    )


def test_a_device_that_was_set_up_anew_is_asked_again(fleet: Fleet) -> None:
    said = notify(fleet, "NotifyEvent", events=[{"component": "sys", "event": "config_changed", "ts": TS}])
    assert [type(each) for each in said] == [Outgoing] * 3


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"{", "not_json"),
        (b"3", "not_an_object"),
        ({"method": "NotifyStatus", "params": {"switch:0": {"output": "on"}}}, "wrong_type"),
        ({"method": "NotifyStatus", "params": {"cover:0": {"state": 7}}}, "wrong_type"),
    ],
)
def test_nonsense_is_counted(fleet: Fleet, said: object, reason: str) -> None:
    (event,) = heard(fleet, f"{PREFIX}/events/rpc", said)
    assert isinstance(event, Nonsense)
    assert event.reason == reason


@pytest.mark.parametrize("said", [{}, {"method": "NotifyStatus"}, {"method": "NotifyEvent", "params": 3}])
def test_what_says_nothing_is_nothing(fleet: Fleet, said: object) -> None:
    assert heard(fleet, f"{PREFIX}/events/rpc", said) == ()
    assert heard(fleet, f"{PREFIX}/events/rpc", said, retain=True) == ()
    assert heard(fleet, f"{PREFIX}/other", said) == ()


@pytest.mark.parametrize(
    ("point", "value", "method", "parameters"),
    [
        ("switch0/output", True, "Switch.Set", {"id": 0, "on": True}),
        ("cover0/move", "open", "Cover.Open", {"id": 0}),
        ("cover0/position", 30.0, "Cover.GoToPosition", {"id": 0, "pos": 30}),
        ("light0/brightness", 20.0, "Light.Set", {"id": 0, "brightness": 20}),
        ("cct0/ct", 4000.0, "CCT.Set", {"id": 0, "ct": 4000}),
    ],
)
def test_a_command_is_a_call(
    fleet: Fleet,
    point: str,
    value: Any,  # noqa: ANN401 - a point's own type
    method: str,
    parameters: object,
) -> None:
    order = fleet.command(PREFIX, point, value)
    (message,) = order.messages
    frame = json.loads(message.payload)
    assert (message.topic, message.qos) == (f"{PREFIX}/rpc", 0)
    assert (frame["method"], frame["params"]) == (method, parameters)
    assert order.ticket == ("" if point == "cover0/position" else str(frame["id"]))


def test_the_answer_confirms_and_an_error_refuses(fleet: Fleet) -> None:
    first, second = (int(fleet.command(PREFIX, "switch0/output", value=True).ticket) for _ in range(2))
    assert answer(fleet, first, {"was_on": False}) == (Answered(str(first)),)
    assert answer(fleet, first, {"was_on": False}) == ()
    assert answer(fleet, second, {"code": -109, "message": "overtemp"}, "error") == (Answered(str(second), "overtemp"),)


@pytest.mark.parametrize("said", [{"id": 99_999, "result": {}}, {"id": "1"}, {"id": True}, {}])
def test_answers_to_other_peoples_questions_are_left_to_them(fleet: Fleet, said: object) -> None:
    assert heard(fleet, "labkeeper-shelly/rpc", said) == ()


def test_an_answer_that_is_none_is_counted(fleet: Fleet) -> None:
    assert heard(fleet, "labkeeper-shelly/rpc", b"\xff") == (Nonsense("shelly", "not_json", "b'\\xff'"),)


def test_a_device_that_does_not_say_what_it_is_stays_unknown(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet()
    asked = [
        json.loads(each.payload) for each in heard(fleet, f"{PREFIX}/online", b"true") if isinstance(each, Outgoing)
    ]
    assert answer(fleet, asked[0]["id"], {"code": 401, "message": "unauthorised"}, "error") == ()
    assert "does not answer Shelly.GetDeviceInfo" in caplog.text
    assert fleet.devices[PREFIX].info is None
    fleet.devices.clear()
    assert answer(fleet, asked[1]["id"], CONFIG) == ()


def test_what_came_before_the_device_told_what_it_is_waits() -> None:
    fleet = Fleet()
    said = notify(fleet, "NotifyStatus", **{"switch:0": {"output": True}})
    assert [type(each) for each in said] == [Outgoing, Outgoing, Outgoing, Hold]
    assert notify(fleet, "NotifyStatus") == (Hold(PREFIX),)
    assert fleet.waits_for(f"{PREFIX}/events/rpc") is None
    assert fleet.explained("labkeeper-shelly/rpc") == ()
    introduce(fleet)
    assert fleet.explained("labkeeper-shelly/rpc") == (PREFIX,)


def test_a_device_that_leaves_takes_no_command(fleet: Fleet) -> None:
    assert heard(fleet, f"{PREFIX}/online", b"false") == (Availability(PREFIX, online=False),)
    with pytest.raises(CommandRejected, match="offline"):
        fleet.command(PREFIX, "switch0/output", value=True)


@pytest.mark.parametrize(
    ("device", "point", "code"),
    [("nobody", "switch0/output", "unknown_device"), (PREFIX, "switch0/apower", "unknown_point")],
)
def test_a_command_for_nothing_is_refused(fleet: Fleet, device: str, point: str, code: str) -> None:
    with pytest.raises(CommandRejected) as error:
        fleet.command(device, point, value=True)
    assert error.value.code == code


def test_other_topics_called_online_make_no_device() -> None:
    fleet = Fleet()
    assert heard(fleet, "somebody/online", b"yes") == heard(fleet, "somebody/online", b"false") == ()
    assert fleet.devices == {}


def test_strangers_and_open_questions_are_remembered_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "DEVICES_LIMIT", 1)
    monkeypatch.setattr(rpc, "OPEN_LIMIT", 2)
    fleet = Fleet()
    assert len(heard(fleet, "a/online", b"true")) == 3
    assert heard(fleet, "b/online", b"true") == ()
    open_ones = Questions("x", 7)
    numbers = [open_ones.ask("a", "M")[0] for _ in range(3)]
    assert [open_ones.answered(number) is None for number in numbers] == [True, False, False]


@pytest.mark.parametrize(
    ("said", "time_ms"), [(TS, 1_700_000_000_250), (12.5, None), (None, None), (True, None), ("x", None), (1e300, None)]
)
def test_a_clock_that_was_never_set_tells_no_time(said: object, time_ms: int | None) -> None:
    assert time_of(said) == time_ms
