"""Numbers in a device's text: what makes no sense is no reading."""

import math

from labkeeper_sdk import Point, Value


def number(point: Point, text: str) -> Value | None:
    """Return the text as a value of a number point, None for no finite number and for one beyond the point's limits."""
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value) or _outside(point, value):
        return None
    return round(value) if point.type is int else value


def _outside(point: Point, value: float) -> bool:
    low, high = point.minimum, point.maximum
    return (low is not None and value < low) or (high is not None and value > high)
