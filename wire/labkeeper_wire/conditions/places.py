"""Where in a file a mistake in one of its conditions is, in words; and how times are written. Pure."""

from labkeeper_wire.conditions.expression import SECONDS, Mistake


def told(file: str, text: str, mistake: Mistake) -> str:
    """Return what is wrong with a condition of a file: line, column, and the line with a mark under the place."""
    return f"{_place(file, text, mistake.at)}{mistake.problem}\n{_shown(text, mistake.at)}"


def seconds(text: str) -> float:
    """Return the seconds of a time such as '10 s'; raises ValueError."""
    number, _, unit = text.partition(" ")
    if unit not in SECONDS or not number.replace(".", "", 1).isdecimal() or float(number) <= 0:
        raise ValueError(f"a time such as '10 s' is expected ({', '.join(SECONDS)})")
    return float(number) * SECONDS[unit]


def _place(file: str, text: str, at: int) -> str:
    """Say line and column in the file, where the condition stands there exactly once."""
    if file.count(text) != 1:
        return f"character {at + 1}: "
    start = file.index(text) + at
    line = file.count("\n", 0, start) + 1
    return f"line {line}, column {start - (file.rfind(chr(10), 0, start) + 1) + 1}: "


def _shown(text: str, at: int) -> str:
    """Return the line of a condition with a mark under the place."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].partition("\n")[0]
    return f"  {line}\n  {' ' * (at - start)}^"
