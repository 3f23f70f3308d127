"""The tags of every series, as the registry has them now: few and fixed, so that there is one combination a point."""

from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_hub.figures.catalogue import OF_DEVICE, node_about
from labkeeper_hub.influx.line import head
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.registry.registry import HubRegistry

GONE = "measure"  # what a point counts as that no birth and no registry describes any more


@dataclass(slots=True)
class Tags:
    """Remembers heads of lines; a series whose lab or kind changed gets a new one."""

    registry: HubRegistry
    key_of: Callable[[int], PointKey]
    _known: dict[int, tuple[tuple[str, str], str]] = field(default_factory=dict)

    def head(self, series: int) -> str:
        """Return the head of a series' lines; raises BadName."""
        key = self.key_of(series)
        current = self._of(key)
        known = self._known.get(series)
        if known is None or known[0] != current:
            lab, kind = current
            school, node, device, point = key
            tags = {"school": school, "lab": lab, "node": node, "device": device, "point": point, "kind": kind}
            known = self._known[series] = current, head(tags)
        return known[1]

    def _of(self, key: PointKey) -> tuple[str, str]:
        """Return lab and kind; the hub's figures have the same before the hub has looked at itself as afterwards."""
        node = self.registry.known.get(key.of_node) or self.registry.known.get(_about(key.of_node))
        point = self.registry.point(key)
        if point is not None:
            return (node.lab if node else key.node), point.description.kind
        figure = OF_DEVICE.get(key.point) if key.of_node.of_hub else None
        return (node.lab if node else key.node), (figure.description.kind if figure else GONE)


def _about(key: NodeKey) -> NodeKey:
    """Return the node that a reserved node of the hub is about."""
    return NodeKey(key.school, key.node.removeprefix(node_about("")))
