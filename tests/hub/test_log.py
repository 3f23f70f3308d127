"""The hub's log has a line per event, not one per request to InfluxDB."""

import subprocess
import sys

import pytest

SPEAK = """
import logging
from labkeeper_hub.__main__ import log_to_stderr

log_to_stderr(logging.{level})
for name in ("httpx", "httpcore", "alembic", "labkeeper_hub"):
    logging.getLogger(name).info("%s says", name)
    logging.getLogger(name).warning("%s warns", name)
"""


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_libraries_say_only_what_is_wrong_and_the_hub_what_happens(level: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK.format(level=level)], capture_output=True, text=True, check=True, timeout=60
    )
    said = [line.split(": ", 1)[1] for line in done.stderr.splitlines()]
    assert said == ["httpx warns", "httpcore warns", "alembic warns", "labkeeper_hub says", "labkeeper_hub warns"]
