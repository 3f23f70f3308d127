"""What several tests begin with: who can alarm in a lab, and lines of its history."""

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.kpis import Group, Period
from labkeeper_hub.model import AlarmKey, PointKey

RULES = shipped().rules
MIN, HOUR = 60_000, 3_600_000
WEEK = Period(0, 7 * 24 * HOUR)
ALL = Group("all", "")
AIR = PointKey("demo", "pi", "air", "co2")
CO2, HEAT, SILENT = (AlarmKey(rule, AIR) for rule in ("co2", "heat", "sensor_silent"))
DEVICE = AlarmKey("device_lost", AIR._replace(point=""))
NODE = AlarmKey("node_lost", AIR._replace(device="", point=""))


def line(
    key: AlarmKey, kind: str = "raised", at_ms: int = HOUR, level: str = "warn", *, late: bool = False
) -> AlarmEntry:
    """Return a line of the lab's history."""
    return AlarmEntry(key, "lab-1", kind, level, at_ms, at_ms, late=late)
