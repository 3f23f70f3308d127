"""What hub and node start runs under the system calls that the units leave, and where standing back is refused."""

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labkeeper_cli.client import open_hub
from labkeeper_cli.processes import open_role
from labkeeper_edge.uplink.births import DRIVER as DRIVER_STATE
from labkeeper_hub.export.order import FileFormat
from labkeeper_hub.model import PointKey
from labkeeper_hub.reports.document import Document
from labkeeper_hub.timetable.importing import TASK, File, Task
from labkeeper_hub.timetable.reading import Known
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk.testing import Broker, open_broker
from tests.edge.conftest import SETTINGS
from tests.edge.tiny_host import open_host
from tests.hub.export.stored import START_MS, Stored, order
from tests.hub.reports.pdfs import needs_pango

from .conftest import DEPLOY

HUB, NODE = (DEPLOY / "systemd" / f"labkeeper-{role}.service" for role in ("hub", "node"))
MODULE = "tests.deploy.confined"
KEY = PointKey("school", "node", "air", "co2")
APART = '[drivers.apart]\ndriver = "bench"\nprefix = "bench"\nisolation = "process"\n'
BEHIND = SETTINGS.replace("niceness = 0", "niceness = 10")


@pytest.fixture(autouse=True)
def _systemd() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed: nobody says what its sets of system calls are")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with open_broker(folder=tmp_path / "broker") as broker:
        yield broker


@pytest.fixture(params=["as shipped", "stricter"])
def hub_unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit, and one of a school that lets nothing change priorities."""
    if request.param == "as shipped":
        return HUB
    unit = tmp_path / "stricter.service"
    unit.write_text(HUB.read_text() + "SystemCallFilter=~@resources\n")
    return unit


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    stored = Stored(tmp_path / "journal.sqlite")
    stored.take(KEY, [(START_MS, 0, 415.5)])
    stored.close()
    return stored.file


def done(unit: Path, module: str, asked: bytes) -> bytes:
    """Return what a process of the hub's answers."""
    command = [sys.executable, "-m", MODULE, str(unit), module]
    said = subprocess.run(command, input=asked, capture_output=True, check=False)
    assert said.returncode == 0, said.stderr.decode()
    return said.stdout


@pytest.mark.parametrize(("form", "holds"), [("csv", b"415.5"), ("parquet", b"PAR1")])
def test_an_export_is_made(hub_unit: Path, journal: Path, form: FileFormat, holds: bytes) -> None:
    asked = order(journal, form, KEY).model_dump_json().encode()
    assert holds in done(hub_unit, "labkeeper_hub.export", asked)


@pytest.mark.parametrize(("wanted", "first"), [("hash", b'{"rows": 1,'), ("record", b"PK")])
def test_a_recording_is_hashed_and_its_record_written(hub_unit: Path, journal: Path, wanted: str, first: bytes) -> None:
    asked = json.dumps({**order(journal, "csv", KEY).model_dump(), "wanted": wanted}).encode()
    assert done(hub_unit, "labkeeper_hub.recordings.work", asked).startswith(first)


def test_a_report_is_drawn(hub_unit: Path) -> None:
    document = Document(language="zh", title="物理一", subtitle="", print_word="打印")
    assert "物理一".encode() in done(hub_unit, "labkeeper_hub.reports", document.model_dump_json().encode())


@needs_pango
def test_a_report_becomes_a_pdf(hub_unit: Path) -> None:
    assert done(hub_unit, "labkeeper_hub.reports.paper", "<p>物理一".encode()).startswith(b"%PDF")


def test_a_timetable_is_read(hub_unit: Path) -> None:
    task = Task(File("csv", "nothing", Known(Year())), "school", "", (), START_MS)
    assert json.loads(done(hub_unit, "labkeeper_hub.timetable", TASK.dump_json(task)).splitlines()[0])["faults"]


async def test_a_whole_hub_starts_and_answers(hub_unit: Path, broker: Broker, tmp_path: Path) -> None:
    words = [str(hub_unit), "labkeeper_hub", "--data", str(tmp_path / "hub"), "--port", "0", "--broker", broker.url]
    async with (
        open_role("hub", MODULE, words, tmp_path / "hub.log") as hub,
        open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
    ):
        assert (await client.get("status"))["version"]


async def test_a_node_runs_a_driver_in_a_process(broker: Broker, tmp_path: Path) -> None:
    settings = tmp_path / "node.toml"
    settings.write_text(BEHIND.format(broker=broker.url, more="") + APART)
    words = [str(NODE), "tests.edge.edge_process", "--config", str(settings), "--data", str(tmp_path / "edge")]
    async with open_host(broker.url) as host, open_role("node", MODULE, words, tmp_path / "node.log"):
        await host.until(lambda: host.node_metric(DRIVER_STATE + "apart") == "connected")
