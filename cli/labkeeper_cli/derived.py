"""`labkeeper derived`: what a hub derives and from what, and its history computed anew."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
from rich.console import Console

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why

Json: TypeAlias = dict[str, Any]
PARTS = ("school", "node", "device", "point")
EPILOG = """\
examples:
  labkeeper derived list                                              what is derived, and from what
  labkeeper derived recompute --from 2026-11-01 --to 2026-11-08       whatever history lacks of that week
  labkeeper derived recompute --from 2026-11-01 --only co2_mean       of one declaration, until now

What is stored is never changed, so that a recompute may be run twice. A day or a time without offset is UTC.
The secret is read from LABKEEPER_SECRET or from a file (--secret-file).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = "List what a hub derives from what was measured, and compute what its history lacks."
    parser.epilog = EPILOG
    add_hub_options(parser, "the owner's secret")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|recompute")
    what.add_parser("list", help="every derived point: declaration, version, inputs")
    anew = what.add_parser("recompute", help="store the rows that history lacks")
    anew.add_argument("--from", dest="since", type=_time, required=True, metavar="TIME", help="the first moment")
    anew.add_argument("--to", dest="until", type=_time, metavar="TIME", help="the moment after the last (now)")
    anew.add_argument("--only", metavar="DECLARATION", help="its name, as in the list; all, if absent")


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when the hub refuses."""
    try:
        found = asyncio.run(_asked(options))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper derived: {why(error)}", file=sys.stderr)
        return FAILED
    lines = _listed(found["derived"]) if options.what == "list" else _done(found)
    print(json.dumps(found) if options.json else "\n".join(lines))
    return 0


async def _asked(options: argparse.Namespace) -> Json:
    async with open_client(options) as client:
        if options.what == "list":
            answer = await client.get("/api/v1/derived")
        else:
            until = options.until or datetime.now(UTC)
            asked = {"from": _ms(options.since), "to": _ms(until), "declaration": options.only}
            with Console(stderr=True).status("the hub computes …"):
                answer = await client.post("/api/v1/derived/recompute", json=asked)
        found: Json = answer.raise_for_status().json()
        return found


def _listed(found: Sequence[Json]) -> Iterator[str]:
    for one in found:
        inputs = ", ".join(_place(key) for key in one["inputs"])
        late = f"; {one['late']} late readings, recompute" if one["late"] else ""
        yield f"{_place(one['point'])}  {one['declaration']} {one['version']}  from {inputs}{late}"
    if not found:
        yield "nothing is derived here"


def _done(found: Json) -> Iterator[str]:
    yield f"{found['points']} points: {found['written']} rows stored, {found['same']} were there already"
    if found["other"]:
        yield f"{found['other']} rows are stored with another value and stay as they are"


def _place(key: Json) -> str:
    return "/".join(key[name] for name in PARTS)


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
