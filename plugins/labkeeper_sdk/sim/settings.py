"""What can be set about the simulated lab: one TOML file, every key with a default."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class BadSettings(Exception):
    """A setting is wrong; the text names the file and the key."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeviceSettings(_Section):
    """One device: how wrong its clock is and how often it reports."""

    clock_offset_ms: int = 0
    clock_drift_ppm: float | None = Field(default=None, description="None: drawn from the seed within ±20 ppm")
    interval_s: float | None = Field(default=None, gt=0, description="None: the device's own cadence")


class RoomSettings(_Section):
    """The lab's day: it begins at `start_hour` and runs `speed` times as fast as ours."""

    start_hour: float = Field(default=7.9, ge=0, lt=24)
    speed: float = Field(default=30.0, gt=0)


class BridgeSettings(_Section):
    """The Zigbee2MQTT bridge; its own default for availability is 10 minutes, a demo wants to see it sooner."""

    base_topic: str = "zigbee2mqtt"
    last_seen: Literal["epoch", "ISO_8601"] = "epoch"
    availability_timeout_s: float = Field(default=15.0, gt=0)


class FaultSettings(_Section):
    """How long a slow device takes to answer and a rebooting one stays away."""

    slow_s: float = Field(default=4.0, gt=0)
    reboot_s: float = Field(default=3.0, gt=0)


class LabSettings(_Section):
    """The whole lab. `only` and `devices` go by kind, id or title; `rate` scales every cadence."""

    seed: int = 1
    rate: float = Field(default=1.0, gt=0)
    only: tuple[str, ...] = ()
    full: bool = Field(default=False, description="more detectors, heart-rate bands, devices of other makers")
    counter_rate: float = Field(
        default=0.0, ge=0, description="readings a second of the witness counter; 0: no counter"
    )
    homie_domain: str = "homie"
    room: RoomSettings = RoomSettings()
    zigbee: BridgeSettings = BridgeSettings()
    faults: FaultSettings = FaultSettings()
    devices: dict[str, DeviceSettings] = {}


class Broker(_Section):
    """Where the broker listens."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = None


def read_settings(path: Path) -> LabSettings:
    """Return the settings of a TOML file; raise BadSettings naming the key and the file."""
    try:
        return LabSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    except ValidationError as error:
        raise BadSettings(f"{path}: {_first_problem(error)}") from error


def change(settings: LabSettings, told: Mapping[str, object]) -> LabSettings:
    """Return the settings with what the command line says; raise BadSettings naming the key."""
    try:
        return LabSettings.model_validate({**settings.model_dump(), **told})
    except ValidationError as error:
        raise BadSettings(f"command line: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def parse_broker(url: str) -> Broker:
    """Return the broker named by `mqtt://[user:password@]host[:port]`; raise BadSettings where it names none."""
    try:
        parts = urlsplit(url)
        port = parts.port or 1883
    except ValueError as error:
        raise BadSettings(f"broker: {error}: {url}") from error
    if parts.scheme != "mqtt" or not parts.hostname:
        raise BadSettings(f"broker: expected mqtt://host:port, got {url!r}")
    return Broker(host=parts.hostname, port=port, username=parts.username, password=parts.password)
