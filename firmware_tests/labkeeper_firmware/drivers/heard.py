"""What a device has said, in order, whatever way it came."""

from bisect import bisect_left
from dataclasses import dataclass, field

from labkeeper_firmware.protocols import Said

KEPT = 200_000  # messages; a long run forgets its beginning


@dataclass(slots=True)
class Heard:
    """Everything the device said."""

    said: list[Said] = field(default_factory=list)
    latest: dict[str, Said] = field(default_factory=dict)

    def take(self, it: Said) -> None:
        """Keep one message."""
        self.said.append(it)
        del self.said[:-KEPT]
        self.latest[it.name] = it

    def since(self, at_s: float, name: str = "") -> list[Said]:
        """Return what was said live since a time, of one name where it is given."""
        first = bisect_left(self.said, at_s, key=lambda it: it.at_s)
        return [it for it in self.said[first:] if not it.retained and name in ("", it.name)]

    def text(self, name: str) -> str:
        """Return what it last said under a name, "" for nothing."""
        return self.latest[name].text if name in self.latest else ""
