"""RoboMaster's points, questions and orders. Source: "RoboMaster Developer Guide", 3. Plaintext Protocol (DJI)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from labkeeper_drivers.sensible import number
from labkeeper_sdk import Action, Measure, Point, Risk, Setpoint, State, Title, Value

FORWARD, SIDEWAYS, TURNING, STOP, LAMPS = "forward", "sideways", "turning", "stop", "lamps"
COLOURS = {
    "off": (0, 0, 0), "red": (255, 0, 0), "yellow": (255, 160, 0), "green": (0, 255, 0), "blue": (0, 0, 255),
    "white": (255, 255, 255),
}  # fmt: skip
BATTERY = Measure("battery", type=int, unit="%", minimum=0, maximum=100, title=Title("电量", "Battery"))
ASKED: Mapping[str, tuple[Point | None, ...]] = {
    "robot battery ?": (BATTERY,),
    "chassis position ?": (
        Measure("position/x", unit="m", title=Title("位置（前）", "Position ahead")),
        Measure("position/y", unit="m", title=Title("位置（右）", "Position to the right")),
    ),
    "chassis attitude ?": (
        Measure("pitch", unit="deg", title=Title("俯仰", "Pitch")),
        Measure("roll", unit="deg", title=Title("横滚", "Roll")),
        Measure("yaw", unit="deg", title=Title("偏航", "Yaw")),
    ),
    # static uphill downhill on_slope pick_up slip impact_x impact_y impact_z roll_over hill_static
    "chassis status ?": (
        State("standing", title=Title("静止", "Standing still")), None, None, None,
        State("lifted", title=Title("被拿起", "Lifted")),
        State("slipping", title=Title("打滑", "Slipping")), None, None, None,
        State("rolled-over", title=Title("翻倒", "Rolled over")),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drive:
    """How the chassis is to move: metres per second ahead and to the right, degrees per second clockwise."""

    forward: float = 0.0
    sideways: float = 0.0
    turning: float = 0.0
    STILL: ClassVar[str] = "chassis speed x 0 y 0 z 0"

    def order(self) -> str:
        """Return its order."""
        return f"chassis speed x {self.forward:.3f} y {self.sideways:.3f} z {self.turning:.1f}"

    def changed(self, point: str, value: float) -> "Drive":
        """Return it with one of its speeds another."""
        match point:
            case "forward":
                return replace(self, forward=value)
            case "sideways":
                return replace(self, sideways=value)
            case _:
                return replace(self, turning=value)

    def values(self) -> Mapping[str, Value]:
        """Return its points' values."""
        return {FORWARD: self.forward, SIDEWAYS: self.sideways, TURNING: self.turning}


def points(fastest_m_s: float, fastest_deg_s: float, stop_after_s: float, *, drives: bool) -> tuple[Point, ...]:
    """Return the robot's points; driving is offered only where it is wanted."""
    lamps = Setpoint(LAMPS, type=str, options=tuple(COLOURS), safe_value="off", title=Title("灯光", "Lamps"))
    stop = Action(STOP, title=Title("停车", "Stop"), risk=Risk.MOTION)
    told = [point for answer in ASKED.values() for point in answer if point is not None]
    speeds = (
        _speed(FORWARD, Title("前进速度", "Speed ahead"), "m/s", fastest_m_s, stop_after_s),
        _speed(SIDEWAYS, Title("右移速度", "Speed to the right"), "m/s", fastest_m_s, stop_after_s),
        _speed(TURNING, Title("旋转速度", "Turning"), "deg/s", fastest_deg_s, stop_after_s),
    )
    return (stop, lamps, *(speeds if drives else ()), *told)


def _speed(name: str, title: Title, unit: str, fastest: float, stop_after_s: float) -> Point:
    return Setpoint(
        name, unit=unit, minimum=-fastest, maximum=fastest, safe_value=0.0, link_loss_s=stop_after_s,
        risk=Risk.MOTION, title=title,
    )  # fmt: skip


def lit(colour: str) -> str:
    """Return the order that lights all lamps in a colour."""
    red, green, blue = COLOURS[colour]
    return f"led control comp all r {red} g {green} b {blue} effect {'solid' if colour != 'off' else 'off'}"


def understood(question: str, answer: str) -> Mapping[str, Value]:
    """Return what an answer says, its words in the question's order; what makes no sense is left out."""
    found = {
        point.name: _value(point, word) for point, word in zip(ASKED[question], answer.split(), strict=False) if point
    }
    return {name: value for name, value in found.items() if value is not None}


def _value(point: Point, word: str) -> Value | None:
    if point.type is bool:
        return {"0": False, "1": True}.get(word)
    return number(point, word)
