"""Tello's points and its state line. Source: "Tello SDK 2.0 User Guide", "Tello SDK 3.0 User Guide" (Ryze)."""

from collections.abc import Mapping

from labkeeper_drivers.sensible import number
from labkeeper_sdk import Action, Measure, Point, Risk, Switch, Title, Value

FLYING, STOP = "flying", "stop"
TAKE_OFF_S = 20.0  # "takeoff" is answered when the drone hovers
MOVE_S = 15.0
SIGHT: dict[str, Measure] = {
    "bat": Measure("battery", type=int, unit="%", minimum=0, maximum=100, title=Title("电量", "Battery")),
    "h": Measure("height", type=int, unit="cm", title=Title("高度", "Height")),
    "tof": Measure("distance-below", type=int, unit="cm", title=Title("对地距离", "Distance below")),
    "baro": Measure("altitude", unit="m", title=Title("气压高度", "Altitude")),
    "time": Measure("motor-time", type=int, unit="s", title=Title("电机运行时间", "Motor time")),
    "templ": Measure("temperature-low", type=int, unit="Cel", title=Title("最低温度", "Lowest temperature")),
    "temph": Measure("temperature-high", type=int, unit="Cel", title=Title("最高温度", "Highest temperature")),
    "pitch": Measure("pitch", type=int, unit="deg", title=Title("俯仰", "Pitch")),
    "roll": Measure("roll", type=int, unit="deg", title=Title("横滚", "Roll")),
    "yaw": Measure("yaw", type=int, unit="deg", title=Title("偏航", "Yaw")),
}
MOVES = {
    "up": "上升", "down": "下降", "forward": "前进", "back": "后退", "left": "左移", "right": "右移",
}  # fmt: skip
TURNS = {"cw": Title("右转", "Turn right"), "ccw": Title("左转", "Turn left")}


def points(land_after_s: float, *, moves: bool) -> tuple[Point, ...]:
    """Return the drone's points; moving about is offered only where it is wanted."""
    flying = Switch(
        FLYING, title=Title("飞行", "Flying"), safe_value=False, link_loss_s=land_after_s, risk=Risk.MOTION,
        confirm_s=TAKE_OFF_S,
    )  # fmt: skip
    stop = Action(STOP, title=Title("悬停", "Hover"), risk=Risk.MOTION)
    return (flying, stop, *SIGHT.values(), *(_moves() if moves else ()))


def _moves() -> tuple[Point, ...]:
    shifts = [
        Action(
            name, type=int, unit="cm", minimum=20, maximum=100, title=Title(zh, name.capitalize()), risk=Risk.MOTION,
            confirm_s=MOVE_S,
        )
        for name, zh in MOVES.items()
    ]  # fmt: skip
    turns = [
        Action(
            name, type=int, unit="deg", minimum=1, maximum=360, title=title, risk=Risk.MOTION, confirm_s=MOVE_S
        )
        for name, title in TURNS.items()
    ]  # fmt: skip
    return (*shifts, *turns)


def order(point: str, value: Value) -> str:
    """Return the command of a write."""
    if point == FLYING:
        return "takeoff" if value else "land"
    return "stop" if point == STOP else f"{point} {value}"


def state(line: bytes) -> Mapping[str, Value]:
    """Return what a state line says, `pitch:0;roll:0;…`; what makes no sense is left out."""
    found: dict[str, Value] = {}
    for part in line.decode("ascii", errors="replace").strip().split(";"):
        key, _, text = part.partition(":")
        if key in SIGHT and (value := number(SIGHT[key], text)) is not None:
            found[SIGHT[key].name] = value
    return found


def is_up(state: Mapping[str, Value]) -> bool:
    """Tell whether a state says that the drone is above the ground it took off from."""
    height = state.get("height", 0)
    return isinstance(height, int) and height > 0


def stands(before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Tell whether the drone had no height and its motors did not run from one state to another."""
    return not is_up(before) and not is_up(after) and before.get("motor-time") == after.get("motor-time")
