"""The process: a dead worker ends it, a wrong start is one line, and help is worth reading."""

import argparse
import asyncio
from pathlib import Path

import pytest

from labkeeper_edge.__main__ import configure, run
from labkeeper_edge.intake.intake import Intake
from labkeeper_edge.outbox.outbox import FILE

GOOD = 'school = "s"\nnode = "n"\nlab = "l"\nbroker = "mqtt://127.0.0.1:1"\n'


def options(tmp_path: Path) -> argparse.Namespace:
    (tmp_path / "node.toml").write_text(GOOD)
    parser = argparse.ArgumentParser()
    configure(parser)
    return parser.parse_args(["--config", str(tmp_path / "node.toml"), "--data", str(tmp_path / "edge")])


def test_a_dead_worker_ends_the_process_with_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def die(_: Intake) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("a bug in the intake")

    monkeypatch.setattr(Intake, "run", die)
    assert run(options(tmp_path)) == 1
    assert "a bug in the intake" in caplog.text


def test_a_damaged_outbox_is_named_and_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / FILE).write_bytes(b"not a database" * 100)
    assert run(options(tmp_path)) == 1
    assert FILE in capsys.readouterr().err
    assert (tmp_path / "edge" / FILE).read_bytes() == b"not a database" * 100
