"""Which messages from devices are stored already, so that one the broker delivers again is stored once."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from labkeeper_edge.outbox.batch_store import HEARD_KEPT


@dataclass(slots=True)
class Heard:
    """The identities of recent messages, the ones on their way to the disk included; the outbox keeps the rest."""

    _stored: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _pending: set[bytes] = field(default_factory=set)

    @classmethod
    def recalled(cls, identities: Iterable[bytes]) -> "Heard":
        """Begin with what the outbox remembers, oldest first."""
        return cls(OrderedDict.fromkeys(identities))

    def knows(self, instance: str, identity: bytes) -> bool:
        """Whether this driver instance's message is stored or about to be."""
        key = _key(instance, identity)
        return key in self._stored or key in self._pending

    def pending(self, instance: str, identity: bytes) -> bytes:
        """Note a message on its way to the disk; return the key to store with it."""
        key = _key(instance, identity)
        self._pending.add(key)
        return key

    def stored(self, keys: Iterable[bytes]) -> None:
        """These are on disk now."""
        for key in keys:
            self._pending.discard(key)
            self._stored[key] = None
            self._stored.move_to_end(key)
        while len(self._stored) > HEARD_KEPT:
            self._stored.popitem(last=False)


def _key(instance: str, identity: bytes) -> bytes:
    return instance.encode() + b"\0" + identity
