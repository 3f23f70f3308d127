"""What the sensors of a lab say in a week: simple physics, minute by minute, sent as nodes send it: when it changed."""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.weeks.school import HOUR_MS, Lab, Sample, Series, at
from benchmarks.weeks.troubles import DAY, HOUR, Trouble

OUTSIDE_PPM, LEAKS_PER_H = 430.0, 0.4
PPM_PER_PUPIL_H = 90.0
"""18 litres an hour of each pupil in 200 cubic metres."""
GYM_IS_LARGER = 4
WINDOW_PER_H, PATIENCE_MIN = 10.0, 6
"""What an open window changes, and how long after the reference value is passed it is opened."""
MINUTES = 7 * DAY


@dataclass(slots=True)
class Air:
    """The state of a room, one minute a step."""

    lab: Lab
    troubles: Sequence[Trouble]
    rng: random.Random
    co2: float = OUTSIDE_PPM
    temperature: float = 19.0
    dust: float = 20.0
    too_much: int = 0

    def step(self, minute: int) -> None:
        used = self.lab.used(minute)
        self._breathe(minute, used=used)
        self.temperature += (self._warmth(minute, used=used) - self.temperature) / 90 + self.rng.gauss(0, 0.01)
        haze = 190 if self._is("haze", minute) else 45
        self.dust += (haze * 0.5 - self.dust) / 120 + self.rng.gauss(0, 0.15)

    def _is(self, what: str, minute: int) -> bool:
        return any(one.hits(what, self.lab.name, minute) for one in self.troubles)

    def _breathe(self, minute: int, *, used: bool) -> None:
        shut = self._is("windows shut", minute) or self._is("ventilation off", minute)
        self.too_much = self.too_much + 1 if self.co2 > 1700 else max(0, self.too_much - 1) if used else 0
        opened = self.too_much > PATIENCE_MIN and not self._is("ventilation off", minute)
        changes = WINDOW_PER_H if opened else LEAKS_PER_H + (self.lab.air_changes if used and not shut else 0.0)
        pupils = self.lab.pupils if used else 0
        share = PPM_PER_PUPIL_H / (GYM_IS_LARGER if self.lab.kind == "gym" else 1)
        self.co2 += (pupils * share - changes * (self.co2 - OUTSIDE_PPM)) / 60

    def _warmth(self, minute: int, *, used: bool) -> float:
        """Return where the temperature tends to: the heating is set back at night and at weekends, down to 13 °C."""
        day, hour = divmod(minute / HOUR, 24)
        heated = day < 5 and 5 <= hour < 17 and not self._is("heating off", minute)
        return (20.5 if heated else 13.0) + (1.5 if used and heated else 0.0)


def week_of(lab: Lab, troubles: Sequence[Trouble], rng: random.Random) -> Iterator[Series]:
    """Yield every series of a lab."""
    own = [one for one in troubles if one.lab in ("", lab.name)]
    yield from _air(lab, own, rng)
    yield Series(lab, lab.point("desk", "illuminance"), "lx", _sent(_light(lab, own, rng), 20))
    yield Series(lab, lab.point("desk", "noise"), "dB[SPL]", _sent(_noise(lab, own, rng), 2))
    yield from _offline(lab, own)
    if lab.kind == "chemistry":
        yield from _chemistry(lab, own)


def _air(lab: Lab, troubles: Sequence[Trouble], rng: random.Random) -> Iterator[Series]:
    room, rows = Air(lab, troubles, rng), []
    cheap = lab.name.endswith("3")  # shows nothing below 450, for days if nobody breathes there
    stuck = next((one.span for one in troubles if one.what == "sensor stuck"), None)
    shown = room.co2
    for minute in range(MINUTES):
        room.step(minute)
        if stuck is None or minute not in stuck:
            shown = max(450.0, room.co2) if cheap else room.co2 + rng.gauss(0, 4)
        rows.append((minute, shown, room.temperature, 45 - (room.temperature - 19) * 2, max(1.0, room.dust)))
    quantities = (("co2", "[ppm]", 15.0), ("temperature", "Cel", 0.1), ("humidity", "%", 1.0), ("pm25", "ug/m3", 1.0))
    for place, (name, unit, change) in enumerate(quantities, 1):
        values = _with_losses(((float(row[0]), row[place]) for row in rows), "air", troubles)
        yield Series(lab, lab.point("air", name), unit, _sent(values, change))


def _with_losses(
    values: Iterable[tuple[float, float]], device: str, troubles: Sequence[Trouble]
) -> Iterator[tuple[float, float | None]]:
    """What is not there says nothing."""
    away = [
        span for what in LOST for span in (one.span for one in troubles if one.what == what and device in LOST[what])
    ]
    lost = {minute for span in away for minute in range(math.ceil(span.start), math.ceil(span.end))}
    for minute, value in values:
        yield minute, None if minute in lost else value


LOST = dict.fromkeys(("wi-fi gone", "node away", "broker down"), ("air", "desk")) | {"battery empty": ("air",)}


def _light(lab: Lab, troubles: Sequence[Trouble], rng: random.Random) -> Iterator[tuple[float, float]]:
    broken = [one for one in troubles if one.what == "lamps broken"]
    for minute in range(MINUTES):
        day = max(0.0, math.sin((minute % DAY / HOUR - 7) / 10 * math.pi)) * 150
        lamps = 420 if lab.used(minute) and not any(minute in one.span for one in broken) else 0
        yield float(minute), lamps + day + rng.gauss(0, 3)


def _noise(lab: Lab, troubles: Sequence[Trouble], rng: random.Random) -> Iterator[tuple[float, float]]:
    rattling = [one for one in troubles if one.what == "fan rattles"]
    for minute in range(MINUTES):
        quiet = 52 if any(minute in one.span for one in rattling) else 36
        yield float(minute), (62 if lab.used(minute) else quiet) + rng.gauss(0, 1)


def _offline(lab: Lab, troubles: Sequence[Trouble]) -> Iterator[Series]:
    """Yield what the hub sees of who is there; a device that is always there has no series."""
    seen = {
        ("", "#node_offline"): ("node away", "broker down"),
        ("air", "#device_offline"): ("battery empty", "wi-fi gone", "node away", "broker down"),
        ("desk", "#device_offline"): ("wi-fi gone", "node away", "broker down"),
        ("screen", "#device_offline"): ("loose plug", "node away", "broker down"),
    }
    for (device, point), causes in seen.items():
        spans = [part for one in troubles if one.what in causes for part in _away(one)]
        samples = sorted({Sample(at(0), 0.0), *(Sample(at(minute), on) for one in spans for minute, on in one)})
        yield Series(lab, lab.point(device, point), "", samples)


def _away(trouble: Trouble) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """A loose plug comes and goes: four and a half minutes without, half a minute with."""
    start, end = trouble.span
    if trouble.what != "loose plug":
        yield (start, 1.0), (end, 0.0)
        return
    while start < end:
        yield (start, 1.0), (start + 4.5, 0.0)
        start += 5


def _chemistry(lab: Lab, troubles: Sequence[Trouble]) -> Iterator[Series]:
    gas = {"whiff of gas": 6.0, "gas leak": 26.0}
    yield Series(lab, lab.point("gas", "gas_lel"), "%{LEL}", _pulses(troubles, gas))
    yield Series(lab, lab.point("gas", "carbon_monoxide"), "[ppm]", _pulses(troubles, {"burner smoulders": 70.0}))
    yield Series(lab, lab.point("smoke", "smoke"), "", _pulses(troubles, {"smoke": 1.0}))
    yield Series(
        lab, lab.point("floor", "water_leak"), "", _pulses(troubles, {"tap left open": 1.0, "pipe bursts": 1.0})
    )


def _pulses(troubles: Iterable[Trouble], heights: dict[str, float]) -> list[Sample]:
    """Zero, and in a trouble its height, said again every ten seconds."""
    samples = [Sample(at(0), 0.0)]
    for one in sorted((one for one in troubles if one.what in heights), key=lambda one: one.span):
        steps = round((one.span.end - one.span.start) * 6)
        samples += [Sample(at(one.span.start + step / 6), heights[one.what]) for step in range(steps)]
        samples.append(Sample(at(one.span.end), 0.0))
    return samples


def _sent(values: Iterable[tuple[float, float | None]], change: float) -> list[Sample]:
    """What a node sends of it: the first, what differs by so much, and one each hour."""
    samples: list[Sample] = []
    for minute, value in values:
        sample = Sample(at(minute), value)
        if not samples or _tells(samples[-1], sample, change):
            samples.append(sample)
    return samples


def _tells(last: Sample, now: Sample, change: float) -> bool:
    if last.value is None or now.value is None:
        return last.value is not now.value
    return abs(now.value - last.value) >= change or now.time_ms - last.time_ms >= HOUR_MS
