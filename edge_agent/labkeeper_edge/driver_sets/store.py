"""What the hub added, on the node's disk: a file of its own in the data folder, replaced whole or not at all."""

import logging
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_edge.driver_sets.kept import Held, Kept
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.driver_sets import Instances
from labkeeper_wire.sealing import new_key

log = logging.getLogger(__name__)
FILE = "drivers-from-hub.json"
KEY_FILE = "drivers-from-hub.key"
KEY_BYTES = 32


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Held(_Stored):
    instances: Instances
    by: str


class _File(_Stored):
    number: int
    now: _Held
    former: _Held | None
    proven: bool
    starts: int
    fell_back: bool


def read_kept(folder: Path) -> Kept:
    """Return what is kept, nothing at first. A damaged file is put aside: the node runs what its own file says."""
    path = folder / FILE
    try:
        said = _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Kept()
    except ValidationError:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        log.error("%s is damaged and was put aside as %s: nothing from the hub is run", path, aside.name)  # noqa: TRY400 -- one line that a person can mend
        return Kept()
    former = None if said.former is None else Held(said.former.instances, said.former.by)
    return Kept(said.number, Held(said.now.instances, said.now.by), former, said.proven, said.starts, said.fell_back)


def write_kept(folder: Path, kept: Kept) -> None:
    """Keep it; raises OSError, and then nothing has changed."""
    said = _File(
        number=kept.number,
        now=_held(kept.now),
        former=None if kept.former is None else _held(kept.former),
        proven=kept.proven,
        starts=kept.starts,
        fell_back=kept.fell_back,
    )
    _replace(folder / FILE, said.model_dump_json(indent=1).encode())


def node_key(folder: Path) -> X25519PrivateKey:
    """Return the key to which secrets for this node are sealed, made once; raises BadConfiguration if damaged."""
    path = folder / KEY_FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        key = new_key()
        _replace(path, key.private_bytes_raw())
        return key
    if len(raw) != KEY_BYTES:
        problem = "is damaged; delete it, and have secrets typed in again"
        raise BadConfiguration("drivers_from_hub", f"{KEY_FILE} {problem}", str(path))
    return X25519PrivateKey.from_private_bytes(raw)


def _held(held: Held) -> _Held:
    return _Held(instances=held.instances, by=held.by)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        fresh.unlink(missing_ok=True)
