"""`labkeeper audit`: check the record of who did what, and take it away."""

import argparse
import csv
import sys
from pathlib import Path

import orjson

from labkeeper_hub.audit.record import RECORD, verify
from labkeeper_hub.settings import load_settings
from labkeeper_sdk.at_work import at_work

BROKEN = 1
COLUMNS = ("entry", "at_ms", "who", "what", "subject", "result", "previous", "digest")
DESCRIPTION = """\
Check the record of a hub: every entry holds the digest of the one before, and a sealed head says how long the record
is, so that a changed or missing entry shows. Exit status 1: one does, and its number is said. Or take the record away.
Nothing is changed.
"""
EPILOG = """\
examples:
  labkeeper audit verify --data /var/lib/labkeeper-hub
  labkeeper audit csv --config /etc/labkeeper/hub.toml > who-did-what.csv
  labkeeper audit jsonl --data /var/lib/labkeeper-hub > audit.jsonl    for `labkeeper record verify --audit`
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper audit`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("do", choices=("verify", "csv", "jsonl"), help="check it, or print it as CSV or JSON lines")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the hub's settings; instead of --data")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the hub's data folder (var/hub)")


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    folder = load_settings(options).data
    if not (folder / RECORD).exists():
        print(f"labkeeper audit: there is no record in {folder}", file=sys.stderr)
        return BROKEN
    return _verify(folder) if options.do == "verify" else _print(folder, options.do)


def _verify(folder: Path) -> int:
    with at_work("checking every entry"):
        entries, fault = verify(folder)
    if fault is None:
        print(f"{entries} entries, all as they were written")
        return 0
    print(f"labkeeper audit: entry {fault.entry} {fault.reason}", file=sys.stderr)
    return BROKEN


def _print(folder: Path, form: str) -> int:
    text = (folder / RECORD).read_text(encoding="utf-8")
    if form == "jsonl":
        sys.stdout.write(text)
        return 0
    rows = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore")
    rows.writeheader()
    rows.writerows(orjson.loads(line) for line in text.splitlines())
    return 0
