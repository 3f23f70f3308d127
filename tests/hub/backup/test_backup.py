"""A backup of a hub that goes on writing, and its way back."""

import argparse
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from labkeeper_hub.accounts.files import write_owner, write_sessions
from labkeeper_hub.backup import backup_command, restore_command, snapshot
from labkeeper_hub.backup.archive import make, manifest_of
from labkeeper_hub.backup.manifest import LONGEST, NAME, BackupRefused
from labkeeper_hub.backup.progress import Progress
from labkeeper_hub.backup.restore import restore
from labkeeper_hub.backup.snapshot import BEFORE_RESTORE, JOURNAL, REGISTRY, RESTORING
from labkeeper_hub.folder import hold_folder
from labkeeper_hub.interlocks.book import Entry, Proposal
from labkeeper_hub.interlocks.file import read_book, write_book
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.identity import identity
from labkeeper_hub.timeseries.schema import VERSION, open_for_reading, open_for_writing
from labkeeper_hub.timeseries.writer import Writer
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlocks import AgreedSet

KEY = PointKey("school", "lab", "air", "co2")
BOOK = {KEY.of_node: Entry(Proposal('id = "y"', "a hash", "li", 3), AgreedSet(2, 'id = "x"', "li", "wang"), 2)}


def silent(_: str, __: int, ___: int) -> None:
    """Hear the progress."""


def group(number: int, readings: int = 200) -> Group:
    one = Group(new_series=[(1, KEY)] if number == 0 else [])
    for at in range(readings):
        one.add(1, 1_700_000_000_000 + number * 1000 + at, 4, float(number))
    return one


def stored(file: Path) -> int:
    with closing(open_for_reading(file)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM segments").fetchone()[0])


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """A data folder with a journal that is being written, and everything else a hub keeps."""
    folder = tmp_path / "hub"
    folder.mkdir()
    with closing(open_for_writing(folder / JOURNAL)) as connection:
        writer = Writer(connection, Hot())
        writer.recall()
        for number in range(30):
            writer.commit(group(number))
        with closing(sqlite3.connect(folder / REGISTRY)) as registry:
            registry.executescript(
                "PRAGMA journal_mode = WAL; CREATE TABLE labs (name); INSERT INTO labs VALUES ('一');"
            )
        write_owner(folder, "a hash")
        write_sessions(folder, [])
        write_book(folder, BOOK)
        open_signing(folder)
        (folder / "commands.log").write_text("{}\n")
        (folder / "lock").touch()
        (folder / "more").mkdir()
        (folder / "more" / "kept.json").write_text("[]")
        yield writer


def test_what_was_stored_before_is_in_the_backup_and_what_is_stored_meanwhile_is_not(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "PAGES", 4)
    written = [30]

    def go_on(what: str, _: int, __: int) -> None:
        if what == JOURNAL:
            writer.commit(group(written[0]))
            written[0] += 1

    file = make(tmp_path / "hub", tmp_path / "one.tar", go_on)
    assert written[0] > 40
    restore(file, tmp_path / "back", silent)
    assert stored(tmp_path / "back" / JOURNAL) == 30
    assert stored(tmp_path / "hub" / JOURNAL) == written[0]


@pytest.mark.usefixtures("writer")
def test_everything_comes_back_with_its_mode_but_sessions_and_the_lock(tmp_path: Path) -> None:
    hub, back = tmp_path / "hub", tmp_path / "back"
    file = make(hub, tmp_path / "one.tar", silent)
    assert file.stat().st_mode & 0o777 == 0o600
    restored = restore(file, back, silent)
    names = {path.relative_to(back).as_posix() for path in back.rglob("*") if path.is_file()}
    guards = {"interlocks.json", "interlocks.key"}
    assert names == {JOURNAL, REGISTRY, "owner.json", "commands.log", "more/kept.json", "lock"} | guards
    assert read_book(back) == BOOK
    assert open_signing(back).public == open_signing(hub).public, "nodes know the hub again"
    assert (back / "owner.json").stat().st_mode & 0o777 == 0o600
    assert (back / "owner.json").read_bytes() == (hub / "owner.json").read_bytes()
    assert restored.manifest.registry_inside
    assert restored.former is None
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


@pytest.mark.usefixtures("writer")
def test_a_restored_journal_is_another_one(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    restored = restore(make(hub, tmp_path / "one.tar", silent), tmp_path / "back", silent)
    with (
        closing(sqlite3.connect(hub / JOURNAL)) as ours,
        closing(sqlite3.connect(tmp_path / "back" / JOURNAL)) as theirs,
    ):
        assert identity(ours) == restored.manifest.journal
        assert identity(theirs) == restored.journal != restored.manifest.journal


@pytest.mark.usefixtures("writer")
def test_a_folder_with_data_is_refused_and_put_aside_only_when_told(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    file = make(hub, tmp_path / "one.tar", silent)
    (hub / "owner.json").write_text("newer")
    with pytest.raises(BackupRefused, match="holds data already"):
        restore(file, hub, silent)
    assert (hub / "owner.json").read_text() == "newer"
    restored = restore(file, hub, silent, replace=True)
    assert restored.former is not None
    assert restored.former.name.startswith(BEFORE_RESTORE)
    assert (restored.former / "owner.json").read_text() == "newer"
    assert "a hash" in (hub / "owner.json").read_text()
    assert not {BEFORE_RESTORE, RESTORING} & set(manifest_of(make(hub, tmp_path / "two.tar", silent)).files)
    assert len(manifest_of(tmp_path / "two.tar").files) == len(manifest_of(file).files)


@pytest.mark.usefixtures("writer")
def test_a_folder_that_a_hub_holds_is_refused(tmp_path: Path) -> None:
    file = make(tmp_path / "hub", tmp_path / "one.tar", silent)
    with hold_folder(tmp_path / "hub"), pytest.raises(BadConfiguration, match="another hub"):
        restore(file, tmp_path / "hub", silent, replace=True)


def _flip(content: bytearray) -> bytes:
    content[content.index(b"SQLite format 3") + 5000] ^= 1
    return bytes(content)


def _cut(content: bytearray) -> bytes:
    return bytes(content[: len(content) // 2])


def _nonsense(_: bytearray) -> bytes:
    return b"no tar at all" * 999


@pytest.mark.parametrize("damage", [_flip, _cut, _nonsense])
@pytest.mark.usefixtures("writer")
def test_a_damaged_backup_changes_nothing(damage: Callable[[bytearray], bytes], tmp_path: Path) -> None:
    file, back = make(tmp_path / "hub", tmp_path / "one.tar", silent), tmp_path / "back"
    restore(file, back, silent)
    before = {path: path.stat().st_mtime_ns for path in back.rglob("*.*")}
    file.write_bytes(damage(bytearray(file.read_bytes())))
    with pytest.raises(BackupRefused):
        restore(file, back, silent, replace=True)
    assert {path: path.stat().st_mtime_ns for path in back.rglob("*.*")} == before


def packed(file: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def manifest(**changes: object) -> bytes:
    whole = {
        "format": 1,
        "labkeeper": "0",
        "made_ms": 0,
        "journal": "j",
        "journal_version": VERSION,
        "registry_inside": True,
        "files": [],
    }
    return json.dumps(whole | changes).encode()


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([("other", b"")], "first file is not the manifest"),
        ([(NAME, b" " * (LONGEST + 1))], "first file is not the manifest"),
        ([(NAME, b"{}")], "manifest is damaged"),
        ([(NAME, manifest(format=2))], "format 2"),
        ([(NAME, manifest(journal_version=VERSION + 1))], "later Labkeeper"),
        ([(NAME, manifest()), ("../owner.json", b"")], "does not name"),
        ([(NAME, manifest(files=[{"name": "../x", "size": 0, "sha256": "0" * 64, "mode": 0}]))], "no name of a file"),
        ([(NAME, manifest(files=[{"name": "a/../x", "size": 0, "sha256": "0" * 64, "mode": 0}]))], "no name of a file"),
        ([(NAME, manifest(files=[{"name": "x", "size": 0, "sha256": "0" * 64, "mode": 0}]))], "x is missing"),
        ([(NAME, manifest())], "no journal"),
    ],
)
def test_what_is_no_backup_of_ours_is_refused_by_name(
    members: list[tuple[str, bytes]], why: str, tmp_path: Path
) -> None:
    with pytest.raises(BackupRefused, match=why):
        restore(packed(tmp_path / "odd.tar", *members), tmp_path / "back", silent)
    assert {path.name for path in tmp_path.rglob("*")} <= {"odd.tar", "back", "lock"}


@pytest.mark.usefixtures("writer")
def test_a_database_that_is_damaged_already_makes_no_backup(tmp_path: Path) -> None:
    broken = tmp_path / "hub" / "broken.sqlite"
    with closing(sqlite3.connect(broken)) as connection:
        connection.executescript("CREATE TABLE t (a); CREATE INDEX i ON t (a);")
        connection.executemany("INSERT INTO t VALUES (?)", [(str(n) * 99,) for n in range(999)])
        connection.commit()
    content = bytearray(broken.read_bytes())
    content[4096 * 5 : 4096 * 6] = os.urandom(4096)
    broken.write_bytes(content)
    with pytest.raises(BackupRefused, match=r"broken\.sqlite is damaged"):
        make(tmp_path / "hub", tmp_path / "one.tar", silent)
    assert not (tmp_path / "one.tar").exists()


@pytest.mark.usefixtures("writer")
def test_a_backup_in_the_folder_is_not_in_the_next_one_whatever_it_is_called(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    first = make(hub, hub / "mine.tar", silent)
    second = make(hub, hub / "again.tar", silent)
    assert [one.name for one in manifest_of(second).files] == [one.name for one in manifest_of(first).files]


@pytest.mark.usefixtures("writer")
def test_newest_are_kept_in_a_folder_only_and_none_is_made_where_a_disk_is_not_mounted(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no folder"):
        make(tmp_path / "hub", tmp_path / "disk", silent, keep=2)
    assert not (tmp_path / "disk").exists()


@pytest.mark.usefixtures("writer")
def test_a_folder_gets_one_more_file_and_keeps_the_newest(tmp_path: Path) -> None:
    to = tmp_path / "backups"
    to.mkdir()
    for day in range(1, 5):
        (to / f"labkeeper-2020-01-0{day}T000000Z.tar").touch()
    (to / "mine.tar").touch()
    newest = make(tmp_path / "hub", to, silent, keep=2)
    assert sorted(path.name for path in to.iterdir()) == ["labkeeper-2020-01-04T000000Z.tar", newest.name, "mine.tar"]
    with pytest.raises(BackupRefused, match="exists already"):
        make(tmp_path / "hub", newest, silent)


def test_a_folder_without_a_journal_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="holds no journal"):
        make(tmp_path, tmp_path / "one.tar", silent)
    with pytest.raises(BackupRefused, match="cannot be read"):
        restore(tmp_path / "one.tar", tmp_path / "back", silent)


def asked(command: object, *words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.configure(parser)  # type: ignore[attr-defined] # a module with the two functions of a command
    return parser.parse_args([str(word) for word in words])


@pytest.mark.usefixtures("writer")
def test_the_commands_say_what_they_did_and_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, back = tmp_path / "one.tar", tmp_path / "back"
    backup = asked(backup_command, "--data", tmp_path / "hub", "--to", file)
    assert backup_command.run(backup) == 0
    said = capsys.readouterr()
    assert str(file) in said.out
    assert f"{JOURNAL}: 100 %" in said.err
    assert backup_command.run(backup) == 1
    assert "exists already" in capsys.readouterr().err
    assert restore_command.run(asked(restore_command, file, "--data", back)) == 0
    assert f"labkeeper hub --data {back}" in capsys.readouterr().out
    assert restore_command.run(asked(restore_command, file, "--data", back)) == 1
    assert "--replace" in capsys.readouterr().err
    assert restore_command.run(asked(restore_command, file, "--data", back, "--replace")) == 0
    assert BEFORE_RESTORE in capsys.readouterr().out
    with pytest.raises(SystemExit):
        asked(backup_command, "--to", file, "--keep", 0)


def test_where_nobody_watches_progress_is_a_line_every_ten_percent() -> None:
    out = io.StringIO()
    say = Progress(out)
    for done in range(101):
        say("x", done, 100)
    say("empty", 0, 0)
    lines = out.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[-2:] == ["x: 100 % of 0.0 MB", "empty: 100 % of 0.0 MB"]


def test_at_a_terminal_progress_is_one_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    say = Progress(out)
    for done in range(101):
        say("x", done, 100)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().count("\r") == 101
