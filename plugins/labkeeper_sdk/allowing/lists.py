"""Allow-lists that a school or a district signs: JSON, valid for a time, signed with Ed25519 (RFC 8032)."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic import ValidationError as Invalid

from labkeeper_sdk.allowing.distributions import DIGEST, distribution_name

SIGNED = b"labkeeper allow-list 1\n"  # before the text: a signature for one purpose is none for another
LONGEST = 1_000_000  # characters of a list


class BadList(Exception):
    """The list is not to be believed; the text says why."""


class Strict(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(Strict):
    """One distribution in one state."""

    distribution: Annotated[str, AfterValidator(distribution_name)]
    digest: str = Field(pattern=f"^{DIGEST.pattern}$")
    note: str = ""


class AllowList(Strict):
    """A list without its signature; it counts from `not_before` until `not_after`."""

    format: Literal["labkeeper-allow-list-1"] = "labkeeper-allow-list-1"
    issuer: str
    key: str  # the name under which nodes know the issuer's public key
    not_before: AwareDatetime
    not_after: AwareDatetime
    drivers: tuple[Entry, ...]


class _Signed(AllowList):
    signature: str  # base64


def new_key() -> tuple[bytes, str]:
    """Make a key; return the secret half as PEM (PKCS 8, not encrypted) and the public half as `public_key` does."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, _text(key.public_key())


def public_key(secret: bytes) -> str:
    """Return the public half of a secret key (PEM) as base64 of its 32 bytes; raises BadList."""
    return _text(_secret(secret).public_key())


def sign(wanted: AllowList, secret: bytes) -> str:
    """Return the list as text with its signature; raises BadList for what is no Ed25519 key."""
    signature = _secret(secret).sign(_signed_bytes(wanted))
    said = {**wanted.model_dump(mode="json"), "signature": base64.b64encode(signature).decode()}
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def read_list(text: str, keys: Mapping[str, str], now: datetime) -> AllowList:
    """Return a list that one of `keys` (name to base64) signed and that counts `now`; raises BadList."""
    if len(text) > LONGEST:
        raise BadList("it is too long")
    try:
        said = _Signed.model_validate_json(text)
    except Invalid as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadList(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    found = AllowList.model_validate(said.model_dump(exclude={"signature"}))
    _verify(found, said.signature, keys)
    if not found.not_before <= now <= found.not_after:
        raise BadList(f"it counts from {found.not_before:%Y-%m-%d} to {found.not_after:%Y-%m-%d}, not now")
    return found


def _verify(found: AllowList, signature: str, keys: Mapping[str, str]) -> None:
    if found.key not in keys:
        raise BadList(f"the key {found.key!r} is not trusted here")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(keys[found.key], validate=True))
        key.verify(base64.b64decode(signature, validate=True), _signed_bytes(found))
    except ValueError as error:
        raise BadList(f"key or signature cannot be read: {error}") from error
    except InvalidSignature:
        raise BadList("the signature is not of this list by this key") from None


def _signed_bytes(wanted: AllowList) -> bytes:
    text = json.dumps(wanted.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return SIGNED + text.encode()


def _secret(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise BadList(f"the key cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadList("the key is not of Ed25519")
    return key


def _text(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()
