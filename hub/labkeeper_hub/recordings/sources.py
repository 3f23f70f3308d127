"""What the hub's other rooms know of a recording's time."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.commands.desk import CommandDesk
from labkeeper_hub.ingest.deliveries import Deliveries
from labkeeper_hub.model import Node, NodeKey
from labkeeper_hub.recordings.lesson_record import Happened, within
from labkeeper_hub.recordings.recording import Delivered, Recording
from labkeeper_hub.registry.registry import HubRegistry

MOST_ALARMS = 100_000


@dataclass(frozen=True, slots=True)
class HubSources:
    """The hub's own."""

    registry: HubRegistry
    deliveries: Deliveries
    commands: CommandDesk
    alarms: AlarmDesk

    def delivered(self) -> Mapping[NodeKey, Delivered]:
        """Return what is known of every node's outbox."""
        return {one.key: Delivered(one.online, self._whole(one)) for one in self.registry.nodes()}

    def _whole(self, node: Node) -> bool:
        return node.outbox is None or self.deliveries.whole(node.key, node.outbox.epoch)

    async def happened(self, recording: Recording) -> Happened:
        """Return the commands to the lab's devices and its alarms, the oldest first."""
        plan = recording.plan
        devices = {one.key for one in self.registry.devices(plan.school) if one.lab == plan.lab}
        asked = await self.commands.between(recording.started_ms, recording.end_ms)
        entries = await self.alarms.history(limit=MOST_ALARMS, since_ms=recording.started_ms)
        return Happened([one for one in asked if one.order.target.of_device in devices], within(entries, recording))
