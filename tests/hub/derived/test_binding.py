"""Which points feed which derived point."""

from labkeeper_hub.bus import EventBus
from labkeeper_hub.derived.binding import Binding, bindings, derived_node, lesson_key
from labkeeper_hub.derived.catalogue import parse, shipped
from labkeeper_hub.model import DeviceKey, NodeKey, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import NodeDescription, PointDescription

PI = NodeKey("school", "pi")


def point(name: str, unit: str = "", datatype: DataType = DataType.DOUBLE) -> PointDescription:
    return PointDescription(name, "measure", datatype, unit)


def registry(**devices: list[PointDescription]) -> HubRegistry:
    """Return a registry of one node with these devices."""
    numbers: dict[PointKey, int] = {}
    found = HubRegistry(EventBus(), lambda key: numbers.setdefault(key, len(numbers) + 1), {})
    node = found.node_at(PI, 0)
    node.description = NodeDescription("lab")
    for name, points in devices.items():
        found.describe(found.device_at(node, name, 0), points)
    return found


def bound(found: HubRegistry) -> dict[str, Binding]:
    return {
        f"{one.target.device}/{one.target.point}": one for one in bindings(shipped().values(), found.known.values())
    }


def test_a_point_is_bound_by_its_name_and_unit() -> None:
    found = bound(registry(air=[point("co2", "[ppm]"), point("temperature", "K"), point("humidity", "%")]))
    assert found.keys() == {"air/co2_mean_10min", "air/humidity_mean_10min", "air/air_changes", "air/air_changes_fit"}
    assert found["air/co2_mean_10min"].inputs == ((PointKey(*PI, "air", "co2"),),)
    assert found["air/co2_mean_10min"].target.node == "#hub-derived-pi"


def test_two_inputs_are_of_one_device() -> None:
    warm, damp = point("temperature", "Cel"), point("humidity", "%")
    assert "air/heat_index" in bound(registry(air=[warm, damp]))
    assert not [name for name in bound(registry(air=[warm], wall=[damp])) if "heat" in name]


def test_a_lamp_is_a_switch_beside_a_brightness_and_presence_is_the_whole_labs() -> None:
    lamp = [point("state", datatype=DataType.BOOLEAN), point("brightness")]
    seen = [point("occupancy", datatype=DataType.BOOLEAN)]
    found = bound(registry(lamp=lamp, plug=lamp[:1], door=seen, desk=seen))
    assert found.keys() == {"lamp/light_wasted"}
    assert [key.device for key in found["lamp/light_wasted"].inputs[1]] == ["desk", "door"]
    assert not bound(registry(lamp=lamp))


def test_a_meter_is_bound_to_the_lesson_of_its_lab() -> None:
    (one,) = bound(registry(meter=[point("energy", "kW.h")])).values()
    assert one.inputs[1] == (lesson_key(PI),) == (PointKey(*derived_node(PI), "#lab", "lesson"),)


def test_a_text_is_no_input_and_nothing_is_derived_from_what_is_derived() -> None:
    assert not bound(registry(air=[point("co2", "[ppm]", DataType.STRING)]))
    found = registry()
    device = found.device_at(found.node_at(derived_node(PI), 0), "air", 0)
    found.describe(device, [point("co2", "[ppm]")])
    assert not bound(found)


def test_of_two_derivations_of_one_name_the_first_holds() -> None:
    node = KnownNode(PI, 0, 0)
    node.devices["air"] = device = KnownDevice(DeviceKey(*PI, "air"), node, 0)
    device.points["co2"] = KnownPoint(PointKey(*PI, "air", "co2"), device, point("co2", "[ppm]"), 1)
    text = (
        'title = {zh = "一", en = "one"}\nformula = "mean"\npoint = "same"\nunit = ""\nevery = "1 min"\n'
        'window = "5 min"\nsource = "ours"\ninputs = [{role = "value", points = ["co2"]}]\n'
    )
    (one,) = bindings(parse(f"[first]\n{text}[second]\n{text}", "derived.toml").values(), [node])
    assert one.declaration.id == "first"
