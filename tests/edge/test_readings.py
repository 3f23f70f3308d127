"""The way of a reading through a whole edge: device, outbox, hub, acknowledgement."""

from labkeeper_sdk.testing import Broker
from labkeeper_wire.delivery import BACKLOG, GAPS, TAKEN
from labkeeper_wire.effects import DataReceived

from .conftest import Keyboard, RunEdge
from .tiny_host import open_host


async def test_a_reading_arrives_live_with_the_devices_own_time(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(temperature=21.5, door=True, text="气", count=3, t=1_700_000_000_123)
        await host.until(lambda: host.values("count"))
        data = next(it for it in host.heard if isinstance(it, DataReceived) and it.batch is not None)
        said = {m.name: (m.value, m.time_ms, m.historical) for m in data.metrics}
        assert said == {
            "temperature": (21.5, 1_700_000_000_123, False),
            "door": (True, 1_700_000_000_123, False),
            "text": ("气", 1_700_000_000_123, False),
            "count": (3, 1_700_000_000_123, False),
        }
        await host.until(lambda: host.node_metric(TAKEN) == 4 and host.node_metric(BACKLOG) == 0)
        assert host.node_metric(GAPS) == 0
