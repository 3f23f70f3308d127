"""What Tasmota devices announce and say, and how they are asked."""

import json
from typing import Any

import pytest

from labkeeper_drivers.listening import Heard, Listen, Outgoing
from labkeeper_drivers.tasmota import fleet as fleet_module
from labkeeper_drivers.tasmota.fleet import Fleet
from labkeeper_sdk import Availability, CommandRejected, Found, Gone, Nonsense, Point, Reading, Report, Risk, Title
from tests.drivers.conftest import fixture

MAC = "C45BBE000001"
CONFIG: dict[str, Any] = json.loads(fixture("tasmota_config.json"))
SENSORS: Any = json.loads(fixture("tasmota_sensors.json"))


def heard(fleet: Fleet, topic: str, said: object, *, retain: bool = False) -> tuple[Heard, ...]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return fleet.hear(topic, payload, retain=retain)


def announce(fleet: Fleet, **changes: object) -> tuple[Heard, ...]:
    heard(fleet, f"tasmota/discovery/{MAC}/sensors", SENSORS, retain=True)
    return heard(fleet, f"tasmota/discovery/{MAC}/config", {**CONFIG, **changes}, retain=True)


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet()
    announce(fleet)
    heard(fleet, "lab/strip/tele/LWT", b"Online", retain=True)
    return fleet


def points(fleet: Fleet) -> dict[str, Point]:
    info = fleet.devices[MAC].info
    assert info is not None
    return {point.name: point for point in info.points}


def test_a_device_is_found_with_its_names_and_its_topics_are_heard() -> None:
    found, available, listen = announce(Fleet())
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title) == (MAC, Title(zh="实验台插排"))
    assert (found.device.model, found.device.firmware) == ("Power strip", "14.2.0")
    assert available == Availability(MAC, online=False)
    assert listen == Listen((("lab/strip/tele/+", 1), ("lab/strip/stat/+", 1)))


def test_its_outputs_and_sensors_are_points_with_units(fleet: Fleet) -> None:
    found = points(fleet)
    assert [name for name, point in found.items() if point.writable] == ["power1", "power2"]
    assert (found["power1"].risk, found["power1"].safe_value, found["power1"].title) == (
        Risk.MAINS, False, Title(zh="左"),
    )  # fmt: skip
    units = {
        "ENERGY/Total": "kW.h", "ENERGY/Power/1": "W", "ENERGY/Power/2": "W", "ENERGY/Factor": "",
        "SCD40/CarbonDioxide": "[ppm]", "SCD40/Temperature": "Cel", "SCD40/DewPoint": "Cel", "BME280/Pressure": "hPa",
        "SCD40/Humidity": "%", "wifi/signal": "dB{mW}",
    }  # fmt: skip
    assert {name: found[name].unit for name in units} == units
    assert {"Switch1", "Firmware/Kind", "button1", "input2"} <= found.keys()
    assert not {"ENERGY/TotalStartTime", "TempUnit", "Time"} & found.keys()


def test_a_device_that_is_there_is_asked_how_it_stands() -> None:
    fleet = Fleet()
    announce(fleet)
    assert heard(fleet, "lab/strip/tele/LWT", b"Online", retain=True) == (
        Availability(MAC, online=True),
        Outgoing("lab/strip/cmnd/STATUS", b"11"),
        Outgoing("lab/strip/cmnd/STATUS", b"10"),
    )
    assert heard(fleet, "lab/strip/tele/LWT", b"Offline") == (Availability(MAC, online=False),)
    assert heard(fleet, "lab/strip/tele/LWT", b"") == ()
    assert heard(fleet, "lab/strip/tele/LWT", b"Maybe") == (Nonsense(MAC, "bad_availability", "b'Maybe'"),)


@pytest.mark.parametrize(
    ("topic", "said", "readings"),
    [
        ("tele/STATE", {"POWER1": "ON", "POWER2": "OFF", "Wifi": {"Signal": -60}}, [
            Reading("power1", value=True), Reading("power2", value=False), Reading("wifi/signal", -60.0),
        ]),
        ("tele/SENSOR", {"ENERGY": {"Power": [7, 8]}, "Switch1": "ON"}, [
            Reading("Switch1", value=True), Reading("ENERGY/Power/1", 7.0), Reading("ENERGY/Power/2", 8.0),
        ]),
        ("stat/RESULT", {"POWER1": "ON"}, [Reading("power1", value=True)]),
        ("stat/RESULT", {"Button1": {"Action": "DOUBLE"}}, [Reading("button1", "DOUBLE")]),
        ("stat/STATUS10", {"StatusSNS": {"SCD40": {"CarbonDioxide": 700}}}, [Reading("SCD40/CarbonDioxide", 700.0)]),
        ("stat/STATUS11", {"StatusSTS": {"POWER2": "ON"}}, [Reading("power2", value=True)]),
        ("tele/SENSOR", {"BME280": {"Temperature": None}}, [Reading("BME280/Temperature", None)]),
    ],
)  # fmt: skip
def test_what_a_device_says_is_read(fleet: Fleet, topic: str, said: object, readings: list[Reading]) -> None:
    (report,) = heard(fleet, f"lab/strip/{topic}", said)
    assert isinstance(report, Report)
    assert sorted(report.readings, key=repr) == sorted(readings, key=repr)


@pytest.mark.parametrize("topic", ["stat/POWER1", "tele/INFO1", "stat/STATUS5"])
def test_what_says_nothing_new_is_not_read(fleet: Fleet, topic: str) -> None:
    assert heard(fleet, f"lab/strip/{topic}", b"ON") == ()


def test_nothing_the_broker_kept_is_a_reading(fleet: Fleet) -> None:
    assert heard(fleet, "lab/strip/tele/STATE", {"POWER1": "ON"}, retain=True) == ()


def test_an_answer_by_the_commands_name_is_read_where_the_device_answers_so() -> None:
    fleet = Fleet()
    announce(fleet, so={"4": 1})
    assert heard(fleet, "lab/strip/stat/POWER1", {"POWER1": "ON"}) == (Report(MAC, (Reading("power1", value=True),)),)
    assert heard(fleet, "lab/strip/stat/POWER1", b"ON") == ()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"{", "not_json"),
        (b"[]", "not_an_object"),
        ({"POWER1": "MAYBE"}, "unknown_value"),
        ({"POWER1": 1}, "wrong_type"),
        ({"ENERGY": {"Power": 3}}, "wrong_type"),
        ({"ENERGY": {"Voltage": "high"}}, "wrong_type"),
        ({"Switch1": 3}, "unknown_value"),
    ],
)
def test_nonsense_is_counted(fleet: Fleet, said: object, reason: str) -> None:
    assert [event.reason for event in heard(fleet, "lab/strip/tele/SENSOR", said) if isinstance(event, Nonsense)] == [
        reason
    ]


def test_a_command_goes_at_qos_0_to_the_devices_own_topic(fleet: Fleet) -> None:
    order = fleet.command(MAC, "power2", value=True)
    assert order.messages == (Outgoing("lab/strip/cmnd/POWER2", b"ON", qos=0),)
    assert fleet.command(MAC, "power2", value=False).messages[0].payload == b"OFF"


@pytest.mark.parametrize(
    ("device", "point", "code"),
    [("nobody", "power1", "unknown_device"), (MAC, "power9", "unknown_point"), (MAC, "ENERGY/Total", "unknown_point")],
)
def test_a_command_for_nothing_is_refused(fleet: Fleet, device: str, point: str, code: str) -> None:
    with pytest.raises(CommandRejected) as error:
        fleet.command(device, point, value=True)
    assert error.value.code == code


def test_nothing_is_asked_of_a_device_that_is_away(fleet: Fleet) -> None:
    heard(fleet, "lab/strip/tele/LWT", b"Offline")
    with pytest.raises(CommandRejected, match="is offline"):
        fleet.command(MAC, "power1", value=True)


def test_a_light_has_what_its_channels_allow() -> None:
    fleet = Fleet()
    announce(fleet, rl=[2, 0], lt_st=5, fn=[None])
    heard(fleet, "lab/strip/tele/LWT", b"Online")
    found = points(fleet)
    assert [name for name, point in found.items() if point.writable] == ["power", "dimmer", "ct", "hue", "saturation"]
    assert found["power"].risk is Risk.NONE
    (report,) = heard(fleet, "lab/strip/stat/RESULT", {"POWER": "ON", "Dimmer": 40, "CT": 250, "HSBColor": "120,50,40"})
    assert report == Report(MAC, (
        Reading("power", value=True), Reading("dimmer", 40.0), Reading("ct", 250.0), Reading("hue", 120.0),
        Reading("saturation", 50.0),
    ))  # fmt: skip
    assert fleet.command(MAC, "hue", 200.0).messages == (Outgoing("lab/strip/cmnd/HSBColor1", b"200"),)
    assert [type(event) for event in heard(fleet, "lab/strip/stat/RESULT", {"HSBColor": "red"})] == [Nonsense]


def test_a_shutter_moves_stops_and_says_where_it_is() -> None:
    fleet = Fleet()
    announce(fleet, rl=[3, 3])
    heard(fleet, "lab/strip/tele/LWT", b"Online")
    move = points(fleet)["shutter1/move"]
    assert (move.risk, move.safe_value, move.link_loss_s) == (Risk.MOTION, "STOP", 3.0)
    assert fleet.command(MAC, "shutter1/move", "OPEN").messages == (Outgoing("lab/strip/cmnd/ShutterOpen1", b""),)
    assert fleet.command(MAC, "shutter1/position", 30.0).messages[0].payload == b"30"
    assert heard(fleet, "lab/strip/stat/RESULT", {"Shutter1": {"Position": 30}}) == (
        Report(MAC, (Reading("shutter1/position", 30.0),)),
    )


def test_a_fan_has_four_speeds() -> None:
    fleet = Fleet()
    announce(fleet, **{"if": 1})
    heard(fleet, "lab/strip/tele/LWT", b"Online")
    assert heard(fleet, "lab/strip/stat/RESULT", {"FanSpeed": 2}) == (Report(MAC, (Reading("fan_speed", "2"),)),)
    assert fleet.command(MAC, "fan_speed", "3").messages == (Outgoing("lab/strip/cmnd/FanSpeed", b"3"),)


def test_messages_wait_for_the_announcement_of_their_topics() -> None:
    fleet = Fleet()
    assert fleet.waits_for("lab/strip/tele/STATE") == "lab/strip/tele/"
    assert fleet.explained("lab/strip/tele/STATE") == ()
    announce(fleet)
    assert fleet.waits_for("lab/strip/tele/STATE") is None
    assert fleet.explained(f"tasmota/discovery/{MAC}/config") == ("lab/strip/stat/", "lab/strip/tele/")


def test_a_device_that_takes_its_announcement_back_is_gone(fleet: Fleet) -> None:
    assert heard(fleet, f"tasmota/discovery/{MAC}/config", b"") == (Gone(MAC),)
    assert heard(fleet, f"tasmota/discovery/{MAC}/config", b"") == ()
    assert heard(fleet, "lab/strip/tele/STATE", {"POWER1": "ON"}) == ()


def test_the_same_announcement_again_says_nothing(fleet: Fleet) -> None:
    assert announce(fleet) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"tp": ["cmnd"]}, {"tp": None}, {"ft": "%prefix%/+/"}, {"ft": "%unknown%/x/"}, {"t": "a/#"},
        {"ft": "spBv1.0/%prefix%/"}, {"ft": "labkeeper/%topic%/%prefix%/"}, {"ft": "/", "t": ""},
    ],
)  # fmt: skip
def test_topics_no_device_may_choose_are_refused(changes: dict[str, object]) -> None:
    assert [event.reason for event in announce(Fleet(), **changes) if isinstance(event, Nonsense)] == [
        "bad_description"
    ]


def test_odd_announcements_make_what_can_be_made_of_them() -> None:
    fleet = Fleet()
    announce(fleet, rl="x", fn=None, state=["off"], btn=[True], swc=None, so=None, lt_st="x", dn="", hn="")
    assert points(fleet)
    assert heard(fleet, "tasmota/discovery/X/config", b"[]") == (Nonsense("X", "not_an_object", ""),)


def test_strangers_are_remembered_within_reason(monkeypatch: pytest.MonkeyPatch, fleet: Fleet) -> None:
    monkeypatch.setattr(fleet_module, "DEVICES_LIMIT", 1)
    assert heard(fleet, "tasmota/discovery/X/config", CONFIG) == ()
    assert list(fleet.devices) == [MAC]
