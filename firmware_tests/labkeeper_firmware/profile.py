"""What a vendor's data sheet declares, as a TOML file: the suite holds the device to it."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labkeeper_sdk import BadConfiguration

POINT = r"^[a-z0-9-]+/[a-z0-9-]+$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Telemetry(_Strict):
    """A property that speaks by itself."""

    point: str = Field(pattern=POINT, description="node/property")
    every_s: float = Field(gt=0, description="how often it speaks")
    tolerance: float = Field(0.25, gt=0, lt=1, description="how far the mean interval may be off, as a share")


class Actuator(_Strict):
    """A settable property that moves, heats or switches something."""

    point: str = Field(pattern=POINT, description="node/property")
    safe: str = Field(description="the payload of its safe value")
    active: str = Field(description="a payload that is not safe, for trying")
    link_loss_s: float = Field(gt=0, description="within how long of the broker's last word it is safe")
    answer_s: float = Field(0.5, gt=0, description="within how long of a command it has done it and says so")


class Setting(_Strict):
    """A settable property that survives a power cut."""

    point: str = Field(pattern=POINT, description="node/property")
    value: str = Field(description="a payload that differs from the one it has from the factory")


class ClockProfile(_Strict):
    """A `datetime` property that says when something was measured."""

    point: str = Field(pattern=POINT, description="node/property")
    within_s: float = Field(2.0, gt=0, description="how far it may be off")
    follows_s: float = Field(90.0, gt=0, description="within how long it follows when the time server's clock jumps")


class Profile(_Strict):
    """The whole file. Without one, only what holds for every Homie device is checked."""

    boot_s: float = Field(15.0, gt=0, description="from power on, or from the link's return, until `ready`")
    grace_s: float = Field(0.5, ge=0, description="added to every limit, for the way there and back")
    most_per_s: float = Field(50.0, gt=0, description="messages a second it may send when nobody asks for anything")
    telemetry: tuple[Telemetry, ...] = Field((), description="properties that speak by themselves")
    actuators: tuple[Actuator, ...] = Field((), description="properties that can do harm")
    settings: tuple[Setting, ...] = Field((), description="properties that survive a power cut")
    clock: ClockProfile | None = Field(None, description="the property with the time of measuring")


def read_profile(path: Path) -> Profile:
    """Return a file's profile; raises BadConfiguration that names the key."""
    try:
        return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(str(path), str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(".".join(map(str, first["loc"])), f"{path}: {first['msg']}") from error
