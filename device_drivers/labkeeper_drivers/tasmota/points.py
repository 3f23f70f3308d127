"""The points of a Tasmota device, from what it announces and how its sensors look; pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from labkeeper_drivers.alone import WhenAlone, guarded
from labkeeper_drivers.documents import number_of, text_of
from labkeeper_drivers.naming import name_of
from labkeeper_drivers.reading_documents import Field, once
from labkeeper_drivers.tasmota.announcement import DIMMABLE, LIGHT, RGB, RGBCCT, RGBW, SHUTTER, WHITE, Announcement
from labkeeper_drivers.titles import title_in_its_language, title_of
from labkeeper_drivers.units import to_ucum
from labkeeper_sdk import Action, BadReading, Event, Measure, Point, Risk, Setpoint, State, Switch, Title, Value

# what Tasmota's sensors say without saying the unit ("Sensors", "Power monitoring")
UNITS = {
    "Humidity": "%", "Illuminance": "lx", "CarbonDioxide": "ppm", "eCO2": "ppm", "TVOC": "ppb", "PM1": "µg/m³",
    "PM2.5": "µg/m³", "PM10": "µg/m³", "Distance": "cm", "Noise": "dB", "Total": "kWh", "Yesterday": "kWh",
    "Today": "kWh", "Power": "W", "ApparentPower": "VA", "ReactivePower": "VAr", "Voltage": "V", "Current": "A",
    "Frequency": "Hz", "Moisture": "%", "Formaldehyde": "ppb",
}  # fmt: skip
SAID_UNITS = {
    "Temperature": "TempUnit", "DewPoint": "TempUnit", "Pressure": "PressureUnit", "SeaPressure": "PressureUnit",
    "Speed": "SpeedUnit",
}  # fmt: skip
NO_VALUES = {"Time", "TotalStartTime", "Period", *SAID_UNITS.values()}
DEEPEST, MOST = 4, 200
SHUTTER_S = 60.0  # a blind takes half a minute and says where it is when it has stopped


@dataclass(frozen=True, slots=True)
class Output:
    """How a point is asked for: the command and its argument."""

    point: Point
    command: str
    argument: Callable[[Value], str]
    commands: Mapping[str, str] | None = None  # by option, where each is a command of its own


@dataclass(frozen=True, slots=True)
class Points:
    """What a device can be told and what it says."""

    outputs: tuple[Output, ...]
    fields: tuple[Field, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """Return every point once, as what can be told of it."""
        every = (*(each.point for each in self.outputs), *(each.point for each in self.fields))
        return once(every)


NOTHING = Points((), ())


def derive(device: Announcement, sensors: Mapping[str, object], when_alone: WhenAlone) -> Points:
    """Return the points of a device; nothing in what it said can raise."""
    made = [*_powers(device, when_alone), *_light(device), *_fan(device), *_shutters(device, when_alone)]
    outputs = tuple(each for each in made if isinstance(each, Output))
    fields = [each for each in made if isinstance(each, Field)]
    return Points(outputs, (*fields, *_radio(), *_inputs(device), *list(_sensors(sensors, (), sensors))[:MOST]))


# --- outputs --------------------------------------------------------------------------------------------------------
Made = Iterator[Output | Field]


def _powers(device: Announcement, when_alone: WhenAlone) -> Made:
    single = len(device.powers) == 1
    for number in device.powers:
        light = device.outputs[number - 1] == LIGHT
        name = "power" if single else f"power{number}"
        label = device.output_names[number - 1] if number <= len(device.output_names) else ""
        title = title_in_its_language(label) if label and not single else title_of("state", "Power")
        point = guarded(Switch(name, title=title, risk=Risk.NONE if light else Risk.MAINS), when_alone)
        yield Output(point, f"POWER{number}", lambda value: device.on if value else device.off)
        for key in (f"POWER{number}", *(("POWER",) if single or number == 1 else ())):
            yield Field(point, (key,), _power(device))


def _power(device: Announcement) -> Callable[[object], Value]:
    def read(raw: object) -> Value:
        said = {device.on: True, device.off: False, "ON": True, "OFF": False}.get(text_of(raw))
        if said is None:
            raise BadReading("unknown_value", "neither on nor off")
        return said

    return read


def _light(device: Announcement) -> Made:
    if LIGHT not in device.outputs:
        return
    if device.light >= DIMMABLE:
        title = title_of("brightness")
        yield from _number(Setpoint("dimmer", title=title, unit="%", minimum=0, maximum=100, step=1), "Dimmer")
    if device.light in (WHITE, RGBCCT):
        title = title_of("color_temp")
        yield from _number(Setpoint("ct", title=title, unit="MK-1", minimum=153, maximum=500, step=1), "CT")
    if device.light in (RGB, RGBW, RGBCCT):
        for place, (name, unit, highest) in enumerate((("hue", "deg", 360.0), ("saturation", "%", 100.0))):
            point = Setpoint(name, title=title_of(name), unit=unit, minimum=0, maximum=highest, step=1)
            yield Output(point, f"HSBColor{place + 1}", _whole)
            yield Field(point, ("HSBColor",), _part(place))


def _fan(device: Announcement) -> Made:
    if device.fan:
        speeds = ("0", "1", "2", "3")
        point = Setpoint("fan_speed", type=str, options=speeds, title=title_of("fan_speed"), risk=Risk.MOTION)
        yield Output(point, "FanSpeed", str)
        yield Field(point, ("FanSpeed",), lambda raw: f"{number_of(raw):.0f}")


def _shutters(device: Announcement, when_alone: WhenAlone) -> Made:
    for number in range(1, device.outputs.count(SHUTTER) // 2 + 1):
        name, title = f"shutter{number}/position", title_of("position")
        point = Setpoint(name, unit="%", minimum=0, maximum=100, step=1, title=title, risk=Risk.MOTION)
        point = replace(point, confirm_s=SHUTTER_S)
        yield Output(point, f"ShutterPosition{number}", _whole)
        yield Field(point, (f"Shutter{number}", "Position"), number_of)
        words = {word: f"Shutter{word.capitalize()}{number}" for word in ("OPEN", "CLOSE", "STOP")}
        name = f"shutter{number}/move"
        move = Action(name, type=str, options=tuple(words), title=title_of("move"), risk=Risk.MOTION)
        yield Output(guarded(move, when_alone), "", lambda _: "", words)


def _number(point: Setpoint, key: str) -> Made:
    yield Output(point, key, _whole)
    yield Field(point, (key,), number_of)


def _whole(value: Value) -> str:
    return f"{float(value):.0f}"


def _part(place: int) -> Callable[[object], Value]:
    def read(raw: object) -> Value:
        parts = text_of(raw).split(",")
        try:
            return number_of(float(parts[place]))
        except (IndexError, ValueError):
            raise BadReading("wrong_type", "no colour") from None

    return read


# --- what it measures -----------------------------------------------------------------------------------------------
def _radio() -> Iterator[Field]:
    yield Field(Measure("wifi/signal", unit="dB{mW}", title=title_of("signal")), ("Wifi", "Signal"), number_of)


def _inputs(device: Announcement) -> Iterator[Field]:
    for number in device.buttons:
        title = Title(zh=f"按键 {number}", en=f"Button {number}")
        yield Field(Event(f"button{number}", title=title), (f"Button{number}", "Action"), text_of)
    for number in device.switches:
        title = Title(zh=f"输入 {number}", en=f"Input {number}")
        yield Field(Event(f"input{number}", title=title), (f"Switch{number}", "Action"), text_of)


def _sensors(document: Mapping[str, object], path: tuple[str, ...], root: Mapping[str, object]) -> Iterator[Field]:
    """Yield a measure for every number of a sensor, a state for every word; phases come as lists."""
    for key, value in document.items():
        here = (*path, key)
        if key in NO_VALUES or len(here) > DEEPEST:
            continue
        if isinstance(value, Mapping):
            yield from _sensors(value, here, root)
        elif isinstance(value, list):
            yield from (_measure(here, root, place) for place, one in enumerate(value[:8]) if _is_number(one))
        elif _is_number(value):
            yield _measure(here, root, None)
        elif value in ("ON", "OFF"):
            yield Field(State(_name(here), title=title_of(key.lower())), here, _on_off)
        elif isinstance(value, str):
            yield Field(State(_name(here), type=str, title=title_of(key.lower())), here, text_of)


def _measure(path: tuple[str, ...], root: Mapping[str, object], place: int | None) -> Field:
    said = root.get(SAID_UNITS.get(path[-1], ""))
    unit = to_ucum(said if isinstance(said, str) else UNITS.get(path[-1], ""))
    name = _name(path) if place is None else f"{_name(path)}/{place + 1}"
    return Field(Measure(name, unit=unit, title=_title(path[-1])), path, _at(place))


def _at(place: int | None) -> Callable[[object], Value]:
    def read(raw: object) -> Value:
        if place is None:
            return number_of(raw)
        if not isinstance(raw, list) or len(raw) <= place:
            raise BadReading("wrong_type", "a list belongs here")
        return number_of(raw[place])

    return read


def _title(key: str) -> Title:
    known = {"CarbonDioxide": "co2", "eCO2": "co2", "PM2.5": "pm25", "Total": "energy", "Moisture": "soil_moisture"}
    return title_of(known.get(key, key.lower()), key)


def _on_off(raw: object) -> Value:
    if raw not in ("ON", "OFF"):
        raise BadReading("unknown_value", "neither on nor off")
    return raw == "ON"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(path: tuple[str, ...]) -> str:
    return "/".join(name_of(part) for part in path)
