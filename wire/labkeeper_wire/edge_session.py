"""The edge node's half of a Sparkplug session: no socket, no clock, the same effects for the same calls."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from labkeeper_wire.codec import MalformedPayload, decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.declarations import BD_SEQ, REBIRTH, BadDeclaration, Declarations, UnresolvedCommand
from labkeeper_wire.effects import (
    CommandReceived,
    Disconnect,
    EdgeEffect,
    Publish,
    Rebirthed,
    Refused,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.sequence import SEQ_MASK, Sequence
from labkeeper_wire.state import BadState, parse_state, state_topic
from labkeeper_wire.topics import BadTopic, Kind, Topic, check_id, parse

if TYPE_CHECKING:
    from collections import abc


class NotLive(Exception):
    """The births are not out, so no data may go; keep it for later."""


_BIRTHS = (Kind.NBIRTH, Kind.DBIRTH)
"""The messages that carry datatypes; data leaves them out, as Sparkplug recommends."""

FARTHEST_AHEAD_MS = 86_400_000
"""A STATE further ahead of our clock (a wrong time zone is less) makes no later one old."""


class _Phase(Enum):
    NEW = auto()
    WAITING = auto()
    BORN = auto()
    OVER = auto()


class EdgeSession:
    """One MQTT connection of an edge node: built before CONNECT (for its will), thrown away after it.

    `bd_seq` is 0..255, one more than the connection before used, persisted by the caller. `host_state_ms` is the
    attribute of that name of the connection before to the same broker; None trusts the first STATE that comes.
    The shell carries out effects in the order given and publishes nothing of its own on this connection.
    """

    def __init__(
        self,
        group: str,
        node: str,
        *,
        bd_seq: int,
        primary_host: str | None,
        aliases: bool = False,
        host_state_ms: int | None = None,
    ) -> None:
        if not 0 <= bd_seq <= SEQ_MASK:
            raise ValueError(f"bdSeq {bd_seq} is not in 0..255")
        self.group = check_id(group)
        self.node = check_id(node)
        self.bd_seq = bd_seq
        self.host_state_ms = host_state_ms
        self._primary_host = None if primary_host is None else check_id(primary_host)
        self._declared = Declarations(aliases=aliases)
        self._sequence = Sequence()
        self._phase = _Phase.NEW
        self._births_due = False
        death = Payload((Metric(BD_SEQ, bd_seq, DataType.INT64),))
        self.will = Publish(self._topic(Kind.NDEATH), encode(death), qos=1)

    @property
    def live(self) -> bool:
        """Whether the births are out and data may flow."""
        return self._phase is _Phase.BORN and not self._births_due

    def declare_node(self, metrics: abc.Sequence[Metric]) -> None:
        """Say what NBIRTH carries besides bdSeq and Rebirth, values included; raises BadDeclaration.

        On a live session data stops until `rebirth` has sent the new births.
        """
        self._declared.declare(None, metrics)
        self._births_due = True

    def declare_device(self, device: str, metrics: abc.Sequence[Metric], now_ms: int) -> list[EdgeEffect]:
        """Say what the device's DBIRTH carries, anew if it changed; on a live session it goes out at once.

        Raises BadDeclaration, also for an id that MQTT cannot carry; nothing is changed then.
        """
        try:
            check_id(device)
        except BadTopic as bad:
            raise BadDeclaration(bad.reason, device) from bad
        self._declared.declare(device, metrics)
        return [self._device_birth(device, now_ms)] if self.live else []

    def device_lost(self, device: str, now_ms: int) -> list[EdgeEffect]:
        """The device is gone: DDEATH, and no more births of it until it is declared again."""
        if not self._declared.forget(device) or not self.live:
            return []
        return [self._message(Kind.DDEATH, device, (), now_ms)]

    def connected(self, now_ms: int) -> list[EdgeEffect]:
        """The MQTT session stands: subscribe, then births unless a primary host must be online first."""
        filters = [(self._topic(Kind.NCMD), 1), (self._topic(Kind.DCMD, "+"), 1)]
        if self._primary_host is not None:
            filters.append((state_topic(self._primary_host), 1))
        self._phase = _Phase.WAITING
        effects: list[EdgeEffect] = [Subscribe(tuple(filters))]
        if self._primary_host is None:
            effects += self._go_live(now_ms)
        return effects

    def received(self, topic: str, payload: bytes, now_ms: int) -> list[EdgeEffect]:
        """Take a message of the subscribed topics; whatever is wrong with it ends in Refused, never in an exception."""
        try:
            parsed = parse(topic)
        except BadTopic as bad:
            return [Refused(bad.reason, topic)]
        if parsed.kind is Kind.STATE and parsed.node == self._primary_host:
            return self._host_state(topic, payload, now_ms)
        ours = parsed.kind in (Kind.NCMD, Kind.DCMD) and (parsed.group, parsed.node) == (self.group, self.node)
        return self._command(topic, parsed.device, payload, now_ms) if ours else [Refused("not_for_this_node", topic)]

    def data(self, device: str | None, metrics: abc.Sequence[Metric], now_ms: int) -> list[EdgeEffect]:
        """NDATA (device None) or DDATA of declared metrics; live values are remembered for the next birth.

        Raises NotLive while the births are not out, NotDeclared for a device or metric that no birth named,
        CannotEncode for a value its datatype cannot hold, BadTemplate for an instance its definition does not
        cover; nothing is sent or remembered then.
        """
        if not self.live:
            raise NotLive(f"{self.group}/{self.node}")
        sent = self._declared.data(device, metrics, now_ms)
        message = self._message(Kind.NDATA if device is None else Kind.DDATA, device, sent, now_ms)
        self._declared.remember(device, metrics)
        return [message]

    def remember(self, device: str | None, metrics: abc.Sequence[Metric]) -> None:
        """Keep values for the next birth without sending them; raises NotDeclared or CannotEncode."""
        encode(Payload(tuple(self._declared.data(device, metrics, 0))))
        self._declared.remember(device, metrics)

    def rebirth(self, now_ms: int) -> list[EdgeEffect]:
        """Send all births again, in this session and with its bdSeq; nothing before the first births."""
        if self._phase is not _Phase.BORN:
            return []
        return [*self._births(now_ms), Rebirthed()]

    def leave(self, now_ms: int) -> list[EdgeEffect]:  # noqa: ARG002 - NDEATH is bdSeq and nothing else, no time
        """End on purpose: NDEATH if there was a birth, then Disconnect; an ended session stays ended."""
        born, over = self._phase is _Phase.BORN, self._phase is _Phase.OVER
        self._phase = _Phase.OVER
        if over:
            return []
        return [self.will, Disconnect()] if born else [Disconnect()]

    def _is_old(self, time_ms: int, now_ms: int) -> bool:
        """Tell a STATE older than the last; but a host whose clock was set far ahead once must be able to come back."""
        last_ms = self.host_state_ms
        return last_ms is not None and time_ms < last_ms <= now_ms + FARTHEST_AHEAD_MS

    def _host_state(self, topic: str, payload: bytes, now_ms: int) -> list[EdgeEffect]:
        try:
            state = parse_state(payload)
        except BadState:
            return [Refused("bad_state", topic)]
        if self._is_old(state.time_ms, now_ms):
            return [Refused("old_state", topic)]
        self.host_state_ms = state.time_ms
        if state.online and self._phase is _Phase.WAITING:
            return self._go_live(now_ms)
        if not state.online and self._phase is _Phase.BORN:
            return [*self.leave(now_ms), SessionPaused("primary_host_offline")]
        return []

    def _command(self, topic: str, device: str | None, payload: bytes, now_ms: int) -> list[EdgeEffect]:
        if self._phase is not _Phase.BORN:
            return [Refused("not_live", topic)]
        try:
            command = decode(payload)
            metrics = self._declared.resolve(device, command.metrics)
        except (MalformedPayload, UnresolvedCommand) as error:
            return [Refused(error.reason, topic)]
        effects: list[EdgeEffect] = []
        if device is None:
            wanted = tuple(metric for metric in metrics if metric.name != REBIRTH)
            if any(metric.name == REBIRTH and metric.value is True for metric in metrics):
                effects += self.rebirth(now_ms)
            metrics = wanted
        return [*effects, CommandReceived(device, metrics, command.time_ms)] if metrics else effects

    def _go_live(self, now_ms: int) -> list[EdgeEffect]:
        self._phase = _Phase.BORN
        return [*self._births(now_ms), SessionLive()]

    def _births(self, now_ms: int) -> list[EdgeEffect]:
        self._births_due = False
        self._sequence.restart()
        session = (Metric(BD_SEQ, self.bd_seq, DataType.INT64), Metric(REBIRTH, False, DataType.BOOLEAN))
        node = self._message(Kind.NBIRTH, None, self._declared.birth(None, now_ms, session), now_ms)
        return [node, *(self._device_birth(device, now_ms) for device in self._declared.devices())]

    def _device_birth(self, device: str, now_ms: int) -> Publish:
        return self._message(Kind.DBIRTH, device, self._declared.birth(device, now_ms), now_ms)

    def _message(self, kind: Kind, device: str | None, metrics: abc.Sequence[Metric], now_ms: int) -> Publish:
        payload = encode(Payload(tuple(metrics), now_ms, self._sequence.next), datatypes=kind in _BIRTHS)
        self._sequence.advance()
        return Publish(self._topic(kind, device), payload)

    def _topic(self, kind: Kind, device: str | None = None) -> str:
        return str(Topic(self.group, kind, self.node, device))
