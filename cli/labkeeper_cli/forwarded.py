"""What arrived in InfluxDB against what the witness saw: asked of InfluxDB itself, past the hub."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from labkeeper_cli.client import HubClient
from labkeeper_cli.comparison import Differences, Row, SeriesKey, compare
from labkeeper_cli.stack import Stack
from labkeeper_cli.trial import Verdict, in_our_words, of_the_witnessed, read_lines

DATABASE = "labkeeper"
NS_IN_MS = 1_000_000
PAGE_ROWS = 50_000
SETTLE_S = 90.0  # the longest wait between two attempts is half a minute
RESERVED = "#"  # no node's name may hold it; the hub writes what it knows about itself under names that begin so
FIELDS = ("value", "value_int", "value_bool", "value_text")


async def forwarded(client: HubClient, within_s: float = SETTLE_S) -> dict[str, Any]:
    """Wait until nothing waits to be forwarded, or the time is up; return the hub's word on forwarding."""
    end = time.monotonic() + within_s
    while True:
        told: dict[str, Any] = (await client.get("status"))["influx"]
        if (not told["waiting"] and not told["history"]) or time.monotonic() > end:
            return told
        await asyncio.sleep(0.2)


async def influx_series(url: str) -> Mapping[SeriesKey, list[Row]]:
    """Everything in InfluxDB that a device said, by device and point."""
    found: dict[SeriesKey, list[Row]] = {}
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        after = -(1 << 62)
        while rows := await _page(http, after):
            for row in rows:
                if row["node"].startswith(RESERVED):
                    continue
                if value := [row[field] for field in FIELDS if row.get(field) is not None]:
                    kept = float(value[0]) if row.get("value") is not None else value[0]
                    found.setdefault((row["device"], row["point"]), []).append((row["time"] // NS_IN_MS, kept))
            after = rows[-1]["time"]
    return found


async def _page(http: httpx.AsyncClient, after: int) -> list[dict[str, Any]]:
    """The next rows, whole nanoseconds at a time: readings of several series may share one."""
    statement = f'SELECT * FROM "readings" WHERE time > {after} ORDER BY time LIMIT {PAGE_ROWS}'  # noqa: S608 -- numbers only
    rows = await _ask(http, statement)
    if len(rows) == PAGE_ROWS:
        last = rows[-1]["time"]
        rows = [row for row in rows if row["time"] < last]
        rows += await _ask(http, f'SELECT * FROM "readings" WHERE time = {last}')  # noqa: S608 -- numbers only
    return rows


async def _ask(http: httpx.AsyncClient, statement: str) -> list[dict[str, Any]]:
    answer = await http.post("/query", data={"db": DATABASE, "epoch": "ns", "q": statement})
    answer.raise_for_status()
    series = answer.json()["results"][0].get("series", [])
    return [dict(zip(one["columns"], values, strict=True)) for one in series for values in one["values"]]


async def compare_influx(stack: Stack, witness: Path) -> Differences:
    """Wait for the forwarder, then compare value by value and time by time."""
    await forwarded(stack.client)
    witnessed = await asyncio.to_thread(read_lines, witness)
    devices = await stack.client.devices()
    url = stack.influx.url if stack.influx else ""
    comparable = of_the_witnessed(await influx_series(url), stack.sim.ready["devices"] if stack.sim else ())
    differences = compare(in_our_words(witnessed, devices), comparable)
    return sum(differences.values(), Differences())


async def judge_influx(stack: Stack, witness: Path, verdict: Verdict) -> None:
    """Put what InfluxDB lacks, has too much or has otherwise into the verdict's remarks."""
    found = await compare_influx(stack, witness)
    if not found.none:
        verdict.remarks.append(f"InfluxDB: {found}")
