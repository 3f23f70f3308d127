"""What has to be counted between two looks: how often things came back, how commands ended. No clock, no IO."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from labkeeper_hub.model import Command, Device, Node, State


@dataclass(slots=True)
class Returns:
    """How often each node and device came back online since the first look at it."""

    counts: Counter[Hashable] = field(default_factory=Counter)
    _since_ms: dict[Hashable, int] = field(default_factory=dict)

    def look(self, things: Iterable[Node | Device]) -> None:
        """Take the present states; two returns between two looks count as one."""
        for thing in things:
            if not thing.online:
                continue
            before_ms = self._since_ms.get(thing.key)
            if before_ms is not None and before_ms != thing.since_ms:
                self.counts[thing.key] += 1
            self._since_ms[thing.key] = thing.since_ms

    def first_seen(self, things: Iterable[Node | Device]) -> None:
        """Note those that are offline too, so that their first coming back is counted."""
        for thing in things:
            self._since_ms.setdefault(thing.key, thing.since_ms)


@dataclass(slots=True)
class Ends:
    """How commands ended, by school and final state."""

    counts: Counter[tuple[str, State]] = field(default_factory=Counter)
    _counted: set[str] = field(default_factory=set)

    def look(self, commands: Iterable[Command]) -> None:
        """Take the open and the lately ended commands; each end counts once while it is shown."""
        ended = {command.id: command for command in commands if command.state.final}
        for number, command in ended.items():
            if number not in self._counted:
                self.counts[command.order.target.school, command.state] += 1
        self._counted = set(ended)
