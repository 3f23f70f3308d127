"""Who holds up the node, and how often it is forgiven. Pure: the clock is an argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_sdk import Driver
from labkeeper_sdk.whose import code_of, package_of

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


def at_work(drivers: Mapping[str, Driver], files: Sequence[str]) -> tuple[str, ...]:
    """Return the instances whose driver's code is among these files, innermost first: all of that driver, for their
    code does not say which of them it works for.

    Drivers of one distribution share a folder; what lies in it and in no driver's own package is nobody's.
    """
    for folder_of in (package_of, code_of):
        folders = {instance: folder_of(driver) for instance, driver in drivers.items()}
        for file in files:
            found = [instance for instance, folder in folders.items() if Path(file).is_relative_to(folder)]
            if found and len({drivers[instance].name for instance in found}) == 1:
                return tuple(found)
    return ()
