"""What a hub says of itself to somebody with the owner's secret, as a doctor reads it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

CLOCK_S = 5.0  # what a command's life is worth: nodes and page judge by these clocks


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and what to do if it is not."""

    about: str
    well: bool
    found: str
    remedy: str = ""


def of_status(status: dict[str, Any]) -> Iterator[Finding]:
    """Judge `/api/v1/status`: storing, upkeep, and forwarding where there is any."""
    failing = status["journal"]["failing"]
    stores = f"{status['journal']['committed']:,} readings since the start"
    yield Finding("storing", failing is None, failing or stores, "make room on the hub's disk; nodes keep what waits")
    upkeep = status["journal"]["upkeep"]["failing"]
    yield Finding("upkeep of the journal", upkeep is None, upkeep or "runs", "look at the hub's log")
    if influx := status["influx"]:
        yield _forwarding(influx)


def _forwarding(influx: dict[str, Any]) -> Finding:
    found = f"{influx['waiting']:,} readings wait, {influx['lag_s']:.0f} s behind, {influx['quarantined']:,} refused"
    why = f" ({influx['failing']}: {influx['detail'] or 'no more is known'})" if influx["failing"] else ""
    remedy = "check that InfluxDB runs and influx.* in the hub's settings; docs/how-to/forward-to-influxdb.md"
    return Finding("forwarding to InfluxDB", not (influx["attention"] or influx["failing"]), found + why, remedy)


def of_nodes(nodes: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """Judge `/api/v1/nodes`: who is away, and who exists twice."""
    away = [node["node"] for node in nodes if not node["online"]]
    twins = [node["node"] for node in nodes if node["twin"]]
    found = f"{len(nodes)} known" + (f"; offline: {', '.join(away)}" if away else "")
    yield Finding("nodes", not away, found, "look at its power and network, then `labkeeper doctor` on that machine")
    if twins:
        remedy = "two machines have one name, or a card was copied: give one its own name and an empty data folder"
        yield Finding("nodes that exist twice", False, ", ".join(twins), remedy)


def of_clocks(here_s: float, there_s: float) -> Finding:
    """Compare this machine's clock with the hub's; both in seconds since the epoch."""
    apart = here_s - there_s
    found = f"{abs(apart):.0f} s apart from this machine's"
    return Finding("the hub's clock", abs(apart) <= CLOCK_S, found, "let both keep time by NTP (timedatectl)")
