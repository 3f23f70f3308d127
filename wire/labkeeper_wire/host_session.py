"""The host's half of every node's Sparkplug session: no socket, no clock, the same effects for the same calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labkeeper_wire.codec import MalformedPayload, decode, encode
from labkeeper_wire.effects import Disconnect, HostEffect, LinkStale, Publish, Refused, Subscribe
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.remote_node import RemoteNode
from labkeeper_wire.state import BadState, HostState, parse_state, publish_state, state_topic
from labkeeper_wire.topics import NAMESPACE, BadTopic, Kind, Topic, check_id, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

NODE_LIMIT = 20_000
"""Nodes one host session keeps; more is refused rather than running out of memory."""

ROUTE_LIMIT = 200_000
"""Topics whose parsing is remembered."""


class UnknownTarget(Exception):
    """A command names a metric no birth has declared and brings no datatype of its own."""


class _Route(NamedTuple):
    """Where the messages of one topic go."""

    kind: Kind
    node: RemoteNode
    device: str | None


class HostSession:
    """One MQTT connection of a host application: built before CONNECT (for its will), thrown away after it.

    `connect_ms` is the time of this CONNECT by the host's clock; will and birth carry it. One process owns the session:
    shared subscriptions would break the order that `seq` counts. `rebirth_interval_ms` is the least time between two
    rebirth requests to one node.
    """

    def __init__(
        self, host_id: str, *, connect_ms: int, reorder_timeout_ms: int = 2000, rebirth_interval_ms: int = 5000
    ) -> None:
        self.host_id = check_id(host_id)
        self.connect_ms = connect_ms
        self.will = publish_state(host_id, HostState(False, connect_ms))
        self._birth = publish_state(host_id, HostState(True, connect_ms))
        self._reorder_timeout_ms = reorder_timeout_ms
        self._rebirth_interval_ms = rebirth_interval_ms
        self._online = False
        self._nodes: dict[tuple[str, str], RemoteNode] = {}
        self._routes: dict[str, _Route] = {}
        self._waiting: set[RemoteNode] = set()
        self._made = False  # a node since strangers were last forgotten

    def connected(self, now_ms: int) -> list[HostEffect]:  # noqa: ARG002 - the birth carries the will's time
        """The MQTT session stands: subscribe, then say online before anything else is published."""
        self._online = True
        return [Subscribe(((state_topic(self.host_id), 1), (f"{NAMESPACE}/#", 1))), self._birth]

    def received(self, topic: str, payload: bytes, now_ms: int) -> list[HostEffect]:
        """Take a message; what is wrong with it ends in Refused, perhaps a rebirth request, never an exception."""
        route = self._routes.get(topic)
        if route is None:
            found = self._find(topic, payload)
            if not isinstance(found, _Route):
                return found
            route = found
        try:
            message = decode(payload)
        except MalformedPayload as malformed:
            return [Refused(malformed.reason, topic)]
        kind, node, device = route
        if kind is Kind.NBIRTH:
            effects = node.born(topic, message, now_ms)
        elif kind is Kind.NDEATH:
            effects = node.died(topic, message, now_ms)
        else:
            effects = node.sequenced(kind, device, topic, message, now_ms)
        if node.order.deadline_ms is not None or node.request.due_ms is not None:
            self._waiting.add(node)
        return effects

    def tick(self, now_ms: int) -> list[HostEffect]:
        """Do what time alone brings: gaps that were not filled, rebirth requests that are due."""
        effects: list[HostEffect] = []
        for node in sorted(self._waiting, key=RemoteNode.name):
            effects += node.tick(now_ms)
            if node.deadline_ms() is None:
                self._waiting.discard(node)
        return effects

    def link_lost(self, now_ms: int) -> list[HostEffect]:
        """The broker is gone: report what was held back, then everything is stale; the session object is spent."""
        self._online = False
        effects = [effect for node in self._nodes.values() for effect in node.cut_off(now_ms)]
        self._waiting.clear()
        return [*(effect for effect in effects if not isinstance(effect, Publish)), LinkStale(now_ms)]

    def request_rebirth(self, group: str, node: str, now_ms: int) -> list[HostEffect]:
        """Ask a node for all its births, now or when its rate limit allows; raises BadTopic for impossible ids."""
        remote = self._node(check_id(group), check_id(node))
        if remote is None:
            return [Refused("too_many_nodes", str(Topic(group, Kind.NCMD, node)))]
        effects = remote.want_rebirth(now_ms)
        self._waiting.add(remote)
        return effects

    def command(self, group: str, node: str, device: str | None, metrics: Sequence[Metric], now_ms: int) -> Publish:
        """Return the NCMD (device None) or DCMD that writes these metrics, by name and with the birth's datatypes.

        Raises UnknownTarget if neither birth nor metric gives a datatype, CannotEncode if a value does not fit it.
        """
        remote = self._nodes.get((group, node))
        typed = tuple(_typed(remote, device, metric) for metric in metrics)
        kind = Kind.NCMD if device is None else Kind.DCMD
        topic = Topic(check_id(group), kind, check_id(node), None if device is None else check_id(device))
        return Publish(str(topic), encode(Payload(typed, now_ms)))

    def leave(self, now_ms: int) -> list[HostEffect]:
        """End on purpose: say offline with the time of now, then Disconnect."""
        self._online = False
        return [publish_state(self.host_id, HostState(False, now_ms)), Disconnect()]

    def _find(self, topic: str, payload: bytes) -> _Route | list[HostEffect]:
        """Return where a new topic's messages go, or what to do with one that goes nowhere."""
        try:
            parsed = parse(topic)
        except BadTopic as bad:
            return [Refused(bad.reason, topic)]
        if parsed.kind is Kind.STATE:
            return self._state(topic, payload) if parsed.node == self.host_id else []
        if parsed.kind in (Kind.NCMD, Kind.DCMD):
            return []
        node = self._node(parsed.group, parsed.node)
        if node is None:
            return [Refused("too_many_nodes", topic)]
        if len(self._routes) >= ROUTE_LIMIT:
            self._routes.clear()
        route = self._routes[topic] = _Route(parsed.kind, node, parsed.device)
        return route

    def _node(self, group: str, node: str) -> RemoteNode | None:
        """Return the node, a new one if there is still room."""
        known = self._nodes.get((group, node))
        if known is None and len(self._nodes) >= NODE_LIMIT and self._made:
            self._forget_strangers()
        if known is not None or len(self._nodes) >= NODE_LIMIT:
            return known
        self._made = True
        new = self._nodes[group, node] = RemoteNode(
            group,
            node,
            reorder_timeout_ms=self._reorder_timeout_ms,
            rebirth_interval_ms=self._rebirth_interval_ms,
        )
        return new

    def _forget_strangers(self) -> None:
        """Names that were made up, never born, must not keep a true node out."""
        self._nodes = {name: node for name, node in self._nodes.items() if node.was_born}
        self._waiting.intersection_update(self._nodes.values())
        self._routes.clear()
        self._made = False

    def _state(self, topic: str, payload: bytes) -> list[HostEffect]:
        """Our own STATE: contradict an offline that is not true; another host under our id is refused aloud."""
        try:
            state = parse_state(payload)
        except BadState:
            return [Refused("bad_state", topic)]
        if not state.online:
            return [self._birth] if self._online else []
        return [Refused("host_id_taken", topic)] if state.time_ms > self.connect_ms else []


def _typed(remote: RemoteNode | None, device: str | None, metric: Metric) -> Metric:
    """Return a command's metric by name, with the datatype of the birth, its own if the birth has none."""
    name = metric.name or ""
    declared = None if remote is None else remote.datatype(device, name)
    datatype = metric.datatype if declared is None else declared
    if datatype is None:
        raise UnknownTarget(name)
    return metric._replace(datatype=datatype, alias=None)
