"""One line of the alarms' history."""

from dataclasses import dataclass, field

from labkeeper_hub.model import AlarmKey


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """One line of the alarms' history. `time_ms` is when it happened where it was measured, `at_ms` when the hub
    took it; `late`: it came with historical readings, changed no alarm and called nobody. `number`: its place in the
    history, once it is written.
    """

    key: AlarmKey
    lab: str
    kind: str
    level: str
    time_ms: int
    at_ms: int
    value: float | None = None
    who: str = ""
    why: str = ""
    late: bool = False
    number: int = field(default=0, compare=False)
