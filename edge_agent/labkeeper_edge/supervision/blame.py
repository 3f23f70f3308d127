"""Who holds up the node, and how often it is forgiven. Pure: the clock is an argument."""

from dataclasses import dataclass, field

STRIKES = 3
WITHIN_S = 600.0  # older ones are forgotten


@dataclass(slots=True)
class Blame:
    """Counts how often each driver instance blocked the loop lately."""

    strikes: int = STRIKES
    within_s: float = WITHIN_S
    _at_s: dict[str, list[float]] = field(default_factory=dict)

    def blocked(self, instance: str, now_s: float) -> bool:
        """The instance held up the node; return whether that is once too often, after which the count begins anew."""
        lately = [at_s for at_s in self._at_s.get(instance, ()) if now_s - at_s < self.within_s] + [now_s]
        if len(lately) < self.strikes:
            self._at_s[instance] = lately
            return False
        self._at_s.pop(instance, None)
        return True
