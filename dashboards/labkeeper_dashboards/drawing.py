"""What a limit is on a panel: colours from a value on."""

from dataclasses import dataclass

from labkeeper_sdk import Title

GOOD, NOTE, WARN, ALARM, CRITICAL, PLAIN = "green", "yellow", "orange", "red", "dark-red", "blue"
CLEAR = "transparent"


def quiet(colour: str) -> str:
    """Return the colour in a table, where what is well has none: else what needs a look would not be seen."""
    return CLEAR if colour == GOOD else colour


@dataclass(frozen=True, slots=True)
class Limits:
    """Colours from a value on; the first holds below everything. `drawn`: as lines on a chart."""

    base: str
    steps: tuple[tuple[float, str], ...]
    source: Title
    drawn: bool = True
