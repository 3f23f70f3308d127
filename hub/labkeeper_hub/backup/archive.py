"""A backup as one file: a tar with the manifest first, readable by its owner only."""

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from labkeeper_hub.backup.manifest import FORMAT, LONGEST, NAME, BackupRefused, Manifest, Member, read_manifest
from labkeeper_hub.backup.snapshot import JOURNAL, REGISTRY, Say, copy
from labkeeper_hub.timeseries.identity import identity

BLOCK = 1 << 20
PATTERN = "labkeeper-*.tar"


def make(folder: Path, to: Path, say: Say, *, keep: int | None = None) -> Path:
    """Save a data folder; return the file. Raises BackupRefused, and then there is no such file.

    `to` is the file, or a folder for files named by their time, of which the newest `keep` stay.
    """
    into_folder = to.is_dir()
    if keep is not None and not into_folder:
        raise BackupRefused(f"{to} is no folder, so nothing can be kept there; make it, or mount its disk")
    file = to / f"labkeeper-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.tar" if into_folder else to
    if file.exists():
        raise BackupRefused(f"{file} exists already")
    try:
        with _copies(file) as copies:
            copy(folder, copies, say)
            _write(file, copies, _described(copies), say)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"the backup could not be written: {error}") from error
    if into_folder and keep is not None:
        for old in sorted(to.glob(PATTERN))[:-keep]:
            old.unlink()
    return file


def manifest_of(file: Path) -> Manifest:
    """Read a backup's manifest; raises BackupRefused."""
    with _opened(file) as tar:
        return _manifest(tar)


def unpack(file: Path, target: Path, say: Say) -> Manifest:
    """Write a backup's files to a folder, each checked against the manifest; raises BackupRefused."""
    with _opened(file) as tar:
        manifest = _manifest(tar)
        missing = {member.name: member for member in manifest.files}
        done = 0
        while (info := tar.next()) is not None:
            member = missing.pop(info.name, None)
            content = tar.extractfile(info) if info.isreg() else None
            if member is None or content is None:
                raise BackupRefused(f"it holds {info.name}, which its manifest does not name")
            _unpack_one(content, member, target / member.name)
            done += member.size
            say(file.name, done, manifest.size)
    if missing:
        raise BackupRefused(f"{', '.join(sorted(missing))} is missing in it")
    return manifest


def _unpack_one(content: IO[bytes], member: Member, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    with place.open("wb") as out:
        found = hashlib.sha256()
        size = 0
        while block := content.read(BLOCK):
            found.update(block)
            size += out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if (size, found.hexdigest()) != (member.size, member.sha256):
        raise BackupRefused(f"{member.name} in it is not what was saved (its SHA-256 differs)")
    place.chmod(member.mode)


@contextmanager
def _copies(file: Path) -> Iterator[Path]:
    """Return a private folder beside the file, gone afterwards."""
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = file.with_name(f".{file.name}.{os.getpid()}.partial")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _described(copies: Path) -> Manifest:
    with closing(sqlite3.connect(copies / JOURNAL, isolation_level=None)) as journal:
        schema = journal.execute("PRAGMA user_version").fetchone()[0]
        which = identity(journal)
    return Manifest(
        format=FORMAT,
        labkeeper=version("labkeeper"),
        made_ms=time.time_ns() // 1_000_000,
        journal=which,
        journal_version=schema,
        registry_inside=(copies / REGISTRY).exists(),
        files=tuple(_member(path, copies) for path in sorted(copies.rglob("*")) if path.is_file()),
    )


def _member(path: Path, copies: Path) -> Member:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    stat = path.stat()
    return Member(name=path.relative_to(copies).as_posix(), size=stat.st_size, sha256=digest, mode=stat.st_mode & 0o777)


def _write(file: Path, copies: Path, manifest: Manifest, say: Say) -> None:
    partial = copies / "backup.partial"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    done = 0
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            text = manifest.model_dump_json(indent=1).encode()
            head = tarfile.TarInfo(NAME)
            head.size, head.mode, head.mtime = len(text), 0o600, manifest.made_ms // 1000
            tar.addfile(head, io.BytesIO(text))
            for member in manifest.files:
                tar.add(copies / member.name, member.name, recursive=False)
                done += member.size
                say(file.name, done, manifest.size)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(f"it is damaged or no backup of Labkeeper ({error})") from error
    except OSError as error:
        raise BackupRefused(f"it cannot be read ({error.strerror or error})") from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = None if first is None or first.name != NAME or first.size > LONGEST else tar.extractfile(first)
    if content is None:
        raise BackupRefused("it is no backup of Labkeeper: its first file is not the manifest")
    return read_manifest(content.read())
