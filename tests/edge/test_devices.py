"""The registry of devices: owners, overrides, names that cannot be, and who is told."""

import pytest

from labkeeper_edge.devices import Devices
from labkeeper_edge.refusals import REMEMBERED, SAID_ONE_BY_ONE, Refusals
from labkeeper_edge.settings import DeviceSettings, PointSettings, Titles
from labkeeper_sdk import DeviceInfo, Measure, Point, Risk, Switch, Title


def make(**overrides: DeviceSettings) -> tuple[Devices, Refusals, list[str]]:
    refusals = Refusals()
    told: list[str] = []
    devices = Devices(refusals, overrides, [told.append])
    return devices, refusals, told


def info(device: str = "d", *points: Point) -> DeviceInfo:
    return DeviceInfo(id=device, points=points or (Measure("t"),))


def test_a_device_is_told_about_when_it_comes_changes_or_goes_and_not_otherwise() -> None:
    devices, _, told = make()
    devices.found("a", info())
    devices.found("a", info())
    assert told == ["d"]
    devices.found("a", info("d", Measure("t"), Measure("u")))
    devices.available("a", "d", online=False)
    devices.available("a", "d", online=False)
    devices.found("a", info("d", Measure("t"), Measure("u")))
    devices.gone("a", "d")
    devices.gone("a", "d")
    assert told == ["d"] * 5
    assert devices.get("d") is None


def test_a_second_owner_is_refused_and_cannot_speak_for_the_device() -> None:
    devices, refusals, _ = make()
    devices.found("a", info())
    devices.found("b", info())
    devices.found("b", info("D"))
    devices.available("b", "d", online=False)
    devices.gone("b", "d")
    known = devices.get("d")
    assert known is not None
    assert (known.instance, known.online) == ("a", True)
    assert refusals.counts["device_taken"] == 2


def test_a_lost_connection_takes_its_own_devices_offline() -> None:
    devices, _, _ = make()
    devices.found("a", info("d"))
    devices.found("b", info("e"))
    devices.connection_lost("a")
    assert [(known.info.id, known.online) for known in devices] == [("d", False), ("e", True)]


def test_ids_and_points_that_no_message_could_carry_are_refused() -> None:
    devices, refusals, _ = make()
    devices.found("a", info("d/1"))
    devices.found("a", info("d", Measure("t"), Measure("T"), Measure("Delivery/Batch"), Measure("bdSeq")))
    known = devices.get("d")
    assert known is not None
    assert list(known.points) == ["t"]
    assert refusals.counts == {"bad_device_id": 1, "bad_point_name": 3}


def test_what_the_school_says_goes_over_what_the_driver_says() -> None:
    said = DeviceSettings(
        bench="4", title=Titles(en="Oven"), points={"heater": PointSettings(safe_value=False, link_loss_s=5)}
    )
    devices, refusals, _ = make(d=said)
    devices.found("a", info("d", Switch("heater"), Measure("t")))
    known = devices.get("d")
    assert known is not None
    assert (known.bench, known.info.title) == ("4", Title(en="Oven"))
    assert (known.points["heater"].safe_value, known.points["heater"].link_loss_s) == (False, 5)
    assert not refusals.counts


def test_what_can_hurt_and_would_hold_its_value_for_ever_is_named_once_with_what_to_declare(
    caplog: pytest.LogCaptureFixture,
) -> None:
    devices, _, _ = make()
    kiln = info(
        "kiln",
        Switch("heat", risk=Risk.HEAT, safe_value=False),
        Switch("fan", risk=Risk.MOTION, safe_value=False, link_loss_s=5),
        Switch("light", safe_value=False),
        Switch("door", risk=Risk.MOTION),
        Measure("t"),
    )
    for online in (True, False):
        devices.found("a", kiln)
        devices.available("a", "kiln", online=online)
    devices.found("a", kiln)
    (warned,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert warned.endswith('declare link_loss_s in [devices."kiln".points."heat"]')
    caplog.clear()
    devices.override({"kiln": DeviceSettings(points={"heat": PointSettings(link_loss_s=10)})})
    assert [one for one in caplog.records if one.levelname == "WARNING"] == []


def test_an_override_that_does_not_fit_the_point_is_refused() -> None:
    said = DeviceSettings(points={"heater": PointSettings(safe_value="off"), "fan": PointSettings(link_loss_s=1)})
    devices, refusals, _ = make(d=said)
    devices.found("a", info("d", Switch("heater"), Switch("fan")))
    known = devices.get("d")
    assert known is not None
    assert known.points["heater"].safe_value is None
    assert refusals.counts["bad_override"] == 2


def test_a_trouble_is_logged_once_per_change(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    for reason in ("wrong_type", "wrong_type", "not_finite"):
        refusals.count(reason, "d/t", "x" * 999)
    refusals.clear("d/t")
    refusals.clear("d/t")
    assert refusals.total()["wrong_type"] == 2
    assert [record.levelname for record in caplog.records if record.levelno > 20] == ["WARNING", "WARNING"]


def test_a_source_that_comes_and_goes_is_logged_ever_more_rarely(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level("INFO"):
        for _ in range(1000):
            refusals.count("not_finite", "air/co2")
            refusals.clear("air/co2")
    assert SAID_ONE_BY_ONE < len(caplog.records) < 2 * SAID_ONE_BY_ONE
    assert refusals.counts["not_finite"] == 1000


def test_a_new_source_for_every_message_fills_neither_log_nor_memory(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    for number in range(10_000):
        refusals.count("message_refused", f"topic {number}\n" + "x" * 10_000)
    assert len(caplog.records) < 2 * SAID_ONE_BY_ONE
    assert all(record.getMessage().isprintable() and len(record.getMessage()) < 400 for record in caplog.records)
    assert len(refusals._trouble) <= REMEMBERED
    assert refusals.counts["message_refused"] == 10_000
