"""What a school writes about an SNMP agent: where it is, who may ask it, and which of its objects are points."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_sdk import Title, form

SHORTEST_KEY = 8  # RFC 3414, 11.2


class SnmpPoint(DeclaredPoint):
    """A point and its object. `words` are what an enumeration's numbers are called; a bool has `on` and `off`."""

    oid: str = Field(pattern=r"^[012](\.\d{1,10}){1,127}$")
    scale: float = 1.0
    on: int = 1  # TruthValue (RFC 2579): true(1), false(2); ifOperStatus: up(1), down(2)
    off: int = 2
    words: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if problem := _problem(self):
            raise ValueError(problem)
        return self


def _problem(it: SnmpPoint) -> str:
    """Return what is wrong with a point's object, "" for nothing."""
    wrong = {
        "scale: 0 would lose every value": it.scale == 0,
        "on and off are two numbers": it.on == it.off,
        "an object of an agent that is asked is no event": it.kind == "event",
        "words are for a text: type = 'str'": bool(it.words) and it.type != "str",
        "words has a number for each of the options": bool(it.words) and not set(it.options) <= set(it.words),
        "a setpoint that is a text has words": it.kind == "setpoint" and it.type == "str" and not it.words,
    }
    return next((problem for problem, found in wrong.items() if found), "")


class SnmpConfiguration(BaseModel):
    """Where the agent is, and what is asked of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="its address", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(
        161, ge=1, le=65_535, description="its UDP port", json_schema_extra=form(Title(zh="端口", en="Port"))
    )
    community: SecretStr | None = Field(
        None,
        description="SNMPv2c: the community, which everybody in the network can overhear",
        json_schema_extra=form(Title(zh="团体名", en="Community")),
    )
    user: str = Field(
        "",
        description="SNMPv3, instead of a community: the user",
        json_schema_extra=form(Title(zh="用户", en="User")),
    )
    auth_key: SecretStr | None = Field(
        None,
        description="SNMPv3: the pass phrase the user proves himself with, 8 characters or more",
        json_schema_extra=form(Title(zh="认证口令", en="Authentication key")),
    )
    auth: Literal["sha", "sha256", "sha512", "md5"] = Field(
        "sha256", description="SNMPv3: how", json_schema_extra=form(Title(zh="认证算法", en="Authentication"))
    )
    priv_key: SecretStr | None = Field(
        None,
        description="SNMPv3: the pass phrase of the encryption, 8 characters or more",
        json_schema_extra=form(Title(zh="加密口令", en="Encryption key")),
    )
    priv: Literal["aes", "aes256", "des"] = Field(
        "aes", description="SNMPv3: how", json_schema_extra=form(Title(zh="加密算法", en="Encryption"))
    )
    timeout_s: float = Field(
        1.0,
        gt=0,
        le=10,
        description="how long the agent may take to answer; it is asked twice",
        json_schema_extra=form(Title(zh="超时（秒）", en="Time-out (s)")),
    )
    points: dict[str, SnmpPoint] = Field(
        min_length=1, description="the points, by name", json_schema_extra=form(Title(zh="测点", en="Points"))
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, point in self.points.items():
            point.point(name)
        if problem := _stranger(self):
            raise ValueError(problem)
        return self


def _stranger(it: SnmpConfiguration) -> str:
    """Return what is wrong with who asks, "" for nothing."""
    keys = [key.get_secret_value() for key in (it.auth_key, it.priv_key) if key is not None]
    wrong = {
        "say either community or user": bool(it.user) == (it.community is not None),
        "auth_key and priv_key are a user's": not it.user and bool(keys),
        "priv_key needs auth_key": it.priv_key is not None and it.auth_key is None,
        f"a key has {SHORTEST_KEY} characters or more": any(len(key) < SHORTEST_KEY for key in keys),
    }
    return next((problem for problem, found in wrong.items() if found), "")
