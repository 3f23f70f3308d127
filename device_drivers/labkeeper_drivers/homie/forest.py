"""The Homie domains a node hears: a tree each; sans-IO."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from labkeeper_drivers.homie.tree import Tree
from labkeeper_drivers.listening import Accepted, Heard, Order
from labkeeper_drivers.naming import id_of
from labkeeper_sdk import Availability, CommandRejected, Found, Gone, Nonsense, Report, Value

BETWEEN = "."  # no device of the convention has one in its id, so two domains cannot have one id


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees by domain. The devices of the first have their own ids; those of the others begin with the domain."""

    first: str
    trees: dict[str, Tree]

    @classmethod
    def of(cls, domains: Iterable[str], *, session_present: bool) -> "Forest":
        """Plant a tree for each domain."""
        trees = {domain: Tree(domain, session_present=session_present) for domain in domains}
        return cls(next(iter(trees)), trees)

    def waits_for(self, topic: str) -> str | None:
        """Return the device whose description is needed to understand this message, None if none is."""
        domain, tree = self._at(topic)
        device = tree.waits_for(topic) if tree is not None else None
        return None if device is None else self._outward(domain, device)

    def explained(self, topic: str) -> tuple[str, ...]:
        """Return the device of a topic once it is described."""
        domain, tree = self._at(topic)
        return tuple(self._outward(domain, device) for device in tree.explained(topic)) if tree is not None else ()

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise."""
        domain, tree = self._at(topic)
        if tree is None:
            return ()
        return tuple(self._renamed(domain, event) for event in tree.hear(topic, payload, retain=retain))

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that asks for a value; raises CommandRejected."""
        for domain, tree in self.trees.items():
            inward = device if domain == self.first else device.rpartition(BETWEEN)[2]
            if inward in tree.devices and self._outward(domain, inward) == device:
                return tree.command(inward, point, value)
        raise CommandRejected("unknown_device", f"there is no device {device}")

    def _at(self, topic: str) -> tuple[str, Tree | None]:
        domain = topic.partition("/5/")[0]
        return domain, self.trees.get(domain)

    def _outward(self, domain: str, device: str) -> str:
        return device if domain == self.first else f"{id_of(domain)}{BETWEEN}{device}"

    def _renamed(self, domain: str, event: Heard) -> Heard:
        if domain == self.first:
            return event
        if isinstance(event, Found):
            return Found(replace(event.device, id=self._outward(domain, event.device.id)))
        if isinstance(event, Gone | Availability | Report | Nonsense | Accepted):
            return replace(event, device=self._outward(domain, event.device))
        return event
