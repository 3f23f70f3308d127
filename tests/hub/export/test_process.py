"""The exporting process: its memory does not grow with what is exported, and it ends when nobody reads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pyarrow.parquet as pq
import pytest

from labkeeper_hub.export.__main__ import CHANGED, NOBODY
from labkeeper_hub.export.order import FileFormat, Order
from labkeeper_hub.model import PointKey

from .stored import fill, order

pytestmark = pytest.mark.timeout(300)
KEYS = [PointKey("school", "lab", "air", f"p{number}") for number in range(5)]
PER_POINT = 1_000_000
COMMAND = [sys.executable, "-m", "labkeeper_hub.export"]
ROOM = 48_000  # kB more for ten times as much: what allocators keep back, not the readings (5 million are 105 MB bare)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five million readings."""
    file = tmp_path_factory.mktemp("export") / "journal.sqlite"
    for key in KEYS:
        fill(file, key, PER_POINT)
    return file


def run(wanted: Order, out: Path) -> tuple[int, list[dict[str, int]]]:
    """Return the process's peak memory in kB, and what it said."""
    with out.open("wb") as target, subprocess.Popen(COMMAND, stdin=PIPE, stdout=target, stderr=PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(wanted.model_dump_json().encode())
        process.stdin.close()
        said = [json.loads(line) for line in process.stderr]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss, said


@pytest.mark.parametrize(("form", "points"), [("parquet", 5), ("csv", 1)])
def test_ten_times_as_much_takes_no_more_memory(form: FileFormat, points: int, journal: Path, tmp_path: Path) -> None:
    whole = order(journal, form, *KEYS[:points])
    tenth = whole.model_copy(update={"to_ms": 1_767_225_600_000 + PER_POINT * 100})
    small, _ = run(tenth, tmp_path / "small")
    large, said = run(whole, tmp_path / "large")
    assert large < small + ROOM
    assert said[0] == {"total": points * PER_POINT}
    assert said[-1] == {"total": points * PER_POINT, "done": points * PER_POINT, "rows": points * PER_POINT}
    done = [one["done"] for one in said[1:]]
    assert done == sorted(done)
    if form == "parquet":
        assert pq.ParquetFile(tmp_path / "large").metadata.num_rows == points * PER_POINT


def test_a_reader_who_goes_away_ends_it(journal: Path) -> None:
    with subprocess.Popen(COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(order(journal, "csv", *KEYS).model_dump_json().encode())
        process.stdin.close()
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == NOBODY


def test_the_statuses_are_apart() -> None:
    assert len({0, 1, CHANGED, NOBODY}) == 4
