"""A driver that a node does not run is on record, with the node's reason, once for each reason."""

from labkeeper_hub.bus import EventBus
from labkeeper_hub.drivers.broken import BrokenDrivers
from labkeeper_hub.model import NodeKey, Outbox
from labkeeper_hub.registry.known import NODE_ITSELF
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from tests.hub.heard import Heard

NODE, FOREIGN = NodeKey("s", "n"), NodeKey("s", "foreign")
CHANGED = "the files of acme-pump are not the allowed ones: sha256:12"
ITS_OWN = [PointDescription(name, "state", DataType.STRING) for name in ("Driver/pump", "Driver/fan", "Stop/Latch")]


def registry() -> HubRegistry:
    made = HubRegistry(EventBus(), lambda _: 0, {})
    for key, outbox in ((NODE, Outbox("e")), (FOREIGN, None)):
        node = made.node_born(key, NodeDescription("lab"), outbox, 1)
        made.device_born(node, NODE_ITSELF, DeviceDescription(), ITS_OWN, 1)
    made.node_born(NodeKey("s", "bare"), NodeDescription("lab"), Outbox("e"), 1)
    return made


async def test_a_driver_that_a_node_refuses_is_on_record_once_and_again_for_another_reason() -> None:
    known, heard = registry(), Heard()
    broken = BrokenDrivers(known, heard)
    points = known.known[NODE].devices[NODE_ITSELF].points
    points["Driver/pump"].value, points["Driver/fan"].value = f"broken: {CHANGED}", "connected"
    known.known[FOREIGN].devices[NODE_ITSELF].points["Driver/pump"].value = "broken: who knows"
    for _ in range(2):
        broken.look()
    assert heard.of("refuse_driver") == [("node n", "s/n/pump", CHANGED)]
    for state in ("connected", f"broken: {CHANGED}", "broken: acme-pump is not on the allow-list"):
        points["Driver/pump"].value = state
        broken.look()
    assert [result for _, _, result in heard.of("refuse_driver")][1:] == [CHANGED, "acme-pump is not on the allow-list"]
