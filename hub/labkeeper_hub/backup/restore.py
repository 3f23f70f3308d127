"""A backup's way back into a data folder: checked whole first, then put in place by renaming."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labkeeper_hub.backup.archive import manifest_of, unpack
from labkeeper_hub.backup.manifest import BackupRefused, Manifest
from labkeeper_hub.backup.snapshot import BEFORE_RESTORE, JOURNAL, RESTORING, Say, check
from labkeeper_hub.folder import hold_folder
from labkeeper_hub.timeseries.identity import renew
from labkeeper_hub.timeseries.schema import VERSION

STAYS = ("lock", RESTORING)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, the journal's new identity, and where the folder's former content is now (None: had none)."""

    manifest: Manifest
    journal: str
    former: Path | None


def restore(file: Path, folder: Path, say: Say, *, replace: bool = False) -> Restored:
    """Fill a data folder from a backup; raises BackupRefused (nothing changed), BadConfiguration while a hub has it.

    What is in the folder is refused unless it may be replaced, and then it is put aside, not deleted.
    """
    if manifest_of(file).journal_version > VERSION:
        raise BackupRefused("it was made by a later Labkeeper, whose journal this one cannot read")
    with hold_folder(folder):
        present = [path for path in sorted(folder.iterdir()) if _is_content(path)]
        if present and not replace:
            raise BackupRefused(f"{folder} holds data already ({present[0].name}, …); --replace puts it aside")
        fresh = folder / RESTORING
        shutil.rmtree(fresh, ignore_errors=True)  # left by a restore that was cut short
        try:
            return _put(file, folder, fresh, present, say)
        except OSError as error:
            raise BackupRefused(f"it could not be written to {folder}: {error}") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _put(file: Path, folder: Path, fresh: Path, present: list[Path], say: Say) -> Restored:
    fresh.mkdir(mode=0o700)
    manifest = unpack(file, fresh, say)
    if not (fresh / JOURNAL).exists():
        raise BackupRefused("it holds no journal")
    for database in fresh.rglob("*.sqlite"):
        check(database)
    with closing(sqlite3.connect(fresh / JOURNAL, isolation_level=None)) as journal:
        which = renew(journal)
    _give_to_owner(fresh, folder)
    former = _put_aside(folder, present) if present else None
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == JOURNAL):  # the journal last: it makes a hub's
        path.rename(folder / path.name)
    return Restored(manifest, which, former)


def _give_to_owner(fresh: Path, folder: Path) -> None:
    """Restored by root, the files are to be the hub's user's all the same."""
    owner = folder.stat()
    if os.geteuid() == 0:
        for path in fresh.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid)


def _put_aside(folder: Path, present: list[Path]) -> Path:
    former = folder / f"{BEFORE_RESTORE}{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    former.mkdir(mode=0o700)
    for path in present:
        path.rename(former / path.name)
    return former


def _is_content(path: Path) -> bool:
    return path.name not in STAYS and not path.name.startswith(BEFORE_RESTORE)
