"""Dimmable light with colour temperature and colour."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim.devices.orders import number, one_of, onoff
from labkeeper_sdk.sim.messages import Refused
from labkeeper_sdk.sim.zigbee import ALL, IDENTIFY, Json, Model, expose, group, numeric
from labkeeper_sdk.sim.zigbee import onoff as onoff_expose

COOLEST, WARMEST = 153, 500
PRESETS = {"coolest": COOLEST, "cool": 250, "neutral": 370, "warm": 454, "warmest": WARMEST}


def _axis(name: str) -> Json:
    return {"name": name, "label": name.upper(), "access": ALL, "type": "numeric", "property": name}


def _colour() -> Json:
    head = expose("composite", "color", ALL, "Color of this light in the CIE 1931 color space (x/y)")
    return {**head, "name": "color_xy", "label": "Color (X/Y)", "features": [_axis("x"), _axis("y")]}


class Light:
    """Brightness 0 switches off, any other brightness switches on, as bulbs do."""

    model = Model(
        "LKS-LIGHT-1",
        "Ceiling light, dimmable, colour temperature and colour",
        (
            group(
                "light",
                onoff_expose("this light"),
                expose("numeric", "brightness", ALL, "Brightness of this light", value_max=254, value_min=0),
                numeric(
                    "color_temp",
                    "mired",
                    "Color temperature of this light",
                    ALL,
                    value_max=WARMEST,
                    value_min=COOLEST,
                    presets=[{"name": name, "value": value, "description": name} for name, value in PRESETS.items()],
                ),
                _colour(),
            ),
            IDENTIFY,
        ),
        mains=True,
    )

    def __init__(self, random: Random) -> None:
        self._now: dict[str, object] = {
            "state": "ON",
            "brightness": random.randint(120, 254),
            "color_temp": 370,
            "color": {"x": 0.4599, "y": 0.4106},
            "color_mode": "color_temp",
        }

    def sample(self, lab_s: float) -> Mapping[str, object]:  # noqa: ARG002 - a lamp does not change by itself
        """Return the lamp as it was last set."""
        return dict(self._now)

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Switch, dim, colour, or show itself."""
        change = self._change(name, value)
        self._now.update(change)
        return change

    def _change(self, name: str, value: object) -> dict[str, object]:
        match name:
            case "state":
                return {"state": onoff(value, str(self._now["state"]))}
            case "brightness":
                level = round(number(value, 0, 254))
                return {"state": "ON", "brightness": level} if level else {"state": "OFF"}
            case "color_temp":
                mired = PRESETS[one_of(value, tuple(PRESETS))] if isinstance(value, str) else value
                return {"color_temp": round(number(mired, COOLEST, WARMEST)), "color_mode": "color_temp"}
            case "color":
                return {"color": _point(value), "color_mode": "xy"}
            case "identify":
                one_of(value, ("identify",))
                return {}
            case "transition":
                number(value, 0, 3600)
                return {}
        raise KeyError(name)


def _point(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise Refused(f"expected x and y, got {value!r}")
    return {axis: round(number(value[axis], 0, 1), 4) for axis in ("x", "y")}
