"""`labkeeper alarms`: what stands at a hub, and what a rule would have done on what was recorded."""

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why
from labkeeper_sdk.at_work import at_work

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
    add_hub_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|try")
    what.add_parser("list", help="what stands now, the most urgent first")
    trying = what.add_parser("try", help="how often, when and how long a rule would have alarmed")
    trying.add_argument("rule", metavar="RULE", help="its name, as in docs/reference/alarms.md")
    trying.add_argument("--last", type=_span_s, default="30d", metavar="SPAN", help="how far back, as 12h or 7d")
    trying.add_argument("--point", type=_point, metavar="ADDRESS", help="school/node/device/point; all, if absent")
    trying.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="LEVEL=X",
        help="a limit to try, as warn=1200; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when the hub refuses, of several points every one."""
    try:
        found = asyncio.run(_asked(options))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper alarms: {why(error)}", file=sys.stderr)
        return FAILED
    lines = _listed(found) if options.what == "list" else _tried(found)
    print(json.dumps(found) if options.json else "\n".join(lines))
    return FAILED if found and all("refused" in one for one in found) else 0


async def _asked(options: argparse.Namespace) -> list[Json]:
    async with open_client(options) as client:
        if options.what == "list":
            found: list[Json] = (await client.get("/api/v1/alarms")).raise_for_status().json()["alarms"]
            return found
        sources = [options.point] if options.point else await _watched(client, options.rule)
        tried = []
        with at_work(f"trying {options.rule}") as tell:
            for number, source in enumerate(sources, 1):
                tell(f"point {number} of {len(sources)}")
                tried.append(await _try(client, options, source))
        return tried


async def _try(client: httpx.AsyncClient, options: argparse.Namespace, source: Mapping[str, str]) -> Json:
    now_ms = time.time_ns() // 1_000_000
    asked = {"alarm": {"rule": options.rule, **source}, "from": now_ms - options.last * 1000, "to": now_ms}
    answer = await client.post("/api/v1/alarms/try", json={**asked, "limits": dict(options.limit)})
    try:
        trial: Json = answer.raise_for_status().json()
    except httpx.HTTPStatusError as refused:
        if options.point:
            raise
        return {**source, "refused": why(refused)}  # of one point: the others are tried all the same
    return {**source, **trial}


async def _watched(client: httpx.AsyncClient, rule: str) -> Sequence[Mapping[str, str]]:
    """Return the points here that a rule watches."""
    answer = await client.get(f"/api/v1/alarms/rules/{quote(rule, safe='')}/points")
    points: list[Json] = answer.raise_for_status().json()["points"]
    return [{name: point[name] for name in PARTS} for point in points]


def _listed(found: Sequence[Json]) -> Iterator[str]:
    for one in found:
        place = "/".join(one[name] for name in PARTS if one[name])
        state = one["core"] if one["suppression"] == "not_suppressed" else f"{one['core']}, {one['suppression']}"
        yield f"{one['priority']:6}  {one['rule']:16}  {place}  {state}  since {_moment(one['raised_ms'])}"
    if not found:
        yield "no alarm"


def _tried(found: Sequence[Json]) -> Iterator[str]:
    gates = sorted({gate for one in found for gate in one.get("gates", ())})
    if gates:
        yield f"tried as if it were always so: {', '.join(gates)} (nothing on record tells, or not of all the time)"
    replayed = sorted({gate for one in found for gate in one.get("replayed", ())})
    if replayed:
        yield f"tried as it was recorded: {', '.join(replayed)}"
    for one in found:
        place = "/".join(one[name] for name in PARTS)
        if "refused" in one:
            yield f"{place}: {one['refused']}"
            continue
        whole_ms = sum(spell["to_ms"] - spell["from_ms"] for spell in one["spells"])
        yield f"{place}: {len(one['spells'])} times, {whole_ms / 3_600_000:.1f} h in all, on {_readings(one)}"
        for spell in one["spells"]:
            lasted_min = (spell["to_ms"] - spell["from_ms"]) / 60_000
            yield f"  {spell['level']:10}  {_moment(spell['from_ms'])}  {lasted_min:.0f} min"
    if not found:
        yield "the rule watches no point here"


def _readings(trial: Json) -> str:
    every_ms = trial["every_ms"]
    return (
        f"{trial['readings']} readings" if every_ms is None else f"{trial['readings']} steps of {every_ms / 1000:g} s"
    )


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
