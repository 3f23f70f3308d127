"""What a wall shows of a lab: which sensor speaks for the room, and what is nobody's business."""

from dataclasses import replace

from labkeeper_hub.alarms.states import Alarm, Core, Priority, Shelf
from labkeeper_hub.model import AlarmKey, AlarmNow, Device, DeviceKey, Latest, PointKey
from labkeeper_hub.wall import board
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription


def sensor(name: str, *points: str, bench: str = "") -> Device:
    described = tuple(PointDescription(one, "measure", DataType.DOUBLE) for one in points)
    return Device(
        DeviceKey("demo", "n", name), "lab", DeviceDescription(bench=bench), described, online=True, since_ms=0
    )


def said(device: Device, point: str, value: float | str | None, *, stale: bool = False, quality: int = 192) -> Latest:
    return Latest(PointKey(*device.key, point), value, 5, quality, stale)


def shown(devices: list[Device], *latest: Latest) -> list[tuple[str, str, bool]]:
    found = board.figures(devices, {one.key: one for one in latest})
    return [(one.device.key.device, one.point.name, one.old) for one in found]


def test_the_rooms_own_sensor_speaks_before_a_benchs() -> None:
    bench, room = sensor("a", "temperature", bench="1"), sensor("b", "air/temperature")
    assert shown([bench, room], said(bench, "temperature", 20.0), said(room, "air/temperature", 21.0)) == [
        ("b", "air/temperature", False)
    ]


def test_what_is_known_now_comes_before_what_was() -> None:
    bench, room = sensor("a", "co2", bench="1"), sensor("b", "co2")
    fresh = said(bench, "co2", 800.0)
    assert shown([bench, room], fresh, said(room, "co2", 900.0, stale=True)) == [("a", "co2", False)]
    assert shown([bench, room], fresh, said(room, "co2", 900.0, quality=0)) == [("a", "co2", False)]
    assert shown([room], said(room, "co2", 900.0, stale=True)) == [("b", "co2", True)]


def test_figures_come_in_a_fixed_order_and_only_of_what_a_room_has() -> None:
    one = sensor("a", "noise", "heart_rate", "co2", "temperature", "humidity")
    values = [said(one, name, 1.0) for name in ("noise", "heart_rate", "co2", "temperature")]
    assert [name for _, name, _ in shown([one], *values, said(one, "humidity", None))] == [
        "temperature",
        "co2",
        "noise",
    ]


def test_a_setpoint_is_no_measure_of_the_room() -> None:
    heater = sensor("a", "temperature")
    heater = replace(heater, points=(replace(heater.points[0], kind="setpoint"),))
    assert shown([heater], said(heater, "temperature", 25.0)) == []


def test_an_alarm_about_a_child_is_not_for_the_wall_nor_is_another_labs_or_what_is_put_aside() -> None:
    state = Alarm(Core.UNACK, Priority.HIGH)
    co2 = AlarmNow(AlarmKey("co2", PointKey("demo", "n", "a", "co2")), "lab", "warn", state)
    others = (
        replace(co2, key=co2.key._replace(rule="heart_rate")),
        replace(co2, lab="lab-2"),
        replace(co2, state=replace(state, core=Core.NORM)),
        replace(co2, state=replace(state, shelf=Shelf("p-1", "painting", 9))),
    )
    assert board.alarms((*others, co2), "demo", "lab") == (co2,)
