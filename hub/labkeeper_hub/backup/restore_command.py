"""`labkeeper restore`: put a backup back."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from labkeeper_hub.backup.manifest import BackupRefused
from labkeeper_hub.backup.progress import Progress
from labkeeper_hub.backup.restore import Restored, restore

FAILED = 1
DESCRIPTION = """\
Fill a hub's data folder from a backup. Everything in the file is checked before anything is changed. It refuses a
folder that a running hub holds, and one that has data unless --replace allows to put that aside. The restored journal
gets a new identity, and nodes that meet it offer everything again that they still hold.
"""
EPILOG = """\
examples:
  labkeeper restore /backup/friday.tar --data /var/lib/labkeeper-hub              onto a new machine
  labkeeper restore /backup/friday.tar --data /var/lib/labkeeper-hub --replace    what is there is put aside

exit status: 0 well, and what to do next is printed; 1 nothing was changed, and why is said; 2 wrong use
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper restore`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("file", type=Path, metavar="FILE", help="what `labkeeper backup` made")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the hub's data folder, made if absent")
    parser.add_argument("--replace", action="store_true", help="put what is there aside, into a folder beside it")


def run(options: argparse.Namespace) -> int:
    """Restore and say what to do next; returns 1 and why if nothing was changed."""
    try:
        restored = restore(options.file, options.data, Progress(), replace=options.replace)
    except BackupRefused as refused:
        print(f"labkeeper restore: {options.file}: {refused}", file=sys.stderr)
        return FAILED
    print("\n".join(_told(options.data, restored)))
    return 0


def _told(folder: Path, restored: Restored) -> list[str]:
    made = datetime.fromtimestamp(restored.manifest.made_ms / 1000, UTC)
    lines = [f"{folder} is as it was on {made:%Y-%m-%d at %H:%M:%S} UTC.", "Next:"]
    if not restored.manifest.registry_inside:
        lines.append("- restore the registry's own database to the same day: it was not in the backup")
    lines += [
        f"- start the hub:  labkeeper hub --data {folder}",
        "- the nodes offer again what they still hold (outbox.keep_bytes, outbox.keep_age_s); watch the ledger:",
        "  what it then shows as missing was stored after the backup and is gone",
        "- people sign in again; the owner's secret is the backup's",
    ]
    if restored.former is not None:
        lines.append(f"- when all is well, delete {restored.former}")
    return lines
