import argparse
import asyncio
import stat
from pathlib import Path

import pytest

from labkeeper_hub.audit import open_audit, record
from labkeeper_hub.audit.audit_command import configure, run
from labkeeper_hub.audit.chain import Fault
from labkeeper_hub.audit.record import HEAD, KEY, RECORD, verify
from tests.terminal import at_terminal

NOW_MS = 1_800_000_000_000


async def _noted(folder: Path, *results: str) -> None:
    async with open_audit(folder, lambda: NOW_MS) as audit:
        for result in results:
            audit.note("p-1", "command", "lamp", result)


def _command(folder: Path, do: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args([do, "--data", str(folder)]))


async def test_what_is_noted_is_on_disk_at_the_end_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    await _noted(tmp_path, "done", "failed")
    await _noted(tmp_path, "done")
    assert verify(tmp_path) == (3, None)
    for name in (RECORD, HEAD, KEY):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


async def test_notes_are_written_behind_while_the_hub_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "GATHER_S", 0.001)
    async with open_audit(tmp_path, lambda: NOW_MS) as audit:
        keeping = asyncio.create_task(audit.keep())
        audit.note("p-1", "command", "lamp", "done")
        async with asyncio.timeout(30):
            while audit.head.entries == 0:
                await asyncio.sleep(0.001)
        keeping.cancel()
    assert verify(tmp_path) == (1, None)


async def test_half_an_entry_that_a_crash_left_is_dropped_and_unsealed_ones_are_kept(tmp_path: Path) -> None:
    await _noted(tmp_path, "one")
    head = (tmp_path / HEAD).read_bytes()
    await _noted(tmp_path, "two")
    (tmp_path / HEAD).write_bytes(head)
    with (tmp_path / RECORD).open("ab") as file:
        file.write(b'{"at_ms": 18')
    await _noted(tmp_path, "three")
    assert verify(tmp_path) == (3, None)


async def test_a_disk_that_refuses_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_audit(tmp_path, lambda: NOW_MS) as audit:
        (tmp_path / f"{HEAD}.new").mkdir()
        audit.note("p-1", "command", "lamp", "done")
        await audit.save()
        await audit.save()
        assert caplog.text.count("cannot be written") == 1
        (tmp_path / f"{HEAD}.new").rmdir()
    assert verify(tmp_path) == (1, None)


async def test_what_memory_could_not_hold_is_counted_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_WAITING", 1)
    await _noted(tmp_path, "kept", "lost", "lost")
    assert '"notes lost"' in (tmp_path / RECORD).read_text()
    assert verify(tmp_path) == (2, None)


@pytest.mark.parametrize("line", [0, 1, 2])
async def test_a_record_that_lost_an_entry_is_found_out_by_the_command_and_put_aside_by_the_hub(
    tmp_path: Path, line: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await _noted(tmp_path, "one", "two", "three")
    assert _command(tmp_path, "verify") == 0
    lines = (tmp_path / RECORD).read_bytes().splitlines(keepends=True)
    (tmp_path / RECORD).write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    assert _command(tmp_path, "verify") == 1
    assert f"entry {line + 1} " in capsys.readouterr().err
    await _noted(tmp_path, "four")
    aside = tmp_path / f"audit.{NOW_MS}.broken.jsonl"
    assert aside.read_bytes() == b"".join(lines[:line] + lines[line + 1 :])
    assert verify(tmp_path) == (2, None)
    assert aside.name in (tmp_path / RECORD).read_text()


async def test_a_person_sees_that_the_record_is_being_checked(tmp_path: Path) -> None:
    await _noted(tmp_path, "one")
    with at_terminal() as screen:
        assert _command(tmp_path, "verify") == 0
    assert "checking every entry …" in screen.getvalue()


@pytest.mark.parametrize("head", [None, b"{", b'{"entries": 0, "digest": "0", "seal": "00"}'])
async def test_a_head_that_is_gone_damaged_or_forged_is_found_out(tmp_path: Path, head: bytes | None) -> None:
    await _noted(tmp_path, "one")
    (tmp_path / HEAD).unlink()
    if head is not None:
        (tmp_path / HEAD).write_bytes(head)
    assert verify(tmp_path)[1] is not None
    await _noted(tmp_path, "two")
    assert verify(tmp_path) == (2, None)


async def test_the_record_is_taken_away_as_csv_or_json_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _command(tmp_path, "csv") == 1
    await _noted(tmp_path, "done, or so")
    capsys.readouterr()
    assert _command(tmp_path, "csv") == 0
    assert '1,1800000000000,p-1,command,lamp,"done, or so",' in capsys.readouterr().out
    assert _command(tmp_path, "jsonl") == 0
    assert capsys.readouterr().out == (tmp_path / RECORD).read_text()


async def test_a_record_that_is_gone_altogether_is_said_in_the_new_one(tmp_path: Path) -> None:
    await _noted(tmp_path, "one")
    (tmp_path / RECORD).unlink()
    assert verify(tmp_path)[1] is not None
    await _noted(tmp_path, "two")
    assert "is missing, with all others" in (tmp_path / RECORD).read_text()


async def test_an_entry_changed_in_the_middle_is_found_by_the_command(tmp_path: Path) -> None:
    await _noted(tmp_path, "done", "done", "done")
    text = (tmp_path / RECORD).read_bytes()
    (tmp_path / RECORD).write_bytes(text.replace(b'"result":"done"', b'"result":"gone"', 1))
    assert verify(tmp_path) == (0, Fault(1, "was changed"))
