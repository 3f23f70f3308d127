"""`labkeeper doctor`: what is wrong here, and what to do about it."""

import argparse
import asyncio
import json
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from labkeeper_cli.inside import Finding
from labkeeper_sdk.at_work import at_work
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.testing import find_mosquitto
from labkeeper_wire.mqtt import Address, ConnectRefused, MqttError, connect

EXTRAS = {  # a package that tells whether it is installed, and which machines want it
    "edge": ("jinja2", "a node"),
    "hub": ("fastapi", "a hub"),
    "sim": ("aiomqtt", "simulated devices"),
    "demo": ("amqtt", "the demo and the command line"),
}
LOCAL_BROKER = "mqtt://127.0.0.1:1883"
LOCAL_HUB = "http://127.0.0.1:8080"
TRUST = "name the authority that signed its certificate: SSL_CERT_FILE=/etc/labkeeper/ca.crt labkeeper doctor …"
CLOSE = "allow_anonymous false, accounts and an acl_file in mosquitto.conf: deploy/init.py makes all three"
OLDEST = (3, 11)
LOW_DISK_BYTES = 1_000_000_000
NOT_BEFORE_S = 1_750_000_000  # June 2025; a clock before it has not been set
EPILOG = """\
examples:
  labkeeper doctor                                         on a machine without a hub only itself and the broker
  labkeeper doctor --broker mqtt://10.0.0.5 --hub http://10.0.0.5:8080
  labkeeper doctor --secret-file var/demo/owner-secret     ask the hub, too: storing, InfluxDB, nodes, clocks
  labkeeper doctor --influx http://127.0.0.1:8086
  labkeeper doctor --json          for other programs

exit status: 0 all is well, 1 a line says LOOK, and below it what to do, 2 wrong use
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the doctor's options."""
    parser.description = "Look at this machine, the broker and the hub, and say what to do. Nothing is changed."
    parser.epilog = EPILOG
    parser.add_argument("--broker", default=LOCAL_BROKER, metavar="URL", help="mqtt://[user:password@]host[:port]")
    parser.add_argument("--hub", metavar="URL", help=f"default {LOCAL_HUB}; none where no hub is installed")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="holds the owner's secret: ask the hub inside")
    parser.add_argument("--influx", metavar="URL", help="an InfluxDB the hub forwards to; default: none is looked at")
    parser.add_argument("--data", type=Path, default=Path(), metavar="DIR", help="where the data lives (disk space)")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Print every finding; returns 0 when all is well, 1 otherwise."""
    hub = options.hub or (LOCAL_HUB if options.secret_file or _is_here("hub") else None)
    findings: list[Finding] = []
    for finding in chain(examine(options.broker, options.data), answers(hub, options.secret_file, options.influx)):
        findings.append(finding)
        if not options.json:
            print("\n".join(_lines(finding)), flush=True)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    return 0 if all(finding.well for finding in findings) else 1


def examine(broker: str, data: Path) -> Iterator[Finding]:
    """Look at this machine and the broker, one thing after another, the ground first."""
    yield _python()
    yield from map(_extra, EXTRAS)
    yield _clock(time.time())
    yield _disk(data)
    yield from _drivers()
    yield _mosquitto(broker)
    with at_work("asking the broker"):
        found = asyncio.run(_broker(broker))
    yield from found


def answers(hub: str | None, secret_file: Path | None, influx: str | None) -> Iterator[Finding]:
    """Ask the hub, inside too if there is a secret, and InfluxDB, where there is one to ask."""
    if hub is None:
        yield Finding("hub", True, "none is installed here; give its address with --hub to have it asked")
    if hub is None and influx is None:
        return
    if find_spec("httpx") is None:
        yield Finding("hub", False, "httpx is not installed here, so nobody can ask", "pip install httpx")
        return
    from labkeeper_cli import answering  # noqa: PLC0415 -- a node of its own has no httpx

    if hub is not None:
        yield from answering.of_hub(hub)
    if hub is not None and secret_file is not None:
        yield from answering.of_inside(hub, secret_file)
    if influx is not None:
        yield answering.of_influx(influx)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST))
    return Finding("Python", sys.version_info >= OLDEST, found, f"install Python {wanted} or newer")


def _extra(name: str) -> Finding:
    about, (package, whose) = f"labkeeper[{name}]", EXTRAS[name]
    if _is_here(name):
        return Finding(about, True, f"{package} {version(package)}")
    return Finding(about, True, f"not installed; {whose} would need it: pip install 'labkeeper[{name}]'")


def _is_here(extra: str) -> bool:
    try:
        return bool(version(EXTRAS[extra][0]))
    except PackageNotFoundError:
        return False


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


def _mosquitto(broker: str) -> Finding:
    path = find_mosquitto()
    if path is None and not re.search(r"//([^@/]*@)?(127\.|localhost|\[::1\])", broker):
        return Finding("Mosquitto", True, "not installed, and not needed: the broker is another machine's")
    remedy = "apt install mosquitto: the embedded broker is for trying Labkeeper only"
    return Finding("Mosquitto", path is not None, path or "not installed", remedy)


async def _broker(url: str) -> Iterable[Finding]:
    about = f"broker {without_password(url)}"
    try:
        address = Address.parse(url)
        async with connect(address, _client_id()) as link:
            await link.subscribe(("spBv1.0/STATE/#", 1))
    except ConnectRefused as refused:
        return [Finding(about, False, str(refused), "check the user name and the password in the broker's URL")]
    except (MqttError, ValueError) as error:
        remedy = TRUST if "CERTIFICATE_VERIFY_FAILED" in str(error) else "start it, or give its address with --broker"
        return [Finding(about, False, without_password(str(error)), remedy)]
    answers = Finding(about, True, "answers")
    return [answers] if address.username is None else [answers, await _strangers(address)]


async def _strangers(address: Address) -> Finding:
    """Say whether a broker that knows our account lets in those who have none."""
    about = "broker without an account"
    try:
        async with connect(replace(address, username=None, password=None), _client_id()):
            return Finding(about, False, "lets anybody in, who can then speak as any node", CLOSE)
    except MqttError:
        return Finding(about, True, "lets nobody in")


def _client_id() -> str:
    return f"labkeeper-doctor-{time.time_ns()}"


def without_password(text: str) -> str:
    """Return a text with the passwords in its addresses hidden: what is said here is copied into mails."""
    return re.sub(r"(//[^:@/\s]*):[^@/\s]*@", r"\1:…@", text)


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{'ok  ' if finding.well else 'LOOK'}  {finding.about}: {finding.found}"
    if not finding.well:
        yield f"      → {finding.remedy}"
