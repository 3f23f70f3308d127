"""`labkeeper prove-deletion`: show what was deleted of PE classes, and that it is gone."""

import argparse
import sys
from pathlib import Path

from labkeeper_hub.pe.proof import proofs
from labkeeper_hub.pe.store import FILE, open_store
from labkeeper_hub.settings import load_settings

BROKEN = 1
DESCRIPTION = """\
Show every deletion of heart rates: when a class was kept long enough, or a consent was withdrawn. Of each the number of
readings and their SHA-256 before and after, compared with what the file holds now and with the sealed record of who did
what. Exit status 1: something speaks against one of them. Nothing is changed.
"""
EPILOG = """\
examples:
  labkeeper prove-deletion --data /var/lib/labkeeper-hub
  labkeeper prove-deletion --config /etc/labkeeper/hub.toml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper prove-deletion`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, metavar="FILE", help="the hub's settings; instead of --data")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the hub's data folder (var/hub)")


def run(options: argparse.Namespace) -> int:
    """Show them; return the exit status."""
    folder = load_settings(options).data
    if not (folder / FILE).exists():
        print(f"labkeeper prove-deletion: no class was ever held in {folder}", file=sys.stderr)
        return BROKEN
    store = open_store(folder)
    try:
        found = proofs(store, folder)
    finally:
        store.connection.close()
    for one in found:
        print(f"{one.deletion.subject}: {one.deletion.words()}: {one.fault or 'gone, and on record'}")
    print(f"{len(found)} deletions, {sum(bool(one.fault) for one in found)} faults")
    return BROKEN if any(one.fault for one in found) else 0
