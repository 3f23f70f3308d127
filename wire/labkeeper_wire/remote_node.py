"""What a host knows of one edge node: its births, its place in the sequence, and whether it must be asked for more."""

from __future__ import annotations

from labkeeper_wire.births import Birth, UnknownMetric, UnusableBirth, timed
from labkeeper_wire.codec import MalformedPayload, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.declarations import BD_SEQ, REBIRTH
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    HostEffect,
    NodeBorn,
    NodeDied,
    Publish,
    Refused,
)
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.rebirth_request import RebirthRequest
from labkeeper_wire.reorder import Arrival, Reorder
from labkeeper_wire.sequence import SEQ_MASK
from labkeeper_wire.topics import Kind, Topic

_LIVES = (Kind.DBIRTH, Kind.DDEATH)

NEVER = -1
"""Before any time a message can carry."""

HALF = 128
"""Half of the sequence: a message further ahead than this is rather one from behind."""

LATE_LIMIT = 3
"""So many late messages without one in turn mean that we are the ones out of step."""


class RemoteNode:
    """One edge node as the host sees it during one connection of the host.

    Nothing is reported under a guess: what the births do not explain is refused whole, and a rebirth asked for.
    """

    __slots__ = (
        "_bd_seq", "_births", "_born_ms", "_doubted_ms", "_group", "_in_step", "_interval_ms", "_late", "_node",
        "_sent_ms", "alive", "order", "request",
    )  # fmt: skip

    def __init__(self, group: str, node: str, *, reorder_timeout_ms: int, rebirth_interval_ms: int) -> None:
        self.alive = False
        self.order = Reorder(reorder_timeout_ms)
        self.request = RebirthRequest(rebirth_interval_ms)
        self._group = group
        self._node = node
        self._interval_ms = rebirth_interval_ms
        self._bd_seq = 0
        self._births: dict[str | None, Birth] = {}
        self._born_ms = NEVER
        self._sent_ms = NEVER
        self._in_step = False
        self._late = 0
        self._doubted_ms: int | None = None

    def name(self) -> tuple[str, str]:
        """Return school and node."""
        return self._group, self._node

    @property
    def was_born(self) -> bool:
        """Whether it ever was more than a name on a topic."""
        return self.alive or self._born_ms != NEVER

    def datatype(self, device: str | None, name: str) -> int | None:
        """Return the datatype the birth of the device (None: the node) gave to a metric."""
        birth = self._births.get(device)
        return None if birth is None else birth.datatype(name)

    def deadline_ms(self) -> int | None:
        """Return when `tick` has something to do, by the host's clock."""
        times = [time for time in (self.order.deadline_ms, self.request.due_ms) if time is not None]
        return min(times, default=None)

    def tick(self, now_ms: int) -> list[HostEffect]:
        """Give up waiting for a gap whose time is over, and ask for a rebirth that is due."""
        deadline_ms = self.order.deadline_ms
        effects = self._give_up(now_ms) if deadline_ms is not None and deadline_ms <= now_ms else []
        return [*effects, *self._ask(now_ms)]

    def want_rebirth(self, now_ms: int) -> list[HostEffect]:
        """Ask the node for its births now, or as soon as the rate limit allows."""
        self.request.want(now_ms)
        return self._ask(now_ms)

    def born(self, topic: str, payload: Payload, now_ms: int) -> list[HostEffect]:
        """NBIRTH: begin anew, unless it is unusable or an echo of the past."""
        bd_seq, sent_ms = _bd_seq(payload), now_ms if payload.time_ms is None else payload.time_ms
        if bd_seq is None or payload.seq is None:
            return self._refuse("bdseq_missing" if bd_seq is None else "seq_missing", topic)
        try:
            birth = Birth(payload.metrics, sent_ms)
        except UnusableBirth as unusable:
            return self._refuse(unusable.reason, topic)
        if self._is_old(bd_seq, payload.time_ms) and not self._is_believed(now_ms):
            return self._doubt(bd_seq, sent_ms, topic, now_ms)
        return self._begin(birth, bd_seq, payload, payload.seq, now_ms)

    def died(self, topic: str, payload: Payload, now_ms: int) -> list[HostEffect]:
        """NDEATH: ignored unless it is this session's; what was held is reported before the death."""
        if not self.alive or _bd_seq(payload) != self._bd_seq:
            return self._refuse("old_death", topic)
        return [*self.cut_off(now_ms), NodeDied(self._group, self._node, now_ms)]

    def cut_off(self, now_ms: int) -> list[HostEffect]:
        """The node, or the link to it, is gone: report what was held, then know no births any more."""
        effects = self._flush(self.order.give_up(), now_ms)
        self.alive = self._in_step = False
        self._births = {}
        self.request.settle()
        return effects

    def sequenced(self, kind: Kind, device: str | None, topic: str, payload: Payload, now_ms: int) -> list[HostEffect]:
        """Take a message that counts in the sequence: DBIRTH, DDEATH, NDATA, DDATA."""
        if not self.alive:
            return [Refused("unknown_node", topic), *self.want_rebirth(now_ms)]
        seq, order = payload.seq, self.order
        if seq is None:
            return self._refuse("seq_missing", topic)
        if seq != order.expected or (kind in _LIVES and self._is_echo(payload)):
            return self._out_of_turn(Arrival(kind, device, topic, payload, seq), now_ms)
        if order.held:
            return self._fill_gap(Arrival(kind, device, topic, payload, seq), now_ms)
        order.expected = (seq + 1) & SEQ_MASK
        self._late = 0
        return self._take(kind, device, topic, payload, now_ms)

    def _take(self, kind: Kind, device: str | None, topic: str, payload: Payload, now_ms: int) -> list[HostEffect]:
        sent_ms = payload.time_ms
        if sent_ms is None:
            sent_ms = now_ms
        else:
            self._sent_ms = sent_ms
        if kind is Kind.DDATA or kind is Kind.NDATA:
            return self._data(device, topic, payload, sent_ms, now_ms)
        if kind is Kind.DBIRTH:
            return self._device_born(device or "", topic, payload, sent_ms, now_ms)
        if self._births.pop(device, None) is None:
            return self._refuse("unknown_device", topic)
        return [DeviceDied(self._group, self._node, device or "", sent_ms)]

    def _data(self, device: str | None, topic: str, payload: Payload, sent_ms: int, now_ms: int) -> list[HostEffect]:
        birth = self._births.get(device)
        if birth is None:
            return [Refused("unknown_device", topic), *self.want_rebirth(now_ms)]
        try:
            metrics, batch = birth.read(payload, sent_ms, in_step=self._in_step)
        except (UnknownMetric, MalformedPayload) as error:
            self._in_step = False
            return [Refused(error.reason, topic), *self.want_rebirth(now_ms)]
        return [DataReceived(self._group, self._node, device, metrics, sent_ms, batch)]

    def _device_born(self, device: str, topic: str, payload: Payload, sent_ms: int, now_ms: int) -> list[HostEffect]:
        try:
            self._births[device] = Birth(payload.metrics, sent_ms)
        except UnusableBirth as unusable:
            self._births.pop(device, None)
            return [Refused(unusable.reason, topic), *self.want_rebirth(now_ms)]
        return [DeviceBorn(self._group, self._node, device, timed(payload.metrics, sent_ms), sent_ms)]

    def _fill_gap(self, arrival: Arrival, now_ms: int) -> list[HostEffect]:
        """Take a message in turn and what waited for it, unless it only seems to be the missing one."""
        self.order.hold(arrival, now_ms)
        self._late = 0
        if self.order.contradicts(arrival.payload.time_ms):
            return [*self._give_up(now_ms), *self._ask(now_ms)]
        return self._take_ready(now_ms)

    def _take_ready(self, now_ms: int) -> list[HostEffect]:
        effects: list[HostEffect] = []
        for arrival in self.order.ready():
            effects += self._take(arrival.kind, arrival.device, arrival.topic, arrival.payload, now_ms)
        return effects

    def _out_of_turn(self, arrival: Arrival, now_ms: int) -> list[HostEffect]:
        if self._is_late(arrival):
            return self._late_again(arrival.topic, now_ms)
        if not self.order.hold(arrival, now_ms):
            return self._refuse("seq_twice", arrival.topic)
        return self.tick(now_ms) if not self.order.full else [*self._give_up(now_ms), *self._ask(now_ms)]

    def _is_late(self, arrival: Arrival) -> bool:
        """Tell an echo from a gap by the node's clock, and within one of its milliseconds by the nearer way round."""
        sent_ms = arrival.payload.time_ms
        if sent_ms is None or sent_ms > self._sent_ms:
            return False
        return sent_ms < self._sent_ms or ((arrival.seq - self.order.expected) & SEQ_MASK) >= HALF

    def _is_echo(self, payload: Payload) -> bool:
        """Tell a message from before the last NBIRTH: its seq may fit by chance, what it declares no longer does."""
        return payload.time_ms is not None and payload.time_ms < self._born_ms

    def _late_again(self, topic: str, now_ms: int) -> list[HostEffect]:
        self._late += 1
        if self._late < LATE_LIMIT:
            return self._refuse("late", topic)
        self._in_step = False
        return [Refused("late", topic), *self.want_rebirth(now_ms)]

    def _give_up(self, now_ms: int) -> list[HostEffect]:
        """The missing will not come: report what did, by name only, and ask for a rebirth."""
        self.request.want(now_ms)
        return self._flush(self.order.give_up(), now_ms)

    def _flush(self, arrivals: list[Arrival], now_ms: int) -> list[HostEffect]:
        effects: list[HostEffect] = []
        for arrival in arrivals:
            self._in_step = False
            sent_ms = arrival.payload.time_ms
            if sent_ms is not None and sent_ms < self._sent_ms:
                effects.append(Refused("late", arrival.topic))
            else:
                effects += self._take(arrival.kind, arrival.device, arrival.topic, arrival.payload, now_ms)
        return effects

    def _is_old(self, bd_seq: int, sent_ms: int | None) -> bool:
        """Tell an NBIRTH no newer than the last, or older than the last message, in a session that is not the next."""
        if sent_ms is None or (sent_ms > self._born_ms and sent_ms >= self._sent_ms):
            return False
        return not 0 < ((bd_seq - self._bd_seq) & SEQ_MASK) < HALF

    def _is_believed(self, now_ms: int) -> bool:
        """A clock may really have been set back: an old-looking NBIRTH that still comes an interval later is true."""
        return self._doubted_ms is not None and now_ms - self._doubted_ms >= self._interval_ms

    def _doubt(self, bd_seq: int, sent_ms: int, topic: str, now_ms: int) -> list[HostEffect]:
        """Refuse an NBIRTH that looks old; unless it just came twice, ask the node what is true."""
        settled = self.alive and self.request.due_ms is None
        if settled and bd_seq == self._bd_seq and sent_ms == self._born_ms:
            return self._refuse("birth_twice", topic)
        if self._doubted_ms is None:
            self._doubted_ms = now_ms
        return [Refused("old_birth", topic), *self.want_rebirth(now_ms)]

    def _begin(self, birth: Birth, bd_seq: int, payload: Payload, seq: int, now_ms: int) -> list[HostEffect]:
        sent_ms = NEVER if payload.time_ms is None else payload.time_ms
        since_ms = sent_ms if sent_ms >= self._sent_ms else None
        effects = self._flush(self.order.restart(seq, since_ms, now_ms), now_ms)
        rebirth = self.alive and bd_seq == self._bd_seq
        self.request.settle()
        self.alive = self._in_step = True
        self._births = {None: birth}
        self._bd_seq = bd_seq
        self._born_ms = self._sent_ms = sent_ms
        self._late, self._doubted_ms = 0, None
        metrics = timed(payload.metrics, birth.born_ms)
        effects.append(NodeBorn(self._group, self._node, metrics, birth.born_ms, bd_seq, rebirth))
        return [*effects, *self._take_ready(now_ms)]

    def _ask(self, now_ms: int) -> list[HostEffect]:
        if not self.request.take(now_ms):
            return []
        order = Payload((Metric(REBIRTH, True, DataType.BOOLEAN, now_ms),), now_ms)
        return [Publish(str(Topic(self._group, Kind.NCMD, self._node)), encode(order))]

    @staticmethod
    def _refuse(reason: str, topic: str) -> list[HostEffect]:
        return [Refused(reason, topic)]


def _bd_seq(payload: Payload) -> int | None:
    values = [metric.value for metric in payload.metrics if metric.name == BD_SEQ]
    number = values[0] if values else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
