"""`labkeeper doctor`: what is wrong here, and what to do about it."""

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx

from labkeeper_cli.inside import Finding, of_clocks, of_nodes, of_status
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.testing import find_mosquitto
from labkeeper_wire.mqtt import Address, ConnectRefused, MqttError, connect

EXTRAS = {"edge": "orjson", "hub": "fastapi", "sim": "aiomqtt", "demo": "rich"}
OLDEST = (3, 11)
LOW_DISK_BYTES = 1_000_000_000
NOT_BEFORE_S = 1_750_000_000  # June 2025; a clock before it has not been set
EPILOG = """\
examples:
  labkeeper doctor
  labkeeper doctor --broker mqtt://10.0.0.5 --hub http://10.0.0.5:8080
  labkeeper doctor --secret-file var/demo/owner-secret     ask the hub, too: storing, InfluxDB, nodes, clocks
  labkeeper doctor --influx http://127.0.0.1:8086
  labkeeper doctor --json          for other programs; exit status 1 when something needs attention
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the doctor's options."""
    parser.description = "Look at this machine, the broker and the hub, and say what to do."
    parser.epilog = EPILOG
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883", metavar="URL")
    parser.add_argument("--hub", default="http://127.0.0.1:8080", metavar="URL")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="holds the owner's secret: ask the hub inside")
    parser.add_argument("--influx", metavar="URL", help="an InfluxDB the hub forwards to; default: none is looked at")
    parser.add_argument("--data", type=Path, default=Path(), metavar="DIR", help="where the data lives (disk space)")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Print every finding; returns 0 when all is well, 1 otherwise."""
    findings = [*examine(options.broker, options.hub, options.data), *_influx(options.influx)]
    if options.secret_file:
        findings += _inside(options.hub, options.secret_file)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(findings)))
    return 0 if all(finding.well for finding in findings) else 1


def examine(broker: str, hub: str, data: Path) -> Iterator[Finding]:
    """Look at one thing after another, the ground first."""
    yield _python()
    yield from map(_extra, EXTRAS)
    yield _clock(time.time())
    yield _disk(data)
    yield from _drivers()
    yield _mosquitto()
    yield asyncio.run(_broker(broker))
    yield from _hub(hub)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST))
    return Finding("Python", sys.version_info >= OLDEST, found, f"install Python {wanted} or newer")


def _extra(name: str) -> Finding:
    about, package = f"labkeeper[{name}]", EXTRAS[name]
    try:
        return Finding(about, True, f"{package} {version(package)}")
    except PackageNotFoundError:
        return Finding(about, False, f"{package} is not installed", f"pip install 'labkeeper[{name}]'")


def _clock(now_s: float) -> Finding:
    said = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s))
    remedy = "set the clock (timedatectl set-ntp true): readings without a device clock take this one"
    return Finding("clock", now_s >= NOT_BEFORE_S, said, remedy)


def _disk(data: Path) -> Finding:
    existing = next((place for place in (data, *data.absolute().parents) if place.exists()), Path("/"))
    free = shutil.disk_usage(existing).free
    remedy = "make room: the journal and the outbox stop taking readings when the disk is full"
    return Finding("disk", free > LOW_DISK_BYTES, f"{free / 1e9:.1f} GB free at {existing.absolute()}", remedy)


def _drivers() -> Iterable[Finding]:
    loaded = load_drivers()
    names = ", ".join(sorted(loaded.drivers)) or "none"
    yield Finding("drivers", bool(loaded.drivers), names, "pip install 'labkeeper[edge]', or a vendor's package")
    for broken in loaded.broken:
        yield Finding(f"driver {broken.name}", False, broken.reason, f"update or remove the package of {broken.name}")


def _mosquitto() -> Finding:
    path = find_mosquitto()
    remedy = "apt install mosquitto: the embedded broker is for trying Labkeeper only"
    return Finding("Mosquitto", path is not None, path or "not installed", remedy)


async def _broker(url: str) -> Finding:
    about = f"broker {url}"
    try:
        async with connect(Address.parse(url), f"labkeeper-doctor-{time.time_ns()}") as link:
            await link.subscribe(("spBv1.0/STATE/#", 1))
            return Finding(about, True, "answers")
    except ConnectRefused as refused:
        return Finding(about, False, str(refused), "check the user name and the password in the broker's URL")
    except (MqttError, ValueError) as error:
        return Finding(about, False, str(error), "start it, or give its address with --broker")


def _hub(url: str) -> Iterable[Finding]:
    with httpx.Client(base_url=url, timeout=5, trust_env=False) as http:
        yield _page(http, "hub", "/healthz", "start it with `labkeeper hub`, or give its address with --hub", url)
        yield _page(http, "hub ready", "/readyz", "look at the hub's log: its broker or its disk is not there", url)


def _inside(url: str, secret_file: Path) -> list[Finding]:
    """Ask the hub what only its owner is told."""
    try:
        headers = {"Authorization": f"Bearer {secret_file.read_text().strip()}"}
        with httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as http:
            status, nodes = (http.get(f"/api/v1/{what}").raise_for_status() for what in ("status", "nodes"))
    except (OSError, httpx.HTTPError) as error:
        return [Finding("the hub's own word", False, str(error), "give the file with the owner's secret, and --hub")]
    hub_s = parsedate_to_datetime(nodes.headers["date"]).timestamp()
    return [*of_status(status.json()), *of_nodes(nodes.json()["nodes"]), of_clocks(time.time(), hub_s)]


def _influx(url: str | None) -> Iterable[Finding]:
    """Ask an InfluxDB of any version who it is; that needs no credentials."""
    if not url:
        return
    about, remedy = f"InfluxDB {url}", "start it, or check influx.url in the hub's settings"
    try:
        answer = httpx.get(f"{url.rstrip('/')}/ping", timeout=5, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield Finding(about, False, str(error), remedy)
        return
    version = answer.headers.get("X-Influxdb-Version", "")
    closed = answer.status_code == HTTPStatus.UNAUTHORIZED  # 3.x may want a token even for this
    yield Finding(about, closed or (answer.is_success and bool(version)), f"version {version or '?'}", remedy)


def _page(http: httpx.Client, about: str, path: str, remedy: str, url: str) -> Finding:
    try:
        answer = http.get(path)
    except httpx.HTTPError as error:
        return Finding(about, False, f"{url}: {error}", remedy)
    if "host_id_taken" in answer.text:
        remedy = "two hubs have one host id at this broker: stop one of them, or start it with another --host-id"
        return Finding(about, False, "another hub uses this hub's host id", remedy)
    return Finding(about, answer.is_success, f"{url}{path} answers {answer.status_code}", remedy)


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{'ok  ' if finding.well else 'LOOK'}  {finding.about}: {finding.found}"
        if not finding.well:
            yield f"      → {finding.remedy}"
