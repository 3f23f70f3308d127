"""`labkeeper timetable`: a school's timetable out of a file, checked or taken in by a running hub."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why
from labkeeper_sdk.at_work import at_work

Json: TypeAlias = dict[str, Any]
YEAR = ".json"
ENCODINGS = ("utf-8-sig", "gb18030")  # the second is what spreadsheets in China still write
EPILOG = """\
examples:
  labkeeper timetable import year.json --school demo       the school's year: terms, periods, holidays, classes
  labkeeper timetable check autumn.csv --school demo       what is wrong with it, and what is in its way
  labkeeper timetable import autumn.csv --school demo      the same, and take it in if nothing is

A file is CSV, iCalendar (.ics) or a year (.json): docs/reference/timetable.md. It is taken in whole, in the place of
all slots of the labs it names, or not at all. The secret is read from LABKEEPER_SECRET or from a file (--secret-file).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = "Check a school's timetable, or take it in."
    parser.epilog = EPILOG
    parser.add_argument("what", choices=("import", "check"), help="take it in, or only look")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, iCalendar, or a year as JSON")
    parser.add_argument("--school", required=True, help="its id")
    add_hub_options(parser, "the owner's secret")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when the file or the hub refuses."""
    try:
        with at_work(f"having {options.file} read"):
            found = asyncio.run(_asked(options, _text(options.file)))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        print(f"labkeeper timetable: {why(error)}", file=sys.stderr)
        return FAILED
    print(json.dumps(found, ensure_ascii=False) if options.json else "\n".join(_told(found)))
    return FAILED if found.get("faults") or found.get("conflicts") else 0


def _text(file: Path) -> str:
    """Return a file's text, in whichever of the two encodings it is; raises ValueError for neither."""
    read = file.read_bytes()
    for encoding in ENCODINGS:
        try:
            return read.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{file} is neither UTF-8 nor GB18030")


async def _asked(options: argparse.Namespace, text: str) -> Json:
    address = f"/api/v1/timetables/{options.school}"
    async with open_client(options) as client:
        if options.file.suffix == YEAR:
            year = json.loads(text)
            if options.what == "check":
                raise ValueError("a year is checked when it is imported")
            answer = await client.put(address, json=year)
        else:
            form = "ics" if options.file.suffix == ".ics" else "csv"
            body = {"format": form, "text": text, "check": options.what == "check"}
            answer = await client.post(f"{address}/import", json=body)
        found: Json = answer.raise_for_status().json()
        return found


def _told(found: Json) -> Iterator[str]:
    if "year" in found:
        yield f"the year has {len(found['year']['terms'])} terms and {len(found['year']['classes'])} classes"
        return
    for one in found["faults"]:
        place = f"row {one['row']}, {one['column']}" if one["column"] else f"row {one['row']}"
        yield f"{place}: {one['zh']} / {one['en']}"
    for one in found["conflicts"]:
        yield f"{one['zh']} / {one['en']}"
    if found["faults"] or found["conflicts"]:
        yield "nothing was changed"
    else:
        slots = f"{found['weekly']} weekly and {found['dated']} dated slots of {', '.join(found['labs'])}"
        yield f"{'taken in' if found['taken'] else 'nothing is wrong with'}: {slots}"
