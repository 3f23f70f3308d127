"""Which driver packages a node lets into itself: by hash, compared before a line of them runs."""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from labkeeper_edge.__main__ import main
from labkeeper_edge.control import ask_reload
from labkeeper_edge.node import assign
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reload import difference
from labkeeper_edge.settings import AllowSettings, parse_settings
from labkeeper_edge.supervision.allowed import imported_by, load_allowed
from labkeeper_edge.uplink.births import DRIVER as DRIVER_STATE
from labkeeper_edge.uplink.births import REFUSED
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.allowing import AllowList, Entry, digest_of, new_key, sign
from labkeeper_sdk.plugins import DRIVER_GROUP, Loaded
from labkeeper_sdk.testing import Broker
from labkeeper_wire.effects import DeviceBorn, HostEffect
from tests.edge.conftest import SETTINGS, RunEdge
from tests.edge.tiny_host import open_host

CODE = """
from contextlib import asynccontextmanager
from pathlib import Path
from pydantic import BaseModel
from labkeeper_sdk import DeviceInfo, Driver, Found, Measure, Observation, hookimpl
import asyncio

Path(__file__).with_name("ran").touch()

class Nothing(BaseModel):
    model_config = {"extra": "forbid"}

class Pump:
    async def observations(self):
        yield Observation((Found(DeviceInfo(id="pump", points=(Measure("flow"),))),))
        await asyncio.Event().wait()

    async def write(self, device, point, value):
        raise NotImplementedError

@asynccontextmanager
async def connect(configuration, services):
    yield Pump()

@hookimpl
def labkeeper_driver():
    return Driver("acme_pump", Nothing, connect)
"""
TABLES = '[drivers.pump]\ndriver = "acme_pump"\n'
TOP = 'school = "s"\nnode = "n"\nlab = "l"\n'


class Package:
    """A vendor's package, installed as pip would into a folder of its own. It leaves a mark when it is imported."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.module = f"acme_pump_{sha256(str(site).encode()).hexdigest()[:8]}"
        self.code = site / self.module / "__init__.py"
        self.code.parent.mkdir(parents=True)
        self.code.write_text(CODE)
        about = site / "acme_pump-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Acme_Pump\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{DRIVER_GROUP}]\nacme_pump = {self.module}\n")
        (about / "RECORD").write_text(f"{self.module}/__init__.py,,\nacme_pump-1.0.dist-info/METADATA,,\n")

    @property
    def point(self) -> EntryPoint:
        return next(iter(entry_points(group=DRIVER_GROUP, name="acme_pump")))

    @property
    def digest(self) -> str:
        dist = self.point.dist
        assert dist is not None
        return digest_of(dist)

    def ran(self) -> bool:
        return (self.code.parent / "ran").exists()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    package = Package(tmp_path / "site")
    monkeypatch.syspath_prepend(str(package.site))
    yield package
    sys.modules.pop(package.module, None)


def loaded(package: Package, allow: AllowSettings, refusals: Refusals, now: datetime | None = None) -> Loaded:
    return load_allowed(allow, refusals, [package.point], now)


def by_hash(digest: str) -> AllowSettings:
    return AllowSettings(distributions={"acme-pump": digest})


def test_a_package_with_the_allowed_hash_is_imported_and_its_bytecode_is_not(package: Package) -> None:
    allow = by_hash(package.digest)
    found = loaded(package, allow, Refusals())
    assert [*found.drivers] == ["acme_pump"]
    assert found.sources["acme_pump"].digest == allow.distributions["acme-pump"]
    assert package.ran()
    assert not (package.code.parent / "__pycache__").exists()


@pytest.mark.parametrize("change", ["byte", "file", "removed", "entry point"])
def test_a_changed_byte_does_not_run_and_is_counted(package: Package, change: str) -> None:
    allow, refusals = by_hash(package.digest), Refusals()
    match change:
        case "byte":
            package.code.write_text(CODE.replace("pass", "pasS") + " ")
        case "file":
            (package.code.parent / "json.py").write_text("")
        case "removed":
            package.code.unlink()
        case "entry point":
            about = package.site / "acme_pump-1.0.dist-info" / "METADATA"
            about.write_text(about.read_text() + "\nanother\n")
    found = loaded(package, allow, refusals)
    assert not found.drivers
    assert not found.sources
    assert "the files of acme-pump are not the allowed ones: sha256:" in found.broken[0].reason
    assert refusals.counts["driver_changed"] == 1
    assignments, states = assign(parse_settings(TOP + TABLES), found, refusals)
    assert not assignments
    assert states["pump"].startswith("broken: the files of acme-pump are not the allowed ones: sha256:")
    assert not package.ran()


def test_an_unlisted_package_is_left_to_a_process_or_refused_and_never_imported(package: Package) -> None:
    apart = loaded(package, AllowSettings(), Refusals())
    assert (not apart.drivers, [*apart.sources]) == (True, ["acme_pump"])
    refusals = Refusals()
    refused = loaded(package, AllowSettings(unlisted="no"), refusals)
    assert refused.broken[0].reason == "acme-pump is not on the allow-list"
    assert refusals.counts["driver_not_allowed"] == 1
    assert not refused.sources
    assert not package.ran()


def test_an_editable_installation_cannot_be_vouched_for(package: Package) -> None:
    allow = by_hash(package.digest)
    (package.site / "acme_pump-1.0.dist-info" / "direct_url.json").write_text('{"dir_info": {"editable": true}}')
    assert "editable" in loaded(package, allow, Refusals()).broken[0].reason
    assert not package.ran()


def test_what_is_not_on_the_list_cannot_be_wanted_in_the_node(package: Package) -> None:
    settings = parse_settings(TOP + TABLES + 'isolation = "in-process"\n')
    with pytest.raises(BadConfiguration, match=r"drivers\.pump\.isolation: driver acme_pump is not on the allow-list"):
        assign(settings, loaded(package, settings.allow, Refusals()), Refusals())


def upgrade(package: Package) -> None:
    package.code.write_text(CODE.replace('Measure("flow")', 'Measure("pressure")'))


def test_a_package_that_was_upgraded_since_it_was_imported_is_left_to_a_process(package: Package) -> None:
    before = loaded(package, by_hash(package.digest), Refusals())
    upgrade(package)
    settings = parse_settings(TOP + TABLES)
    again = load_allowed(by_hash(package.digest), Refusals(), [package.point], imported=imported_by(before))
    assert not again.drivers
    assert again.sources["acme_pump"].digest == package.digest
    (running,), _ = assign(settings, before, Refusals())
    (wanted,), _ = assign(settings, again, Refusals())
    assert difference({"pump": running}, [wanted]).beginning == (wanted,)
    assert wanted.isolated
    within = parse_settings(TOP + TABLES + 'isolation = "in-process"\n')
    with pytest.raises(BadConfiguration, match="was upgraded and runs in a process until the node starts again"):
        assign(within, again, Refusals())


async def test_the_new_code_of_an_upgraded_package_runs_after_a_reload(
    package: Package, broker: Broker, tmp_path: Path
) -> None:
    tables = SETTINGS.format(broker=broker.url, more="") + TABLES

    def text() -> str:
        return f'{tables}[allow.distributions]\n"acme-pump" = "{package.digest}"\n'

    stop = asyncio.Event()
    async with open_host(broker.url) as host:
        running = asyncio.create_task(
            main(parse_settings(text()), tmp_path / "edge", stop=stop, read=lambda: parse_settings(text()))
        )
        await host.born("pump")
        upgrade(package)
        since = len(host.heard)
        said = await asyncio.to_thread(ask_reload, tmp_path / "edge")
        assert (said["began"], said["ended"]) == (["pump"], ["pump"])
        await host.until(lambda: any(born_with(it, "pressure") for it in host.heard[since:]))
        stop.set()
        await running


def born_with(it: HostEffect, point: str) -> bool:
    return isinstance(it, DeviceBorn) and any(metric.name == point for metric in it.metrics)


def test_our_own_drivers_need_no_list() -> None:
    found = load_allowed(AllowSettings(unlisted="no"), Refusals())
    assert {"homie", "zigbee2mqtt"} <= set(found.drivers)


NOW = datetime(2026, 9, 1, tzinfo=UTC)


def signed_list(folder: Path, digest: str, secret: bytes, **changes: object) -> Path:
    wanted = AllowList(
        issuer="district",
        key="district-1",
        not_before=NOW - timedelta(days=1),
        not_after=NOW + timedelta(days=1),
        drivers=(Entry(distribution="Acme.Pump", digest=digest),),
    )
    said = json.loads(sign(wanted, secret)) | changes
    path = folder / "allow.json"
    path.write_text(json.dumps(said))
    return path


def test_a_signed_list_allows_what_it_names(package: Package, tmp_path: Path) -> None:
    secret, public = new_key()
    path = signed_list(tmp_path, package.digest, secret)
    found = loaded(package, AllowSettings(lists=(path,), keys={"district-1": public}), Refusals(), NOW)
    assert [*found.drivers] == ["acme_pump"]


@pytest.mark.parametrize(
    ("changes", "days", "key", "why"),
    [
        ({"issuer": "somebody"}, 0, "district-1", "the signature is not of this list by this key"),
        ({"not_after": "2036-01-01T00:00:00Z"}, 0, "district-1", "the signature is not of this list by this key"),
        ({"signature": "?"}, 0, "district-1", "key or signature cannot be read"),
        ({"more": 1}, 0, "district-1", "more: Extra inputs"),
        ({}, 2, "district-1", "it counts from 2026-08-31 to 2026-09-02, not now"),
        ({}, -2, "district-1", "it counts from 2026-08-31 to 2026-09-02, not now"),
        ({}, 0, "school", "the key 'district-1' is not trusted here"),
    ],
)
def test_a_list_that_is_not_to_be_believed_allows_nothing(
    package: Package,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, object],
    days: int,
    key: str,
    why: str,
) -> None:
    secret, public = new_key()
    path = signed_list(tmp_path, package.digest, secret, **changes)
    refusals = Refusals()
    allow = AllowSettings(lists=(path,), keys={key: public})
    assert not loaded(package, allow, refusals, NOW + timedelta(days=days)).drivers
    assert refusals.counts["allow_list_refused"] == 1
    assert why in caplog.text


async def test_an_unlisted_package_runs_in_a_process_and_a_changed_one_not_at_all(
    package: Package, broker: Broker, run_edge: RunEdge
) -> None:
    apart = load_allowed(AllowSettings(), Refusals(), [package.point])
    async with open_host(broker.url) as host, run_edge(TABLES, drivers=apart):
        await host.born("pump")
        assert package.module not in sys.modules


async def test_a_package_changed_while_the_node_runs_is_not_loaded_into_its_process(
    package: Package, broker: Broker, run_edge: RunEdge
) -> None:
    listed = load_allowed(by_hash(package.digest), Refusals(), [package.point])
    package.code.write_text(CODE + "# changed\n")
    (package.code.parent / "ran").unlink()
    async with open_host(broker.url) as host, run_edge(TABLES + 'isolation = "process"\n', drivers=listed):
        await host.until(lambda: host.node_metric(REFUSED + "driver_changed") == 1)
        state = await host.until(lambda: str(host.node_metric(DRIVER_STATE + "pump") or ""))
        assert state.startswith("broken: its files are not the allowed ones: sha256:")
        assert not package.ran()
