"""A person who starts a hub sees at once that it starts; a log does not have the line."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def said(stderr: int, folder: Path) -> int:
    """Start a hub whose settings are not there; return its exit status."""
    words = [sys.executable, "-m", "labkeeper_hub", "--config", str(folder / "none.toml")]
    return subprocess.run(words, stderr=stderr, check=False, timeout=60).returncode


def test_a_terminal_shows_that_it_starts(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    assert said(theirs, tmp_path) == 2
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # the other end is closed
        while more := os.read(ours, 4096):
            seen += more
    os.close(ours)
    first, second = seen.decode().splitlines()
    assert first == "labkeeper hub: starting …"
    assert "none.toml" in second


def test_a_log_has_only_what_is_wrong(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert said(log.fileno(), tmp_path) == 2
    assert len((tmp_path / "log").read_text().splitlines()) == 1
