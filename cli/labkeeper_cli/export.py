"""`labkeeper export`: any window of any points from a running hub into a file."""

import argparse
import asyncio
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why

ASK_EVERY_S = 0.5
EPILOG = """\
examples:
  labkeeper export --from 2026-01-01 --to 2026-02-01 --out january.parquet        everything
  labkeeper export --points demo/lab-301 --from 2026-01-01 --out lab.csv          one node, until now
  labkeeper export --points demo/lab-301/0x00158d0001a2b3c4/temperature --from 2026-01-01T08:00+08:00 --out t.csv

A day or a time without offset is UTC. A token is read from LABKEEPER_TOKEN, or the owner's secret from LABKEEPER_SECRET
or a file (--secret-file).
The file appears under its name when it is whole; until then it is beside it, ending in .part.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the export's options."""
    parser.description = "Save readings from a running hub as CSV or Parquet."
    parser.epilog = EPILOG
    add_hub_options(parser)
    parser.add_argument(
        "--points", action="append", default=[], metavar="ADDRESS", help="may be repeated; all, if absent"
    )
    parser.add_argument("--from", dest="since", type=_time, required=True, metavar="TIME", help="the first moment")
    parser.add_argument("--to", dest="until", type=_time, metavar="TIME", help="the moment after the last (now)")
    parser.add_argument("--format", choices=("csv", "parquet"), help="otherwise by the ending of --out")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


def run(options: argparse.Namespace) -> int:
    """Export; returns 1 and says why when there is no whole file."""
    identity = str(uuid4())
    try:
        told = asyncio.run(_export(options, identity))
    except (httpx.HTTPError, OSError) as error:
        ended_by = asyncio.run(_reason(options, identity))
        print(f"labkeeper export: {why(error)}{f' ({ended_by})' if ended_by else ''}", file=sys.stderr)
        return FAILED
    except httpx.InvalidURL as error:
        print(f"labkeeper export: --hub {error}", file=sys.stderr)
        return FAILED
    print(json.dumps(told) if options.json else f"{told['file']}: {told['rows']} readings, {told['bytes']} bytes")
    if before_ms := told["incomplete_before_ms"]:
        before = datetime.fromtimestamp(before_ms / 1000, UTC).isoformat(timespec="milliseconds")
        print(f"labkeeper export: not complete before {before}: {_words(told['reason'])}", file=sys.stderr)
    return 0


def _words(reason: str | None) -> str:
    if reason is None or reason == "retired":
        return "retention has removed readings"
    return f"InfluxDB has what is older and could not be asked ({reason})"


async def _reason(options: argparse.Namespace, identity: str) -> str:
    """Return what ended an export, if the hub knows; whatever keeps it from saying so was said already."""
    with suppress(httpx.HTTPError, OSError, ValueError):
        async with open_client(options) as client:
            answer = await client.get(f"/api/v1/exports/{identity}")
            return _words(answer.json().get("reason")) if answer.is_success and answer.json().get("reason") else ""
    return ""


async def _export(options: argparse.Namespace, identity: str) -> dict[str, Any]:
    out: Path = options.out
    part = out.with_name(out.name + ".part")
    async with open_client(options) as client:
        try:
            await _save(client, _query(options, identity), part)
        except BaseException:  # raised again: no half file stays
            part.unlink(missing_ok=True)
            raise
        part.replace(out)
        told = (await client.get(f"/api/v1/exports/{identity}")).raise_for_status().json()
    before_ms = told["incomplete_before_ms"]
    found = {"file": str(out), "rows": told["rows"], "bytes": told["size"]}
    return {**found, "incomplete_before_ms": before_ms, "reason": told["reason"]}


async def _save(client: httpx.AsyncClient, query: dict[str, str | list[str]], part: Path) -> None:
    identity = str(query["id"])
    with _bar() as progress:
        async with client.stream("GET", "/api/v1/export", params=query) as answer:
            if answer.is_error:
                await answer.aread()
            answer.raise_for_status()
            bar = progress.add_task("readings", total=int(answer.headers["x-labkeeper-readings"]))
            asking = asyncio.create_task(_follow(client, identity, progress, bar), name="progress")
            try:
                with part.open("wb") as file:
                    async for block in answer.aiter_raw():
                        file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        progress.update(bar, completed=progress.tasks[0].total or 0)


async def _follow(client: httpx.AsyncClient, identity: str, progress: Progress, bar: TaskID) -> None:
    while True:
        await asyncio.sleep(ASK_EVERY_S)
        answer = await client.get(f"/api/v1/exports/{identity}")
        if answer.is_success:
            progress.update(bar, completed=answer.json()["done"])


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f}"))
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


def _query(options: argparse.Namespace, identity: str) -> dict[str, str | list[str]]:
    until = options.until or datetime.now(UTC)
    form = options.format or ("parquet" if options.out.suffix == ".parquet" else "csv")
    times = {"from": options.since.isoformat(), "to": until.isoformat()}
    return {**times, "format": form, "id": identity, "point": options.points}


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
