"""Drivers that a node does not run, by what it says of itself: on record with the node's reason, each once."""

from dataclasses import dataclass, field

from labkeeper_hub.audit.record import Notes
from labkeeper_hub.model import NodeKey
from labkeeper_hub.registry.known import NODE_ITSELF
from labkeeper_hub.registry.registry import HubRegistry

STATE = "Driver/"  # a node's own points: how each driver instance stands
BROKEN = "broken: "  # it is not run: its files are not the allowed ones, it is on no list, it does not load


@dataclass(slots=True)
class BrokenDrivers:
    """Looks at what the nodes say; a hub that starts anew notes again what is still so."""

    registry: HubRegistry
    audit: Notes
    _stood: dict[tuple[NodeKey, str], str] = field(default_factory=dict)

    def look(self) -> None:
        """Note what is broken since the last look, or for another reason."""
        for key, node in self.registry.known.items():
            itself = node.devices.get(NODE_ITSELF)
            if itself is None or not node.online or node.outbox is None:
                continue
            for name, point in itself.points.items():
                if name.startswith(STATE) and isinstance(point.value, str):
                    self._stands(key, name.removeprefix(STATE), point.value)

    def _stands(self, node: NodeKey, instance: str, state: str) -> None:
        before = self._stood.get((node, instance))
        self._stood[node, instance] = state
        if state.startswith(BROKEN) and state != before:
            subject, why = "/".join((*node, instance)), state.removeprefix(BROKEN)
            self.audit.note(f"node {node.node}", "refuse_driver", subject, why)
