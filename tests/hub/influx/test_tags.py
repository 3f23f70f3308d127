"""The tags of a point: as the registry has them when it is forwarded."""

from labkeeper_hub.bus import EventBus
from labkeeper_hub.figures.catalogue import node_about
from labkeeper_hub.influx.tags import Tags
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription

from .protocol import parse

SWITCH = PointKey("demo", "pi", "lamp", "state")
KEYS = {1: SWITCH, 2: PointKey("demo", node_about("pi"), "lamp", "title_en"), 3: PointKey("demo", "gone", "", "x")}


def tags_of(tags: Tags, series: int) -> dict[str, str]:
    return parse(f"{tags.head(series)} value=1.0 5").tags


def born(lab: str) -> HubRegistry:
    registry = HubRegistry(EventBus(flush_s=3600), lambda _: 1, {})
    return moved(registry, lab)


def moved(registry: HubRegistry, lab: str) -> HubRegistry:
    node = registry.node_born(NodeKey("demo", "pi"), NodeDescription(lab, "实验室", "Lab"), None, 1)
    points = [PointDescription("state", "switch", DataType.BOOLEAN)]
    registry.device_born(node, "lamp", DeviceDescription(), points, 1)
    return registry


async def test_lab_and_kind_are_the_registrys_and_change_with_it() -> None:
    registry = born("lab 1")
    tags = Tags(registry, KEYS.__getitem__)
    expected = {"school": "demo", "node": "pi", "device": "lamp", "point": "state", "kind": "switch"}
    assert tags_of(tags, 1) == {**expected, "lab": "lab 1"}
    assert tags.head(1) is tags.head(1)
    moved(registry, "lab 2")
    assert tags_of(tags, 1) == {**expected, "lab": "lab 2"}


async def test_the_hubs_figures_have_the_lab_of_the_node_they_are_about_before_they_are_looked_at() -> None:
    found = tags_of(Tags(born("lab 1"), KEYS.__getitem__), 2)
    assert (found["lab"], found["kind"], found["node"]) == ("lab 1", "state", "#hub/pi")


async def test_a_point_nobody_declares_is_a_measure_in_a_lab_called_like_its_node() -> None:
    found = tags_of(Tags(born("lab 1"), KEYS.__getitem__), 3)
    assert found == {"school": "demo", "node": "gone", "lab": "gone", "point": "x", "kind": "measure"}
