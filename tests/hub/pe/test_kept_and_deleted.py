"""What is kept of a class in a file of its own, and how it goes: counted, hashed, on the sealed record."""

import argparse
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from labkeeper_hub.audit import open_audit
from labkeeper_hub.backup.snapshot import sources
from labkeeper_hub.pe import proof_command
from labkeeper_hub.pe.desk import PeDesk, PeRefused, open_pe
from labkeeper_hub.pe.lesson import Told
from labkeeper_hub.pe.proof import proofs
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.pe.store import FILE
from labkeeper_wire.leases.book import Room

KEY = ClassKey("school", "gym", "4-2")
ROOM = Room("school", "gym")
BY = Consent(By.GUARDIAN, 1, "p-1")
ROSTER = Roster(KEY, 10, (Entry(1, BY), Entry(2, BY, 150), Entry(3)))
HOUR_MS = 3_600_000
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing


@dataclass
class Clock:
    now_ms: int = 1_800_000_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(tmp_path: Path, clock: Clock) -> AsyncIterator[PeDesk]:
    async with (
        open_audit(tmp_path, lambda: clock.now_ms) as audit,
        open_pe(tmp_path, 24, lambda *_: False, lambda: clock.now_ms) as desk,
    ):
        desk.audit = audit
        await desk.write_roster(ROSTER, "p-1")
        yield desk


async def held(desk: PeDesk, clock: Clock, seconds: int) -> None:
    """Hold the class for so long; bands 1, 2 and 3 tell a rate."""
    for _ in range(seconds):
        clock.now_ms += 1000
        for number in (1, 2, 3):
            desk._happened(ROOM, Told(number, 120 + number, clock.now_ms))
        await desk.tick()


def counts(desk: PeDesk) -> dict[int, int]:
    rows = desk.store.connection.execute("SELECT number, COUNT(*) FROM readings GROUP BY number")
    return dict(rows.fetchall())


async def test_only_who_consented_is_kept_and_only_until_the_time_is_over(
    desk: PeDesk, clock: Clock, tmp_path: Path
) -> None:
    begun = await desk.start(KEY)
    await held(desk, clock, 5)
    await desk.end(ROOM)
    assert counts(desk) == {1: 5, 2: 5}
    clock.now_ms += 23 * HOUR_MS
    await desk.tidy()
    assert counts(desk) == {1: 5, 2: 5}
    clock.now_ms += 2 * HOUR_MS
    await desk.tidy()
    assert counts(desk) == {}
    (proof,) = proofs(desk.store, tmp_path)
    deletion = proof.deletion
    assert (proof.fault, deletion.subject, deletion.readings) == ("", f"class {begun.id}", 10)
    assert (deletion.readings_after, deletion.digest_after) == (0, NOTHING)
    assert deletion.digest_before != NOTHING


async def test_a_consent_withdrawn_deletes_that_band_at_once_and_no_other(desk: PeDesk, clock: Clock) -> None:
    await desk.start(KEY)
    await held(desk, clock, 3)
    await desk.write_roster(replace(ROSTER, entries=(Entry(1, BY), Entry(2, None, 150))), "p-2")
    await held(desk, clock, 2)
    await desk.save()
    assert counts(desk) == {1: 5}
    (deletion,) = desk.store.deletions()
    assert (deletion.subject, deletion.by, deletion.readings) == ("band school/gym/4-2/2", "p-2", 3)


async def test_a_class_removed_is_forgotten_with_everything(desk: PeDesk, clock: Clock) -> None:
    await desk.start(KEY)
    await held(desk, clock, 2)
    with pytest.raises(PeRefused) as refused:
        await desk.remove_roster(KEY, "p-1")
    assert refused.value.code == "class_on"
    await desk.end(ROOM)
    await desk.remove_roster(KEY, "p-1")
    assert (counts(desk), await desk.rosters(ROOM)) == ({}, ())


async def test_what_was_deleted_is_not_in_the_file_any_more(desk: PeDesk, clock: Clock, tmp_path: Path) -> None:
    await desk.start(KEY)
    await held(desk, clock, 3)
    await desk.save()
    marker = clock.now_ms.to_bytes(6, "big")  # as SQLite writes it
    assert marker in (tmp_path / FILE).read_bytes()
    await desk.end(ROOM)
    clock.now_ms += 25 * HOUR_MS
    await desk.tidy()
    assert marker not in (tmp_path / FILE).read_bytes()


async def test_no_reading_touches_the_disk_where_nothing_is_to_be_kept(tmp_path: Path, clock: Clock) -> None:
    async with open_pe(tmp_path, 0, lambda *_: False, lambda: clock.now_ms) as desk:
        await desk.write_roster(ROSTER, "p-1")
        await desk.start(KEY)
        await held(desk, clock, 3)
        board = desk.board(ROOM)
        await desk.save()
        assert (counts(desk), board is not None and board.figures.heard) == ({}, 2)


async def test_a_hub_that_was_killed_goes_on_with_the_class(tmp_path: Path, clock: Clock) -> None:
    async with open_pe(tmp_path, 24, lambda *_: False, lambda: clock.now_ms) as desk:
        await desk.write_roster(ROSTER, "p-1")
        begun = await desk.start(KEY)
        await held(desk, clock, 30)
    async with open_pe(tmp_path, 24, lambda *_: False, lambda: clock.now_ms) as desk:
        board = desk.board(ROOM)
        assert board is not None
        assert (board.id, board.figures.heard, board.figures.mean_so_far) == (begun.id, 2, 121.5)


async def test_a_class_ends_with_the_lesson_that_was_on(tmp_path: Path, clock: Clock) -> None:
    on = [True]
    async with open_pe(tmp_path, 24, lambda *_: on[0], lambda: clock.now_ms) as desk:
        await desk.write_roster(ROSTER, "p-1")
        await desk.start(KEY)
        await held(desk, clock, 1)
        assert desk.board(ROOM) is not None
        on[0] = False
        await held(desk, clock, 1)
        assert desk.board(ROOM) is None


async def test_no_backup_has_it(desk: PeDesk, tmp_path: Path) -> None:
    assert (tmp_path / FILE).exists()
    assert desk.store is not None
    assert FILE not in [one.name for one in sources(tmp_path)]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


async def test_the_proof_says_what_speaks_against_it(
    desk: PeDesk, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(data=tmp_path, config=None)
    begun = await desk.start(KEY)
    await held(desk, clock, 2)
    await desk.end(ROOM)
    clock.now_ms += 25 * HOUR_MS
    await desk.tidy()
    assert proof_command.run(options) == 0
    assert "gone, and on record" in capsys.readouterr().out
    desk.store.connection.execute("INSERT INTO readings VALUES (?, 1, 1, 100)", (begun.id,))
    assert proof_command.run(options) == proof_command.BROKEN
    assert "readings are left" in capsys.readouterr().out
    desk.store.connection.execute("DELETE FROM readings")
    desk.store.connection.execute("UPDATE deletions SET readings = 1")
    assert proof_command.run(options) == proof_command.BROKEN
    assert "the sealed record does not have it" in capsys.readouterr().out
    assert proof_command.run(argparse.Namespace(data=tmp_path / "nowhere", config=None)) == proof_command.BROKEN
