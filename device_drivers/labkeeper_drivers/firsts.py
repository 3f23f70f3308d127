"""Which copies that a broker kept are worth a reading; the rule is explained in docs/reference/drivers/homie.md."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Firsts:
    """A retained copy counts once per point, and only where no live message can have told it before.

    That is so in a new session, and for what has only been found in this one (`newcomer`).
    """

    session_present: bool
    _spoken: set[tuple[str, str]] = field(default_factory=set)
    _newcomers: set[str] = field(default_factory=set)

    def newcomer(self, device: str) -> None:
        """Note that this device has announced itself while we listened."""
        self._newcomers.add(device)

    def is_news(self, device: str, point: str, *, retain: bool) -> bool:
        """Tell whether this is a reading, and remember that the point has spoken."""
        key = (device, point)
        news = not retain or (key not in self._spoken and (not self.session_present or device in self._newcomers))
        if news:
            self._spoken.add(key)
        return news
