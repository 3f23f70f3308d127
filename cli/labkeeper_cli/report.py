"""`labkeeper report`: the report of a lab's day or week, or of a recording, from a running hub into a file."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why
from labkeeper_sdk import BadConfiguration

FORMS = ("pdf", "html")
WEEK = timedelta(days=7)
EPILOG = """\
examples:
  labkeeper report --out /srv/reports                                     yesterday, of every lab: a PDF each
  labkeeper report --lab demo/lab-301 --week last --out week.pdf          the last whole week, Monday to Sunday
  labkeeper report --lab demo/lab-301 --day 2026-01-05 --language en --out day.html
  labkeeper report --recording 7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77 --out run.pdf

Into a folder go files named by lab and day. Days are those of this machine's clock.
A PDF wants a hub with the extra `pdf` (docs/how-to/reports-on-paper.md); HTML is had from each.
A token is read from LABKEEPER_TOKEN, or the owner's secret from LABKEEPER_SECRET or a file (--secret-file).
A file appears under its name when it is whole.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its path at the hub without form, what is asked of it, and its name as a file."""

    path: str
    query: Mapping[str, str]
    name: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the report's options."""
    parser.description = "Save reports from a running hub as PDF or HTML."
    parser.epilog = EPILOG
    add_hub_options(parser)
    parser.add_argument(
        "--lab", action="append", default=[], metavar="SCHOOL/LAB", help="may be repeated; every lab, if absent"
    )
    parser.add_argument("--recording", metavar="ID", help="of a recording, instead of a lab")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--day", metavar="DATE", help="a date, `today` or `yesterday`, which is the default")
    when.add_argument("--week", metavar="DATE", help="the seven days from a date; `last`: the last whole week")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="of the report")
    parser.add_argument("--format", choices=FORMS, help="otherwise by the ending of --out, or pdf")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write, or a folder")


def run(options: argparse.Namespace) -> int:
    """Save every report; returns 1 and says why where one could not be had."""
    span, first = wanted(options, datetime.now().astimezone().date())
    try:
        return asyncio.run(_save_all(options, span, first))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper report: {why(error)}", file=sys.stderr)
        return FAILED


def wanted(options: argparse.Namespace, today: date) -> tuple[str, date]:
    """Return `day` or `week`, and its first day; raises BadConfiguration for what is no day."""
    if options.week is None:
        named = {"today": today, "yesterday": today - timedelta(days=1)}
        return "day", named.get(options.day or "yesterday") or _date("--day", options.day)
    monday = today - timedelta(days=today.weekday())
    return "week", monday - WEEK if options.week == "last" else _date("--week", options.week)


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadConfiguration(option, f"{text} is no date; write it as 2026-01-05") from error


async def _save_all(options: argparse.Namespace, span: str, first: date) -> int:
    form = options.format or ("html" if options.out.suffix in (".html", ".htm") else "pdf")
    offset = datetime.combine(first, time()).astimezone().utcoffset() or timedelta()
    asked = {"language": options.language, "offset_min": str(offset // timedelta(minutes=1))}
    async with open_client(options) as client:
        if options.recording is not None:
            reports = [_of_recording(options.recording, asked)]
        else:
            labs = options.lab or await _labs(client)
            reports = [_of_lab(lab, asked | {"day": str(first), "span": span}) for lab in labs]
        files = _files(options.out, [f"{one.name}.{form}" for one in reports])
        saved = [await _saved(client, one, file, form) for one, file in zip(reports, files, strict=True)]
    return 0 if all(saved) else FAILED


def _of_recording(identity: str, asked: Mapping[str, str]) -> Report:
    return Report(f"/api/v1/recordings/{quote(identity, safe='')}/report", asked, f"labkeeper-recording-{identity[:8]}")


def _of_lab(address: str, asked: Mapping[str, str]) -> Report:
    school, slash, lab = address.partition("/")
    if not slash:
        raise BadConfiguration("--lab", f"{address} is no lab's address; write it as SCHOOL/LAB")
    path = f"/api/v1/labs/{quote(school, safe='')}/{quote(lab, safe='')}/report"
    return Report(path, asked, f"labkeeper-{lab.replace(os.sep, '-')}-{asked['day']}-{asked['span']}")


async def _labs(client: httpx.AsyncClient) -> Sequence[str]:
    found = (await client.get("/api/v1/labs")).raise_for_status().json()["labs"]
    return [f"{one['school']}/{one['lab']}" for one in found if one["lab"]]


def _files(out: Path, names: Sequence[str]) -> list[Path]:
    if out.is_dir():
        return [out / name for name in names]
    if len(names) > 1:
        raise BadConfiguration("--out", f"{out} is no folder, and there are {len(names)} reports")
    return [out for _ in names]


async def _saved(client: httpx.AsyncClient, report: Report, file: Path, form: str) -> bool:
    """Save one; what cannot be had is said, and the others go on."""
    try:
        answer = await client.get(report.path + (".pdf" if form == "pdf" else ""), params=report.query)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        print(f"labkeeper report: {file.name}: {why(error)}", file=sys.stderr)
        return False
    _write(file, answer.content)
    print(f"{file}: {len(answer.content)} bytes")
    return True


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)
