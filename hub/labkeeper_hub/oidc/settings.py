"""What the hub must know of a school's OpenID provider. The secret comes from a file or the environment."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from labkeeper_hub.accounts.actions import Role
from labkeeper_hub.accounts.person import Grant, Scope
from labkeeper_sdk import BadConfiguration

SECRET = "LABKEEPER_OIDC_CLIENT_SECRET"  # noqa: S105 -- a variable's name
CALLBACK = "/api/v1/session/oidc/callback"
LEFT = "/api/v1/session/oidc/left"
HERE = frozenset({"localhost", "127.0.0.1", "::1"})  # what never leaves this machine may do without TLS
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, appendix A.4

# Asymmetric ones only (RFC 7518): `none` is no signature, HS… would make the client secret a key.
Algorithm: TypeAlias = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Mapped: TypeAlias = Literal["facility_manager", "teacher", "vendor_technician", "reader"]


class RoleMapping(BaseModel):
    """Whoever's `claim` has this `value` gets a role in a school, or in one lab of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: Name
    value: Name
    role: Mapped  # never owner, and pupils have no accounts
    school: Name
    lab: Name | None = None

    @property
    def grant(self) -> Grant:
        return Grant(Role(self.role), Scope(self.school, self.lab))


class OidcSettings(BaseModel):
    """The school's provider, and what of its word counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    client_id: Name
    client_secret_file: Path | None = None
    hub_url: str
    title_zh: Name = "用学校账号登录"
    title_en: Name = "Sign in with the school's account"
    scopes: tuple[str, ...] = ("openid",)
    person_claim: Name = "sub"
    name_claim: str = ""  # what an account made by a mapping is called by; empty: by its pseudonym
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    mfa_claim: Literal["", "acr", "amr"] = ""
    mfa_values: tuple[Name, ...] = ()
    ask_again: bool = True
    ca_file: Path | None = None
    roles: tuple[RoleMapping, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, url: str) -> str:
        parts = _split(url)
        if parts.query or parts.fragment:
            raise ValueError("has parameters in it; an issuer has none")
        if not is_safe(url):
            raise ValueError("is not https://…; without TLS only this machine itself (localhost) may be one")
        return url

    @field_validator("hub_url")
    @classmethod
    def _hub_url(cls, url: str) -> str:
        parts = _split(url)
        if parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("is not https://host or http://host:port, as browsers open the hub")
        return url.rstrip("/")

    @field_validator("scopes")
    @classmethod
    def _scopes(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes or not all(SCOPE.fullmatch(scope) for scope in scopes):
            raise ValueError('is not a list of scopes with "openid" among them')
        return scopes

    @model_validator(mode="after")
    def _mfa(self) -> "OidcSettings":
        if bool(self.mfa_claim) != bool(self.mfa_values):
            raise ValueError("mfa_claim and mfa_values go together: which claim says it, and by which values")
        return self

    @property
    def callback(self) -> str:
        """The redirect URI, exactly as it must be registered with the provider."""
        return self.hub_url + CALLBACK

    @property
    def left(self) -> str:
        """Where the provider sends the browser after signing out; registered likewise."""
        return self.hub_url + LEFT

    @property
    def claims(self) -> frozenset[str]:
        """The claims that are looked at."""
        named = {self.person_claim, self.name_claim, *(one.claim for one in self.roles)}
        return frozenset(named - {""})


def is_safe(url: str) -> bool:
    """Return whether secrets may be sent there: by TLS, or to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in HERE))


def read_secret(settings: OidcSettings) -> str:
    """Return the client secret; raises BadConfiguration where there is none."""
    key, file = "oidc.client_secret_file", settings.client_secret_file
    try:
        secret = file.read_text(encoding="utf-8").strip() if file else os.environ.get(SECRET, "")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(key, f"{file} cannot be read ({error})") from error
    if not secret:
        place = file or f"the variable {SECRET}"
        raise BadConfiguration(key, f"there is no client secret in {place}; write it into a file or into {SECRET}")
    return secret


def _split(url: str) -> SplitResult:
    """Return the parts of an address without credentials; raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        raise ValueError("is not an address without user and password in it")
    return parts
