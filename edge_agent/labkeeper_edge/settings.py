"""What a person writes for a node: one TOML file, checked whole before anything starts."""

import base64
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)
from pydantic import ValidationError as Invalid

from labkeeper_sdk import BadConfiguration, Driver, Title
from labkeeper_sdk.allowing.distributions import DIGEST
from labkeeper_sdk.configuration import check_instance, named
from labkeeper_wire.mqtt import Address
from labkeeper_wire.topics import BadTopic, check_id

PUBLIC_KEY_BYTES = 32  # of Ed25519


def _public_key(text: str) -> str:
    if len(base64.b64decode(text, validate=True)) != PUBLIC_KEY_BYTES:
        raise ValueError(f"is no key: base64 of {PUBLIC_KEY_BYTES} bytes, as the hub gives it")
    return text


def _identifier(text: str) -> str:
    try:
        return check_id(text)
    except BadTopic as bad:
        raise ValueError(f"{text!r} cannot be part of a Sparkplug topic ({bad.reason})") from bad


def _broker(text: str) -> str:
    Address.parse(text)
    return text


Identifier = Annotated[str, AfterValidator(_identifier)]
BrokerUrl = Annotated[str, AfterValidator(_broker)]
PublicKey = Annotated[str, AfterValidator(_public_key)]
Seconds = Annotated[float, Field(ge=0)]


Isolation = Literal["in-process", "process"]


class Strict(BaseModel):
    """A table of the file: a key nobody knows is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Titles(Strict):
    """A name for people, in both languages."""

    zh: str = ""
    en: str = ""

    def title(self) -> Title:
        """Return it as the SDK's noun."""
        return Title(self.zh, self.en)


class LabSettings(Strict):
    """The room this node stands in."""

    id: Identifier
    title: Titles = Titles()


def _lab(value: object) -> object:
    """A lab without a title may be written as its id alone."""
    return {"id": value} if isinstance(value, str) else value


class OutboxSettings(Strict):
    """How much the node keeps while nobody takes it, how much of what was taken, and how often it writes."""

    max_bytes: int = Field(default=2_000_000_000, ge=1_000_000)
    max_age_s: int = Field(default=30 * 86_400, ge=1)
    keep_bytes: int = Field(default=64_000_000, ge=0)
    keep_age_s: int = Field(default=86_400, ge=0)
    commit_every_ms: int = Field(default=250, ge=1, le=10_000)


class IsolationSettings(Strict):
    """What a driver in a process of its own may take."""

    memory_mb: int = Field(default=256, ge=64)
    silence_s: float = Field(default=10.0, ge=2.0)
    processor_share: float = Field(default=0.8, gt=0)
    niceness: int = Field(default=10, ge=0, le=19)


class AllowSettings(Strict):
    """Whose code runs in the node itself: distributions by hash, and lists of them signed by a key that is known."""

    unlisted: Literal["process", "no"] = "process"
    distributions: dict[str, Annotated[str, Field(pattern=f"^{DIGEST.pattern}$")]] = {}
    lists: tuple[Path, ...] = ()
    keys: dict[str, str] = {}


class DriverSettings(BaseModel):
    """One driver instance; every key but these is the driver's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    driver: str
    isolation: Isolation | None = None

    def own(self) -> Mapping[str, Any]:
        """Return the keys that are the driver's."""
        return self.__pydantic_extra__ or {}


class PointSettings(Strict):
    """What a school knows better than the driver about an actuator."""

    safe_value: StrictBool | StrictInt | StrictFloat | StrictStr | None = None
    link_loss_s: Seconds | None = None


class DeviceSettings(Strict):
    """What a school says about one device."""

    bench: str = ""
    title: Titles = Titles()
    points: dict[str, PointSettings] = {}


class Settings(Strict):
    """The whole file."""

    school: Identifier
    node: Identifier
    lab: Annotated[LabSettings, BeforeValidator(_lab)]
    broker: BrokerUrl = "mqtt://127.0.0.1:1883"
    primary_host: Identifier = "labkeeper"
    aliases: bool = False
    allow_foreign_commands: bool = False
    unleased_commands: bool = True
    rejoin_spread_s: Seconds = 1.0
    poll_every_s: float = Field(default=1.0, gt=0)
    outbox: OutboxSettings = OutboxSettings()
    isolation: IsolationSettings = IsolationSettings()
    allow: AllowSettings = AllowSettings()
    interlocks: str = ""
    interlock_keys: tuple[PublicKey, ...] = ()
    drivers_from_hub: bool | tuple[str, ...] = False
    drivers: dict[Identifier, DriverSettings] = {}
    devices: dict[Identifier, DeviceSettings] = {}


def read_settings(path: Path, *, broker: str | None = None) -> Settings:
    """Read a node's TOML file; `broker` replaces the file's. Raises BadConfiguration naming the file and the key."""
    try:
        return parse_settings(path.read_text(encoding="utf-8"), str(path), broker=broker)
    except OSError as error:
        raise BadConfiguration("--config", error.strerror or str(error), str(path)) from error
    except UnicodeDecodeError as error:
        raise BadConfiguration("(whole file)", f"not UTF-8: {error.reason}", str(path)) from error


def parse_settings(text: str, source: str = "", *, broker: str | None = None) -> Settings:
    """Check the text of a node's TOML file; raises BadConfiguration naming `source` and the key."""
    try:
        said = tomllib.loads(text)
        return Settings.model_validate(said if broker is None else {**said, "broker": broker})
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("(whole file)", f"not TOML: {error}", source) from error
    except Invalid as error:
        raise named(error, "", source) from error


def driver_configuration(instance: str, driver: Driver, own: Mapping[str, Any], source: str = "") -> BaseModel:
    """Check an instance's name and keys by its driver; raises BadConfiguration naming the key."""
    return check_instance(instance, driver, own, source)
