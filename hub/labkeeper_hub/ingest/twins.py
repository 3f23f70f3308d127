"""Two machines that pass for one node: a copied card, or one name given twice. Pure: births in, suspicion out.

Both have the node's client id, so that the broker throws out one for the other, again and again. Told by what cannot
happen to one machine: an outbox that comes back after another's, or a bdSeq that does not go up between sessions.
"""

from dataclasses import dataclass, field

from labkeeper_hub.model import NodeKey
from labkeeper_wire.sequence import SEQ_MASK

CLEAR_MS = 600_000  # so long without a sign, and there is one again
SIGNS = 2  # one alone may be a restored backup or an exchanged card
REMEMBERED = 8  # outboxes of one node


@dataclass(slots=True)
class Trail:
    """What a node's sessions looked like; `ended`: the hub heard the last one's death."""

    epoch: str
    bd_seq: int
    ended: bool = False
    earlier: list[str] = field(default_factory=list)
    signs_ms: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Twins:
    """Foreign nodes are not looked at: many of them begin at bdSeq 0 after every start."""

    _trails: dict[NodeKey, Trail] = field(default_factory=dict)
    _suspects: set[NodeKey] = field(default_factory=set)

    def born(self, node: NodeKey, epoch: str, bd_seq: int, now_ms: int) -> bool:
        """Take an NBIRTH; tell whether it is a sign of two."""
        trail = self._trails.setdefault(node, Trail(epoch, bd_seq))
        sign = _is_sign(trail, epoch, bd_seq)
        if epoch != trail.epoch:
            trail.earlier = [*(one for one in trail.earlier if one != epoch), trail.epoch][-REMEMBERED:]
        trail.epoch, trail.bd_seq, trail.ended = epoch, bd_seq, False
        if sign:
            trail.signs_ms = [*(at for at in trail.signs_ms if now_ms - at < CLEAR_MS), now_ms][-SIGNS:]
            if len(trail.signs_ms) == SIGNS:
                self._suspects.add(node)
        return sign

    def died(self, node: NodeKey) -> None:
        """The node's session ended, and the hub heard it."""
        if node in self._trails:
            self._trails[node].ended = True

    def suspected(self, node: NodeKey) -> bool:
        """Tell whether more than one machine seems to pass for this node."""
        return node in self._suspects

    def cleared(self, now_ms: int) -> list[NodeKey]:
        """Let go of suspicions without a sign for long, and return whose."""
        over = [node for node in self._suspects if now_ms - self._trails[node].signs_ms[-1] >= CLEAR_MS]
        self._suspects.difference_update(over)
        return over


def _is_sign(trail: Trail, epoch: str, bd_seq: int) -> bool:
    if epoch != trail.epoch:
        return epoch in trail.earlier
    if not trail.ended:  # born again in the same session, or what came between was not heard
        return False
    ahead = (bd_seq - trail.bd_seq) & SEQ_MASK
    return not 0 < ahead <= SEQ_MASK // 2
