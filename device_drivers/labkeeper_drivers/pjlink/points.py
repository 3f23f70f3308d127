"""A projector's points, by the commands it knows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from labkeeper_drivers.pjlink.protocol import CONDITIONS, HEALTH, PARTS
from labkeeper_sdk import Action, Measure, Point, Setpoint, State, Switch, Title, Value

POWER_CONFIRM_S = 15.0
UP_DOWN = ("up", "down")
CONFIRM_S = 4.0
HEALTH_TITLES = {
    "fan": Title("风扇", "Fan"), "lamp": Title("灯泡", "Lamp"), "temperature": Title("温度", "Temperature"),
    "cover": Title("盖板", "Cover"), "filter": Title("滤网", "Filter"), "other": Title("其他", "Other"),
}  # fmt: skip
ALONE: Mapping[str, Point] = {
    "AVMT": Switch("mute", title=Title("黑屏静音", "Picture and sound off"), confirm_s=CONFIRM_S),
    "FREZ": Switch("freeze", title=Title("画面冻结", "Freeze"), confirm_s=CONFIRM_S),
    "LAMP": Measure("lamp-hours", type=int, unit="h", title=Title("灯泡时数", "Lamp hours")),
    "FILT": Measure("filter-hours", type=int, unit="h", title=Title("滤网时数", "Filter hours")),
    "IRES": State("signal", type=str, title=Title("信号分辨率", "Signal")),
    "SVOL": Action("volume", type=str, options=UP_DOWN, title=Title("音量", "Volume")),
    "MVOL": Action("microphone", type=str, options=UP_DOWN, title=Title("话筒音量", "Microphone volume")),
    "INNM": State("input-name", type=str, title=Title("信号源名称", "Input's name")),
    "SNUM": State("serial-number", type=str, title=Title("序列号", "Serial number")),
    "INFO": State("information", type=str, title=Title("其他信息", "Other information")),
    "RLMP": State("lamp-model", type=str, title=Title("替换灯泡型号", "Replacement lamp")),
    "RFIL": State("filter-model", type=str, title=Title("替换滤网型号", "Replacement filter")),
    "RRES": State("best-signal", type=str, title=Title("推荐分辨率", "Recommended resolution")),
}  # commands that are one point each
TOLD = ("SNUM", "INFO", "RLMP", "RFIL", "RRES")  # what does not change while it is connected


def points_of(commands: Sequence[str], inputs: tuple[str, ...], off_after_s: float | None) -> tuple[Point, ...]:
    """Return the points; `off_after_s` None means that switches hold when nobody watches over them."""
    return tuple(_guarded(point, off_after_s) for command in commands for point in _points(command, inputs))


def told_of(said: Mapping[str, str]) -> Mapping[str, Value]:
    """Return what a projector told of itself for good, by point."""
    return {ALONE[command].name: text for command in TOLD if (text := said.get(command))}


def _guarded(point: Point, off_after_s: float | None) -> Point:
    if not isinstance(point, Switch) or off_after_s is None:
        return point
    return replace(point, safe_value=False, link_loss_s=off_after_s)


def _points(command: str, inputs: tuple[str, ...]) -> Iterator[Point]:
    match command:
        case "POWR":
            yield Switch("power", title=Title("电源", "Power"), confirm_s=POWER_CONFIRM_S)
            yield State("condition", type=str, options=tuple(CONDITIONS.values()), title=Title("状态", "Condition"))
        case "INPT" if inputs:
            title = Title("信号源", "Input")
            yield Setpoint("input", type=str, options=inputs, title=title, confirm_s=CONFIRM_S)
        case "ERST":
            for part in PARTS:
                yield State(f"health/{part}", type=str, options=tuple(HEALTH.values()), title=HEALTH_TITLES[part])
    if command in ALONE:
        yield ALONE[command]
