#!/usr/bin/env python3
"""Make the secrets and settings of a school: every account, password and key new, nothing with a default.

    python3 deploy/init.py --school minhang-3 --address 192.168.10.2 --node physics-pi
    python3 deploy/init.py --node chemistry-pi          adds a node, and says what to put on its Pi
    python3 deploy/init.py --remove physics-pi          takes its accounts away: a Pi was stolen
    python3 deploy/init.py --certify physics-pi         gives it a certificate instead of its password
    python3 deploy/init.py --renew physics-pi           makes its certificate anew, before it ends

writes `deploy/secrets` (read by the compose file), with a folder for each node of what goes onto its Pi. What is there
already is kept, the certificates too: to have the broker's signed by another authority put that one's ca.crt and ca.key
there first, or ca.crt, broker.crt and broker.key. Needs python3 and openssl, nothing else.
Exit status: 0 made, 2 wrong use, nothing is changed.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import accounts
import signing
import texts
from authority import LIST, NotSignable, certify, certify_node, ends_soon, list_revoked, need_key, revoke, revoked

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|[0-9A-Fa-f:]*:[0-9A-Fa-f:]+")
RECORD = "school.json"
RESERVED = {accounts.HUB, "lab"}  # an account, and the first level of every lab's topics


class BadUse(Exception):
    """What was asked cannot be done; the message says why."""


@dataclass(frozen=True)
class School:
    """What later runs need not be told again; `nodes` is name → school, for a broker may serve several."""

    school: str
    address: str
    debian: bool = False
    plain: bool = False
    nodes: Mapping[str, str] = field(default_factory=dict)
    certified: Sequence[str] = ()

    @property
    def broker(self) -> Mapping[str, object]:
        """How the broker is reached."""
        scheme, port = ("mqtt", 1883) if self.plain else ("mqtts", 8883)
        host = f"[{self.address}]" if ":" in self.address else self.address
        return {"scheme": scheme, "port": port, "address": host}

    @property
    def with_passwords(self) -> Sequence[str]:
        """Every account that has a password."""
        return [name for name in accounts.names(self.nodes) if name not in self.certified]


def main(words: Sequence[str] | None = None) -> int:
    """Make what is missing; return the exit status."""
    options = _parser().parse_args(words)
    folder: Path = options.to
    try:
        school = _asked(options, _read(folder))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not school.plain:
            certify(folder, school.address)
        # a name that is given anew would let in who stole its certificate, unless the broker is told of that
        if options.certify or options.renew or revoked(folder) & {*options.node}:
            need_key(folder)
        for node in options.remove:
            _remove(folder, node)
        for node in dict.fromkeys((*options.certify, *options.renew)):
            certify_node(folder, folder / "nodes" / node)
        if school.certified or revoked(folder):
            list_revoked(folder)
        _make(folder, school)
    except (BadUse, NotSignable) as problem:
        print(f"init: {problem}", file=sys.stderr)
        return 2
    _say(folder, school, [*dict.fromkeys((*options.node, *options.certify, *options.renew))])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--school", help="the school's name in topics and dashboards; needed the first time")
    parser.add_argument("--address", help="how nodes reach this machine, its address or name; needed the first time")
    parser.add_argument("--node", action="append", default=[], help="a node to add; may be repeated")
    parser.add_argument(
        "--remove", action="append", default=[], metavar="NODE", help="a node to remove; may be repeated"
    )
    parser.add_argument(
        "--certify", action="append", default=[], metavar="NODE", help="a node to give a certificate; may be repeated"
    )
    parser.add_argument(
        "--renew", action="append", default=[], metavar="NODE", help="a certificate to make anew; may be repeated"
    )
    parser.add_argument("--debian", action="store_true", help="for Debian's own mosquitto and systemd, without Docker")
    parser.add_argument(
        "--plain", action="store_true", help="without TLS, for a cable that is nobody else's; with --debian"
    )
    parser.add_argument("--to", type=Path, default=HERE / "secrets", help="where to (deploy/secrets)")
    return parser


def _read(folder: Path) -> School | None:
    """Return what an earlier run wrote down; None where there was none."""
    record = folder / RECORD
    return School(**json.loads(record.read_text(encoding="utf-8"))) if record.exists() else None


def _asked(options: argparse.Namespace, known: School | None) -> School:
    """Return the school as it is to be; raises BadUse."""
    if known is None:
        known = _first(options)
    elif options.address not in (None, known.address):
        raise BadUse(f"this broker is {known.address}, in its certificate and on every Pi; make another with --to")
    elif (options.debian, options.plain) != (False, False) and (known.debian, known.plain) != _kind(options):
        raise BadUse("what is there was made with other of --debian and --plain; make another with --to")
    school = options.school or known.school
    _check_nodes(options, known, school)
    nodes = {name: of for name, of in known.nodes.items() if name not in options.remove}
    nodes |= dict.fromkeys(options.node, school)
    certified = sorted({*known.certified, *options.certify} & nodes.keys())
    school_to_be = replace(known, school=school, nodes=nodes, certified=certified)
    _check_certificates(options, school_to_be)
    return school_to_be


def _first(options: argparse.Namespace) -> School:
    if not (options.school and options.address):
        raise BadUse("the first time --school and --address are needed")
    if not ADDRESS.fullmatch(options.address):
        raise BadUse(f"{options.address!r} is neither an address nor a name")
    if options.plain and not options.debian:
        raise BadUse("--plain goes with --debian: the compose file opens the broker to the network, with TLS only")
    # files of a version that wrote nothing down: whoever has a password there keeps it
    there = sorted(file.stem for file in options.to.glob("*.password") if file.stem != accounts.HUB)
    return School(options.school, options.address, *_kind(options), nodes=dict.fromkeys(there, options.school))


def _kind(options: argparse.Namespace) -> tuple[bool, bool]:
    return options.debian, options.plain


def _check_nodes(options: argparse.Namespace, known: School, school: str) -> None:
    for name in (school, *options.node):
        if not NAME.fullmatch(name) or name in RESERVED:
            raise BadUse(f"{name!r}: letters, digits, - and _, and neither 'hub' nor 'lab'")
    for node in options.node:
        if known.nodes.get(node, school) != school:
            raise BadUse(f"{node} is a node of {known.nodes[node]}; names are unique at a broker")
    for node in options.remove:
        if node not in known.nodes:
            raise BadUse(f"{node!r} is no node here; there are: {', '.join(sorted(known.nodes)) or 'none'}")


def _check_certificates(options: argparse.Namespace, school: School) -> None:
    if school.plain and options.certify:
        raise BadUse("a certificate needs TLS, which this broker was made without; make another with --to")
    for node in options.certify:
        if node not in school.nodes:
            raise BadUse(f"{node!r} is no node here; add it in the same run, with --node")
    for node in options.renew:
        if node not in school.certified:
            raise BadUse(f"{node!r} has no certificate; give it one with --certify")


def _remove(folder: Path, node: str) -> None:
    revoke(folder, folder / "nodes" / node)
    for name in (node, accounts.of_devices(node)):
        (folder / f"{name}.password").unlink(missing_ok=True)
    shutil.rmtree(folder / "nodes" / node, ignore_errors=True)


def _make(folder: Path, school: School) -> None:
    passwords = {name: _secret(folder / f"{name}.password") for name in school.with_passwords}
    for node in school.certified:
        (folder / f"{node}.password").unlink(missing_ok=True)
    _write(folder / "passwd", accounts.hashed(passwords))
    extra = folder / "acl.extra"
    _write(folder / "acl", accounts.rights(school.nodes, extra.read_text(encoding="utf-8") if extra.exists() else ""))
    about_hub = {"password": passwords[accounts.HUB], **school.broker}
    if school.debian:
        _keep(folder / "hub.toml", lambda: texts.HUB_ON_DEBIAN.format(**about_hub))
        _write(folder / "labkeeper.conf", _debians(school))
        if (folder / LIST).exists():
            listening = texts.CERTIFICATES.format(secrets=texts.ON_DEBIAN, folder=texts.ON_DEBIAN)
            _write(folder / "labkeeper-certificates.conf", listening)
        signed = texts.SIGNED_LATER
    else:
        _keep(folder / "hub.toml", lambda: texts.HUB_IN_COMPOSE.format(**about_hub))
        _compose(folder)
        if (folder / LIST).exists():
            for name in ("ca.crt", LIST):
                _write(folder / "broker.d" / name, (folder / name).read_text(encoding="utf-8"))
            listening = texts.CERTIFICATES.format(secrets=texts.IN_THE_CONTAINER, folder=texts.BROKER_D)
            _write(folder / "broker.d" / "certificates.conf", listening)
        signed = texts.SIGNED.format(key=signing.public_key(folder.parent / "data" / "hub"))
    for node in school.nodes:
        _node(folder / "nodes" / node, folder, school, passwords, signed)
    _write(folder / RECORD, json.dumps(asdict(school), indent=1) + "\n")


def _compose(folder: Path) -> None:
    """Make what the compose file mounts, and tell it whose it is: its services run as that user."""
    for name in ("influx_password", "influx_token", "grafana_password"):
        _secret(folder / name)
    (folder / "broker.d").mkdir(mode=0o700, exist_ok=True)
    for name in ("broker", "hub", "influxdb", "influxdb-config", "grafana"):
        (folder.parent / "data" / name).mkdir(parents=True, exist_ok=True)
    (folder.parent / ".env").write_text(f"LABKEEPER_UID={os.getuid()}\n", encoding="utf-8")


def _debians(school: School) -> str:
    """Return the broker's configuration for Debian's conf.d, from the one for the container."""
    lines = (
        (HERE / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()[2:]
    )  # the head speaks of the container
    out = ["include_dir", *texts.DEBIANS_OWN, *(("certfile", "keyfile", "tls_version") if school.plain else ())]
    kept = "\n".join(line for line in lines if not line.startswith(tuple(out))) + "\n"
    return kept.replace(texts.IN_THE_CONTAINER, texts.ON_DEBIAN).replace(
        "listener 8883", f"listener {school.broker['port']}"
    )


def _node(folder: Path, of_school: Path, school: School, passwords: Mapping[str, str], signed: str) -> None:
    """Make what goes onto a node's Pi; its password, once there, is not changed."""
    folder.mkdir(parents=True, exist_ok=True)
    node, devices = folder.name, accounts.of_devices(folder.name)
    names = {"school": school.nodes[node], "node": node, "devices": devices, **school.broker}
    authority = "" if school.plain else texts.AUTHORITY
    by = texts.WITH_CERTIFICATE if node in school.certified else texts.WITH_ACCOUNT
    broker = by.format(password=passwords.get(node), **names)
    written = _keep(folder / "node.toml", lambda: texts.NODE.format(broker=broker, signed=signed, **names))
    if node in school.certified:
        _write(folder / "node.toml", re.sub(r"(?m)^broker = .*$", lambda _: broker, written, count=1))
    zigbee = texts.ZIGBEE2MQTT
    _keep(folder / "zigbee2mqtt.yaml", lambda: zigbee.format(password=passwords[devices], authority=authority, **names))
    if not school.plain:
        _keep(folder / "ca.crt", (of_school / "ca.crt").read_text)


def _say(folder: Path, school: School, new: Sequence[str]) -> None:
    """Say what is to be put where; no secret is printed."""
    print(
        f"init: secrets are in {folder}, and nobody else can read them; accounts: {len(school.nodes)} nodes and the hub"
    )
    for node in new:
        of_node = ("node.crt", "node.key") if node in school.certified else ()
        made = ("node.toml", *(() if school.plain else ("ca.crt",)), *of_node)
        files = " ".join(f"~/{node}/{name}" for name in made)
        about = {"node": node, "school": school.nodes[node], "devices": accounts.of_devices(node), "files": files}
        print(texts.OF_A_NODE.format(folder=folder / "nodes" / node, **about), end="")
    for node in school.certified:
        if ends_soon(folder / "nodes" / node / "node.crt"):
            print(texts.ENDS_SOON.format(node=node), end="")
    if school.debian:
        _say_debian(folder, school)
    else:
        print(texts.TO_THE_CONTAINER.format(compose=HERE / "compose.yaml"), end="")
        if (folder / LIST).exists():
            print(texts.SECOND_DOOR.format(compose=HERE / "compose.yaml"), end="")


def _say_debian(folder: Path, school: School) -> None:
    certificates = ("ca.crt", LIST) if (folder / LIST).exists() else ()
    files = ("passwd", "acl", *(() if school.plain else ("broker.crt", "broker.key")), *certificates)
    conf = ("labkeeper.conf", *(("labkeeper-certificates.conf",) if certificates else ()))
    made, settings = (" ".join(str(folder / name) for name in names) for names in (files, conf))
    print(texts.TO_DEBIANS_BROKER.format(files=made, conf=settings), end="")


def _keep(file: Path, make: Callable[[], str]) -> str:
    """Return the file's text, made if it is not there; nobody but its owner reads it."""
    if not file.exists():
        _write(file, make())
    return file.read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    """Write a file that nobody but its owner reads, in its place: a container has mounted the file and not its name."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
        out.truncate()
        out.write(text)
    file.chmod(0o600)


def _secret(file: Path) -> str:
    return _keep(file, lambda: secrets.token_urlsafe(24))


if __name__ == "__main__":
    sys.exit(main())
