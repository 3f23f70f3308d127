"""`labkeeper alarms`: what stands at a hub, and what a rule would have done on what was recorded."""

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from labkeeper_cli.export import FAILED, open_client, why

Json: TypeAlias = dict[str, Any]
PARTS = ("school", "node", "device", "point")
UNITS_S = {"min": 60, "h": 3600, "d": 86_400}
EPILOG = """\
examples:
  labkeeper alarms list                                               what stands now, the most urgent first
  labkeeper alarms try co2 --last 30d                                 on every point the rule watches
  labkeeper alarms try co2 --last 7d --limit warn=1200 --point demo/lab-301/air/co2

A token is read from LABKEEPER_TOKEN, or the owner's secret from LABKEEPER_SECRET
or a file (--secret-file).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = "List a hub's alarms, and try limits on what it has recorded; trying alarms nobody."
    parser.epilog = EPILOG
    parser.add_argument("--hub", default="http://127.0.0.1:8080", metavar="URL")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="holds the owner's secret or a token")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|try")
    what.add_parser("list", help="what anybody has to do with, the most urgent first")
    trying = what.add_parser("try", help="how often, when and how long a rule would have alarmed")
    trying.add_argument("rule", metavar="RULE", help="its name, as in docs/reference/alarms.md")
    trying.add_argument("--last", type=_span_s, default=30 * UNITS_S["d"], metavar="SPAN", help="as in 12h or 30d")
    trying.add_argument("--point", type=_point, metavar="ADDRESS", help="school/node/device/point; all, if absent")
    trying.add_argument("--limit", type=_limit, action="append", default=[], metavar="LEVEL=X", help="may be repeated")


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when the hub refuses."""
    try:
        found = asyncio.run(_asked(options))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper alarms: {why(error)}", file=sys.stderr)
        return FAILED
    lines = _listed(found) if options.what == "list" else _tried(found)
    print(json.dumps(found) if options.json else "\n".join(lines))
    return 0


async def _asked(options: argparse.Namespace) -> list[Json]:
    async with open_client(options) as client:
        if options.what == "list":
            found: list[Json] = (await client.get("/api/v1/alarms")).raise_for_status().json()["alarms"]
            return found
        sources = [options.point] if options.point else await _watched(client, options.rule)
        return [await _try(client, options, source) for source in sources]


async def _try(client: httpx.AsyncClient, options: argparse.Namespace, source: Mapping[str, str]) -> Json:
    now_ms = time.time_ns() // 1_000_000
    asked = {"alarm": {"rule": options.rule, **source}, "from": now_ms - options.last * 1000, "to": now_ms}
    answer = await client.post("/api/v1/alarms/try", json={**asked, "limits": dict(options.limit)})
    trial: Json = answer.raise_for_status().json()
    return {**source, **trial}


async def _watched(client: httpx.AsyncClient, rule: str) -> Sequence[Mapping[str, str]]:
    """Return the points here that a rule watches."""
    rules: list[Json] = (await client.get("/api/v1/alarms/rules")).raise_for_status().json()["rules"]
    wanted: Json = next((one for one in rules if one["id"] == rule), {"points": [], "units": []})
    devices: list[Json] = (await client.get("/api/v1/devices")).raise_for_status().json()["devices"]
    return [
        {**{name: device[name] for name in PARTS[:3]}, "point": point["point"]}
        for device in devices
        for point in device["points"]
        if point["point"] in wanted["points"] and (not wanted["units"] or point["unit"] in wanted["units"])
    ]


def _listed(found: Sequence[Json]) -> Iterator[str]:
    for one in found:
        place = "/".join(one[name] for name in PARTS if one[name])
        state = one["core"] if one["suppression"] == "not_suppressed" else f"{one['core']}, {one['suppression']}"
        yield f"{one['priority']:6}  {one['rule']:16}  {place}  {state}  since {_moment(one['raised_ms'])}"
    if not found:
        yield "no alarm"


def _tried(found: Sequence[Json]) -> Iterator[str]:
    for one in found:
        whole_ms = sum(spell["to_ms"] - spell["from_ms"] for spell in one["spells"])
        place = "/".join(one[name] for name in PARTS)
        yield f"{place}: {len(one['spells'])} times, {whole_ms / 3_600_000:.1f} h in all, on {one['readings']} readings"
        for spell in one["spells"]:
            lasted_min = (spell["to_ms"] - spell["from_ms"]) / 60_000
            yield f"  {spell['level']:10}  {_moment(spell['from_ms'])}  {lasted_min:.0f} min"
    if not found:
        yield "the rule watches no point here"


def _moment(time_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_ms / 1000))


def _span_s(text: str) -> int:
    found = re.fullmatch(r"(\d+)(min|h|d)", text)
    if found is None:
        raise argparse.ArgumentTypeError("is no span: a number and min, h or d, as in 30d")
    return int(found[1]) * UNITS_S[found[2]]


def _point(text: str) -> Mapping[str, str]:
    parts = text.split("/", 3)
    if len(parts) < len(PARTS):
        raise argparse.ArgumentTypeError("is no address: school/node/device/point")
    return dict(zip(PARTS, parts, strict=True))


def _limit(text: str) -> tuple[str, float]:
    level, _, limit = text.partition("=")
    try:
        return level, float(limit)
    except ValueError as error:
        raise argparse.ArgumentTypeError("is no limit: LEVEL=NUMBER, as in warn=1200") from error
