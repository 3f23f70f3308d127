"""What Grafana does to a query before it sends it."""

import re
import time
from collections.abc import Mapping
from typing import Any

import orjson

from labkeeper_dashboards.build import FOLDER

Json = dict[str, Any]
HOUR_MS = 3_600_000
SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")


def dashboards() -> list[Json]:
    """Return every dashboard that is checked in."""
    return [orjson.loads(file.read_bytes()) for file in sorted(FOLDER.glob("*/*.json"))]


def panels(dashboard: Json) -> list[Json]:
    """Return the panels without their headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def sent(query: str, chosen: Mapping[str, str], hours: float = 4.0, step: str = "4m") -> str:
    """Return the statement that reaches InfluxDB; `chosen` are the variables' values, ".*" or escaped for a regex."""
    now_ms = time.time_ns() // 1_000_000
    window = f"time >= {now_ms - round(hours * HOUR_MS)}ms and time <= {now_ms}ms"
    text = query.replace("$timeFilter", window).replace("$__interval", step)
    for name, value in chosen.items():
        text = text.replace(f"${{{name}}}", value).replace(f"${name}", value)
    assert "$" not in re.sub(r"\$/", "", text), f"a variable is left in {text}"
    return text


def escaped(value: str) -> str:
    """Return a variable's value as Grafana puts it into a regular expression."""
    return SPECIAL.sub(lambda found: "\\" + found.group(), value)
