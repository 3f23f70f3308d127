"""What the tests of automations share: one automation, and a clock that a test moves."""

from dataclasses import dataclass, field

from labkeeper_hub.automations.loading import load
from labkeeper_hub.automations.machine import Act, Effect, Ended, Event, Looked, Note, State, step
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.trace import Trace, Why
from labkeeper_hub.telling.hours import Calendar
from labkeeper_wire.payload import Scalar

TEXT = """
id = "fan"
title = { zh = "通风", en = "Fan" }
school = "s"
lab = "physics"
when = "co2 > 1000 [ppm] for 10 s"
then = [{ point = "fan", value = true }]
cool_down = "1 min"
most_an_hour = 3

[inputs.co2]
point = "co2"
type = "number"
unit = "[ppm]"

[inputs.door]
point = "door"
"""
NOON_MS = 1_767_243_600_000  # Thursday 2026-01-01, 13:00 in Shanghai


def automation(*more: str, text: str = TEXT, **replaced: str) -> Automation:
    """Return the automation with more lines, and keys said otherwise."""
    head, _, inputs = text.partition("[inputs.co2]")
    lines = [line for line in head.splitlines() if line.split(" =")[0] not in replaced]
    lines += [f"{key} = {value}" for key, value in replaced.items() if value]
    return load("\n".join((*lines, *more, "[inputs.co2]")) + inputs)


@dataclass
class Life:
    """An automation in a test's time."""

    automation: Automation
    now_ms: int = NOON_MS
    state: State = field(default_factory=State)

    def look(self, after_s: float = 0, why: Why | None = None, /, **values: Scalar) -> Act | Trace | None:
        """Look so much later, and return what followed."""
        self.now_ms += round(after_s * 1000)
        return self.take(Looked(self.now_ms, values, Calendar(), why))

    def take(self, event: Event) -> Act | Trace | None:
        """Take an event."""
        self.state, effects = step(self.automation, self.state, event)
        assert len(effects) <= 1
        return said(effects[0]) if effects else None

    def act(self, after_s: float = 0, /, **values: Scalar) -> Act:
        """Look, see that it acts, and let its commands end."""
        act = self.look(after_s, None, **values)
        assert isinstance(act, Act)
        self.take(Ended())
        return act


def said(effect: Effect) -> Act | Trace:
    return effect.trace if isinstance(effect, Note) else effect
