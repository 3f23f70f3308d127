"""`labkeeper record`: recordings of a hub, and lesson records as files."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from labkeeper_cli.asking import add_hub_options, open_client, why
from labkeeper_cli.record_file import RecordFile, open_record
from labkeeper_cli.replay import Part, Stage, device_id, play
from labkeeper_sdk.at_work import at_work
from labkeeper_wire.mqtt import MqttError

FAILED = 1
EPILOG = """\
examples:
  labkeeper record list                                     what the hub has recorded
  labkeeper record verify 7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77   the hub hashes everything again
  labkeeper record verify lesson.zip                        a file, without any hub
  labkeeper record verify lesson.zip --audit audit.jsonl    and find its seal in the record of acts
  labkeeper record replay lesson.zip --speed 10             play its devices, ten times as fast

ID is a recording of the hub at --hub; FILE a record that was saved from its page. A token is read from
LABKEEPER_TOKEN, or the owner's secret from LABKEEPER_SECRET or a file (--secret-file). Exit status 1:
something is not as it was sealed.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper record`."""
    parser.description = (
        "Recordings of a hub, and lesson records as files: see what there is, check the seal, play it again."
    )
    parser.epilog = EPILOG
    parser.add_argument("do", choices=("list", "show", "verify", "replay"), help="what is to be done with it")
    parser.add_argument("what", nargs="?", metavar="ID|FILE", help="a recording; not for list")
    add_hub_options(parser)
    parser.add_argument("--audit", type=Path, metavar="FILE", help="verify: what `labkeeper audit jsonl` printed")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--speed", type=float, metavar="N", help="replay: times as fast as it happened; default: at once"
    )
    parser.add_argument(
        "--broker", default="mqtt://127.0.0.1:1883", metavar="URL", help="replay: mqtt://[user:password@]host[:port]"
    )
    parser.add_argument("--base", default="replay", metavar="TOPIC", help="replay: the driver instance's base_topic")


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when it cannot be done or does not hold."""
    if options.do != "list" and options.what is None:
        print(f"labkeeper record {options.do}: which one? an id or a file", file=sys.stderr)
        return 2
    try:
        return {"list": _list, "show": _show, "verify": _verify, "replay": _replay}[options.do](options)
    except (httpx.HTTPError, OSError) as error:
        print(f"labkeeper record: {why(error)}", file=sys.stderr)
    except MqttError as error:
        print(f"labkeeper record: {error}", file=sys.stderr)
    return FAILED


def _list(options: argparse.Namespace) -> int:
    found = asyncio.run(_ask(options, "recordings"))["recordings"]
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for one in found:
        began = datetime.fromtimestamp(one["started_ms"] / 1000).astimezone().isoformat(" ", "seconds")
        print(f"{one['id']}  {began}  {one['stage']:8}  {one['school']}/{one['lab']}  {one['title']}")
    return 0


def _show(options: argparse.Namespace) -> int:
    if _is_file(options.what):
        with _record(options) as record:
            told: dict[str, Any] = record.told
    else:
        told = asyncio.run(_ask(options, f"recordings/{options.what}"))
    print(json.dumps(told, ensure_ascii=False, indent=None if options.json else 1))
    return 0


def _verify(options: argparse.Namespace) -> int:
    if not _is_file(options.what):
        with at_work(f"having {options.what} checked"):
            verdict = asyncio.run(_ask(options, f"recordings/{options.what}/verify"))
        return _say(options, _doubts(verdict))
    with _record(options) as record, at_work(f"checking {options.what}"):
        faults = record.faults()
        if options.audit is not None and not _in_audit(options.audit, record.told["id"], record.seal["digest"]):
            faults.append("the record of acts has no entry with this seal")
    return _say(options, faults)


def _doubts(verdict: dict[str, Any]) -> list[str]:
    said = {
        "record": "the record was changed",
        "readings": f"the readings are not those that were sealed ({verdict['rows_now']} of {verdict['rows']} rows)",
        "audit": "the record of acts has no entry with this seal, or was changed itself",
    }
    return [words for name, words in said.items() if not verdict[name]]


def _say(options: argparse.Namespace, faults: list[str]) -> int:
    if options.json:
        print(json.dumps({"holds": not faults, "faults": faults}))
    elif not faults:
        print(f"{options.what}: all as it was sealed")
    for fault in () if options.json else faults:
        print(f"{options.what}: {fault}", file=sys.stderr)
    return FAILED if faults else 0


def _in_audit(file: Path, identity: str, digest: str) -> bool:
    entries = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return any(one["subject"] == identity and one["result"] == digest for one in entries)


def _replay(options: argparse.Namespace) -> int:
    with _record(options) as record:
        devices, start_ms = record.devices(), record.told["started_ms"]
    parts = [Part(name, mapping, rows) for name, (mapping, rows) in devices.items()]
    asyncio.run(play(Stage(options.broker, options.base, options.speed), parts, start_ms))
    told = [{"device": device_id(name), "name": name, "rows": len(rows)} for name, (_, rows) in devices.items()]
    print(json.dumps({"devices": told}))
    return 0


def _is_file(what: str) -> bool:
    return Path(what).suffix == ".zip" or Path(what).exists()


@contextmanager
def _record(options: argparse.Namespace) -> Iterator[RecordFile]:
    """Open the file, or what the hub gives for an id."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(options.what)
        if not _is_file(options.what):
            with at_work(f"fetching {options.what}") as tell:
                path = asyncio.run(_fetched(options, Path(folder), tell))
        record = open_record(path)
        with record.archive:
            yield record


async def _fetched(options: argparse.Namespace, folder: Path, tell: Callable[[str], None]) -> Path:
    path = folder / "record.zip"
    async with (
        open_client(options) as client,
        client.stream("GET", f"/api/v1/recordings/{options.what}/record") as answer,
    ):
        if answer.is_error:
            await answer.aread()
        answer.raise_for_status()
        with path.open("wb") as file:
            async for block in answer.aiter_raw():
                file.write(block)
                tell(f"{answer.num_bytes_downloaded / 1e6:.1f} MB")
    return path


async def _ask(options: argparse.Namespace, path: str) -> dict[str, Any]:
    async with open_client(options) as client:
        answer = await client.get(f"/api/v1/{path}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
