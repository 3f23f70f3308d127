"""`labkeeper backup`: save the hub's data while it runs."""

import argparse
import sys
from pathlib import Path

from labkeeper_hub.backup.archive import make
from labkeeper_hub.backup.manifest import BackupRefused
from labkeeper_hub.backup.progress import Progress
from labkeeper_hub.settings import HubSettings, load_settings

FAILED = 1
DESCRIPTION = """\
Save the hub's data folder into one file, whether the hub runs or not: journal, registry, accounts, and whatever else
is there, all as of one moment. Nothing that the hub had acknowledged when this command began is missing. The file holds
the hash of the owner's secret and every reading: it is readable by its owner only, and belongs on another disk.
"""
EPILOG = """\
examples:
  labkeeper backup --data /var/lib/labkeeper-hub --to /backup --keep 14   one more file, the newest 14 stay
  labkeeper backup --to yesterday.tar                                     this very file
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper backup`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, metavar="FILE", help="the hub's settings; instead of --data")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the hub's data folder (var/hub)")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE|DIR", help="the file, or a folder that exists")
    parser.add_argument("--keep", type=_at_least_one, metavar="N", help="in a folder: delete all but the newest N")


def run(options: argparse.Namespace) -> int:
    """Make the backup and say where it is; returns 1 and why if it could not be made."""
    settings = load_settings(options)
    try:
        file = make(settings.data, options.to, Progress(), keep=options.keep)
    except BackupRefused as refused:
        print(f"labkeeper backup: {refused}", file=sys.stderr)
        return FAILED
    print(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")
    _say_what_is_elsewhere(settings)
    return 0


def _say_what_is_elsewhere(settings: HubSettings) -> None:
    if settings.database:
        print("The registry is in a database of its own (`database`): save it with that database's tools.")


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least the backup just made has to stay")
    return number
