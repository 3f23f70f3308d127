"""The points of a Shelly device, from its configuration and its status ("Components and Services"); pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from labkeeper_drivers.alone import WhenAlone, guarded
from labkeeper_drivers.documents import bool_of, inside, number_of, text_of, words
from labkeeper_drivers.reading_documents import Field, once
from labkeeper_drivers.titles import title_in_its_language, title_of
from labkeeper_sdk import Action, Event, Measure, Point, Risk, Setpoint, State, Switch, Title, Value

COVER_STATES = ("open", "closed", "opening", "closing", "stopped", "calibrating")
PRESSES = ("btn_down", "btn_up", "single_push", "double_push", "triple_push", "long_push")
COVER_S = 60.0  # a blind takes half a minute and says where it is when it has stopped
MOST_COMPONENTS = 64
# what every component that meters says of one circuit: the name in the status, unit, our title
METER = (
    ("apower", "W", "power"), ("voltage", "V", "voltage"), ("current", "A", "current"), ("freq", "Hz", "frequency"),
    ("pf", "", "power_factor"),
)  # fmt: skip
PHASE = (
    ("act_power", "W", "power"), ("aprt_power", "V.A", "apparent_power"), ("voltage", "V", "voltage"),
    ("current", "A", "current"), ("freq", "Hz", "frequency"), ("pf", "", "power_factor"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Method:
    """How a point is asked for: a method and its parameters. `answered`: the answer says that it is done."""

    point: Point
    method: Callable[[Value], str]
    parameters: Callable[[Value], Mapping[str, object]]
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Points:
    """What a device can be told, what it says, and what happens there (by component)."""

    methods: tuple[Method, ...] = ()
    fields: tuple[Field, ...] = ()
    events: tuple[tuple[str, Event], ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """Return every point once, as what can be told of it."""
        every = (
            *(each.point for each in self.methods),
            *(each.point for each in self.fields),
            *(event for _, event in self.events),
        )
        return once(every)


@dataclass(frozen=True, slots=True)
class Component:
    """One component: `switch:0`, how it is set up and how it stands."""

    key: str
    kind: str
    number: int
    config: Mapping[str, object]
    status: Mapping[str, object]

    @property
    def name(self) -> str:
        """Return how its points begin."""
        return f"{self.kind}{self.number}"

    def titled(self, what: str, english: str = "") -> Title:
        """Return a point's title, with the name people gave the component where they gave one."""
        given = title_in_its_language(words(self.config, "name"))
        ours = title_of(what, english)
        return Title(
            zh=" ".join(filter(None, (given.zh or given.en, ours.zh))) if given else ours.zh,
            en=" ".join(filter(None, (given.en or given.zh, ours.en))) if given else ours.en,
        )


Made: TypeAlias = Method | Field | tuple[str, Event]


def derive(config: Mapping[str, object], status: Mapping[str, object], when_alone: WhenAlone) -> Points:
    """Return the points of a device; nothing in what it said can raise."""
    made = [each for component in components(config, status) for each in _made(component, when_alone)]
    return Points(
        tuple(each for each in made if isinstance(each, Method)),
        tuple(each for each in made if isinstance(each, Field)),
        tuple(each for each in made if isinstance(each, tuple)),
    )


def components(config: Mapping[str, object], status: Mapping[str, object]) -> Iterator[Component]:
    """Yield every component with a number, and `wifi` as number 0, which has none."""
    for key in [*dict.fromkeys((*config, *status))][:MOST_COMPONENTS]:
        kind, _, number = key.partition(":")
        if kind in KINDS and (number.isascii() and number.isdigit() and len(number) <= 4):  # noqa: PLR2004 -- 100…299
            yield Component(key, kind, int(number), inside(config, key), inside(status, key))
    if "rssi" in inside(status, "wifi"):
        yield Component("wifi", "wifi", 0, {}, inside(status, "wifi"))


def _made(component: Component, when_alone: WhenAlone) -> Iterator[Made]:
    for each in KINDS[component.kind](component):
        if isinstance(each, Method):
            yield replace(each, point=guarded(each.point, when_alone))
        else:
            yield each


# --- what can be told -----------------------------------------------------------------------------------------------
def _switch(component: Component) -> Iterator[Made]:
    point = Switch(f"{component.name}/output", title=component.titled("state", "Output"), risk=Risk.MAINS)
    yield _set(component, point, "Switch.Set", "on")
    yield Field(point, (component.key, "output"), bool_of)
    yield from _meter(component)


def _light(component: Component) -> Iterator[Made]:
    service = {"light": "Light", "cct": "CCT", "rgb": "RGB", "rgbw": "RGBW"}[component.kind]
    output = Switch(f"{component.name}/output", title=component.titled("state", "Output"))
    yield _set(component, output, f"{service}.Set", "on")
    yield Field(output, (component.key, "output"), bool_of)
    yield from _number(component, f"{service}.Set", "brightness", _percent(component, "brightness"))
    if component.kind == "cct":
        low, high = _range(component.config.get("ct_range"), 2700, 6500)
        ct = Setpoint(
            f"{component.name}/ct", title=component.titled("color_temp"), unit="K", minimum=low, maximum=high, step=1
        )
        yield from _number(component, f"{service}.Set", "ct", ct)
    yield from _meter(component)


def _cover(component: Component) -> Iterator[Made]:
    moves = {"open": "Cover.Open", "close": "Cover.Close", "stop": "Cover.Stop"}
    move = Action(f"{component.name}/move", type=str, options=tuple(moves), risk=Risk.MOTION)
    move = replace(move, title=component.titled("move"), confirm_s=5.0)
    yield Method(move, lambda value: moves[str(value)], lambda _: {"id": component.number})
    state = State(f"{component.name}/state", type=str, options=COVER_STATES, title=component.titled("running_state"))
    yield Field(state, (component.key, "state"), text_of)
    if component.status.get("pos_control") is True:
        position = replace(_percent(component, "position"), risk=Risk.MOTION, confirm_s=COVER_S)
        yield Method(
            position,
            lambda _: "Cover.GoToPosition",
            lambda value: {"id": component.number, "pos": round(float(value))},
            answered=False,
        )
        yield Field(position, (component.key, "current_pos"), number_of)
    yield from _meter(component)


def _set(component: Component, point: Point, method: str, key: str) -> Method:
    return Method(point, lambda _: method, lambda value: {"id": component.number, key: value})


def _number(component: Component, method: str, key: str, point: Setpoint) -> Iterator[Made]:
    if key in component.status:
        yield Method(point, lambda _: method, lambda value: {"id": component.number, key: round(float(value))})
        yield Field(point, (component.key, key), number_of)


def _percent(component: Component, what: str) -> Setpoint:
    title = component.titled(what)
    return Setpoint(f"{component.name}/{what}", title=title, unit="%", minimum=0, maximum=100, step=1)


def _range(said: object, low: float, high: float) -> tuple[float, float]:
    match said:
        case [int(lowest), int(highest)] if lowest < highest:
            return lowest, highest
    return low, high


# --- what it says ---------------------------------------------------------------------------------------------------
def _meter(component: Component) -> Iterator[Made]:
    for key, unit, what in METER:
        if key in component.status:
            yield _measure(component, (key,), unit, what)
    if inside(component.status, "aenergy"):
        yield _measure(component, ("aenergy", "total"), "W.h", "energy")
    if inside(component.status, "ret_aenergy"):
        yield _measure(component, ("ret_aenergy", "total"), "W.h", "energy_returned")
    if inside(component.status, "temperature"):
        yield _measure(component, ("temperature", "tC"), "Cel", "device_temperature")


def _three_phases(component: Component) -> Iterator[Made]:
    for key, unit, what in PHASE:
        for phase in ("a_", "b_", "c_", "total_", ""):
            if f"{phase}{key}" in component.status:
                yield _measure(component, (f"{phase}{key}",), unit, what, phase.strip("_").upper())
    if "n_current" in component.status:
        yield _measure(component, ("n_current",), "A", "current", "N")


def _counted_energy(component: Component) -> Iterator[Made]:
    for key in component.status:
        if key.endswith(("total_act_energy", "total_act")):
            yield _measure(component, (key,), "W.h", "energy", key.partition("_")[0].upper())
        elif key.endswith(("total_act_ret_energy", "total_act_ret")):
            yield _measure(component, (key,), "W.h", "energy_returned", key.partition("_")[0].upper())


def _input(component: Component) -> Iterator[Made]:
    kind = component.config.get("type")
    if kind == "button":
        event = Event(f"{component.name}/event", title=component.titled("action", "Pressed"))
        yield component.key, event
    elif kind == "analog":
        yield _measure(component, ("percent",), "%", "input")
    elif kind == "count":
        yield _measure(component, ("counts", "total"), "{count}", "count")
    else:
        state = State(f"{component.name}/state", title=component.titled("input"))
        yield Field(state, (component.key, "state"), bool_of)


def _measures(*told: tuple[tuple[str, ...], str, str]) -> Callable[[Component], Iterator[Made]]:
    def made(component: Component) -> Iterator[Made]:
        for path, unit, what in told:
            yield _measure(component, path, unit, what)

    return made


def _alarm(component: Component) -> Iterator[Made]:
    point = State(f"{component.name}/alarm", title=component.titled(component.kind))
    yield Field(point, (component.key, "alarm"), bool_of)


def _measure(component: Component, path: tuple[str, ...], unit: str, what: str, part: str = "") -> Field:
    title = component.titled(what)
    if part:
        title = Title(zh=f"{title.zh} {part}".strip() if title.zh else "", en=f"{title.en} {part}")
    name = "/".join((component.name, *path))
    return Field(Measure(name, unit=unit, title=title), (component.key, *path), number_of)


KINDS: Mapping[str, Callable[[Component], Iterator[Any]]] = {
    "switch": _switch,
    "light": _light,
    "cct": _light,
    "rgb": _light,
    "rgbw": _light,
    "cover": _cover,
    "input": _input,
    "pm1": _meter,
    "em": _three_phases,
    "em1": _three_phases,
    "emdata": _counted_energy,
    "em1data": _counted_energy,
    "temperature": _measures((("tC",), "Cel", "temperature")),
    "humidity": _measures((("rh",), "%", "humidity")),
    "illuminance": _measures((("lux",), "lx", "illuminance")),
    "voltmeter": _measures((("voltage",), "V", "voltage")),
    "devicepower": _measures((("battery", "percent"), "%", "battery"), (("battery", "V"), "V", "voltage")),
    "smoke": _alarm,
    "flood": _alarm,
    "wifi": _measures((("rssi",), "dB{mW}", "signal")),
}
