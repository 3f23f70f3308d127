"""`labkeeper driver allow key | hash | sign | verify`: what a node's allow-list is made of."""

import argparse
import json
import os
from datetime import UTC, datetime, timedelta
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from labkeeper_cli.driver.actions import Actions
from labkeeper_cli.driver.packages import NoDriver
from labkeeper_sdk.allowing import (
    AllowList,
    BadList,
    CannotHash,
    Entry,
    digest_of,
    new_key,
    public_key,
    read_list,
    sign,
)

DAYS = 365


def configure(actions: Actions) -> None:
    """Add the commands."""
    allow = actions.add_parser(
        "allow", help="allow-lists", description="Make and check allow-lists of driver packages."
    )
    kinds = allow.add_subparsers(dest="kind", required=True, metavar="WHAT")
    key = kinds.add_parser(
        "key", help="make a key", description="Make a key to sign lists with; print its public half."
    )
    key.add_argument(
        "file", type=Path, metavar="FILE.pem", help="the secret half, readable by you alone; never overwritten"
    )
    key.set_defaults(work=_key)
    hashed = kinds.add_parser(
        "hash", help="hash packages", description="Hash installed distributions, as TOML to copy."
    )
    hashed.add_argument("distribution", nargs="+", help="such as acme-pump")
    hashed.set_defaults(work=_hash)
    _configure_lists(kinds)


def _configure_lists(kinds: Actions) -> None:
    signing = kinds.add_parser("sign", help="sign a list", description="Sign a list of installed distributions.")
    signing.add_argument("distribution", nargs="+", help="installed here as it is to be there")
    signing.add_argument("--key", type=Path, required=True, metavar="FILE.pem", help="the secret key")
    signing.add_argument("--name", required=True, metavar="NAME", help="under which nodes know its public half")
    signing.add_argument("--issuer", required=True, metavar="TEXT", help="who vouches")
    signing.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"how long the list counts ({DAYS})")
    signing.add_argument("--output", type=Path, required=True, metavar="FILE.json", help="the list")
    signing.set_defaults(work=_sign)
    verifying = kinds.add_parser("verify", help="check a list", description="Check a list as a node does.")
    verifying.add_argument("file", type=Path, metavar="FILE.json", help="the list")
    verifying.add_argument(
        "--trust", action="append", required=True, metavar="NAME=KEY", help="a public key; repeatable"
    )
    verifying.set_defaults(work=_verify)


def _key(options: argparse.Namespace) -> int:
    secret, public = new_key()
    try:
        descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NoDriver(f"{options.file}: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(secret)
    print(public)
    return 0


def _hash(options: argparse.Namespace) -> int:
    print("[allow.distributions]")
    for entry in map(_entry, options.distribution):
        print(f'"{entry.distribution}" = "{entry.digest}"  # {entry.note}')
    return 0


def _sign(options: argparse.Namespace) -> int:
    now = datetime.now(UTC).replace(microsecond=0)
    entries = tuple(map(_entry, options.distribution))
    wanted = AllowList(
        issuer=options.issuer,
        key=options.name,
        not_before=now,
        not_after=now + timedelta(days=options.days),
        drivers=entries,
    )
    secret = _bytes(options.key)
    try:
        options.output.write_text(sign(wanted, secret), encoding="utf-8")
        print(f"{options.output}: {len(entries)} packages; nodes need\n[allow.keys]")
        print(f'"{options.name}" = "{public_key(secret)}"')
    except BadList as bad:
        raise NoDriver(f"{options.key}: {bad}") from bad
    return 0


def _verify(options: argparse.Namespace) -> int:
    keys = dict(text.partition("=")[::2] for text in options.trust)
    try:
        found = read_list(_bytes(options.file).decode("utf-8", "replace"), keys, datetime.now(UTC))
    except BadList as bad:
        raise NoDriver(f"{options.file}: {bad}") from bad
    print(json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1))
    return 0


def _entry(name: str) -> Entry:
    try:
        found: Distribution = distribution(name)
        return Entry(distribution=name, digest=digest_of(found), note=found.version)
    except PackageNotFoundError as error:
        raise NoDriver(f"no distribution {name!r} is installed") from error
    except CannotHash as error:
        raise NoDriver(str(error)) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoDriver(f"{path}: {error.strerror}") from error
