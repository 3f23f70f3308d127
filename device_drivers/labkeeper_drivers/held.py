"""Messages that came before what explains them.

A persistent session hands over what it queued at once, before a driver has even subscribed to the description of the
devices. Such a message is kept, unacknowledged, for a while.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from labkeeper_drivers.topics import fits
from labkeeper_sdk import MqttMessage

HELD_S = 10.0
HELD_LIMIT = 20_000


@dataclass(slots=True)
class Held:
    """Messages by the name of what they wait for; the oldest go first when there are too many or they are too old."""

    let_go: Callable[[MqttMessage], None]
    _messages: dict[str, list[tuple[float, MqttMessage]]] = field(default_factory=dict)
    _count: int = 0

    def keep(self, key: str, message: MqttMessage, now_s: float) -> None:
        """Keep a message until `key` is explained; beyond the limit it is let go at once."""
        if self._count >= HELD_LIMIT:
            self.let_go(message)
            return
        self._messages.setdefault(key, []).append((now_s, message))
        self._count += 1

    def release(self, keys: Iterable[str]) -> list[MqttMessage]:
        """Return what waited for these, as it came; a topic with open levels (`+`) stands for all that fit."""
        each = [one for key in keys for one in (self._fitting(key) if "+" in key else (key,))]
        released = sorted((one for key in each for one in self._messages.pop(key, ())), key=itemgetter(0))
        self._count -= len(released)
        return [message for _, message in released]

    def _fitting(self, announced: str) -> list[str]:
        return [key for key in self._messages if fits(key, announced)]

    def forget_older(self, than_s: float) -> int:
        """Let go what has waited since before `than_s`; return how many messages that were."""
        forgotten = 0
        for key, waiting in list(self._messages.items()):
            old = [message for since, message in waiting if since < than_s]
            for message in old:
                self.let_go(message)
            forgotten += len(old)
            self._messages[key] = waiting[len(old) :]
            if not self._messages[key]:
                del self._messages[key]
        self._count -= forgotten
        return forgotten
