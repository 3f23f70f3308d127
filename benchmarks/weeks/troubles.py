"""What goes wrong in a week, as plain spans: the readings follow from them, and tests know which alarms must."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.weeks.school import Lab, Span

HOUR, DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong: `what` in `lab` ("" everywhere), from when to when, in minutes of the week; `alarms`
    are the rules that must call.
    """

    what: str
    lab: str
    span: Span
    alarms: tuple[str, ...] = ()

    def hits(self, what: str, lab: str, minute: float) -> bool:
        return self.what == what and self.lab in ("", lab) and minute in self.span


def normal(school: Sequence[Lab], rng: random.Random) -> Iterator[Trouble]:
    """What happens in any week: windows forgotten, a battery, a plug pulled, updates, short losses of Wi-Fi."""
    for lab in school:
        for lesson in lab.lessons:
            if rng.random() < 0.04:
                yield Trouble("windows shut", lab.name, lesson)
        for _ in range(3):  # shorter than any delay: nobody hears of them
            start = rng.uniform(0, 7 * DAY)
            yield Trouble("wi-fi gone", lab.name, Span(start, start + rng.uniform(0.1, 2)))
        update = rng.uniform(0, 5 * DAY)
        yield Trouble("node away", lab.name, Span(update, update + 0.3))
        leak = rng.choice(lab.lessons)
        if lab.kind == "chemistry":  # a burner that lit late: beyond nothing
            yield Trouble("whiff of gas", lab.name, Span(leak.start + 5, leak.start + 6))
    for _ in range(2):
        yield Trouble("battery empty", rng.choice(school).name, _hours(rng, 1.5), ("device_lost",))
    yield Trouble("node away", rng.choice(school).name, _hours(rng, 0.2), ("node_lost",))
    yield Trouble("tap left open", rng.choice(school[:3]).name, _hours(rng, 0.25), ("water_leak",))


def _hours(rng: random.Random, hours: float) -> Span:
    """Some time of a working day."""
    start = rng.randrange(5) * DAY + rng.uniform(8, 15) * HOUR
    return Span(start, start + hours * HOUR)


def bad(school: Sequence[Lab]) -> Iterator[Trouble]:
    """The bad week, the same for every seed: something of each kind that the catalogue knows."""
    chemistry = school[1]
    burning = next(lesson for lesson in chemistry.lessons if lesson.start >= DAY)
    yield Trouble("sensor stuck", "chemistry-1", Span(6 * HOUR, 7 * DAY), ("sensor_stuck",))
    for floor in ("physics-1", "physics-2", "physics-3"):
        yield Trouble("ventilation off", floor, Span(0, DAY), ("co2",))
    yield Trouble("gas leak", chemistry.name, Span(burning.start + 10, burning.start + 14), ("gas",))
    yield Trouble("burner smoulders", chemistry.name, Span(burning.start + 15, burning.start + 40), ("co",))
    yield Trouble("smoke", "chemistry-3", Span(2 * DAY + 9 * HOUR, 2 * DAY + 9 * HOUR + 6), ("smoke_detector",))
    yield Trouble("broker down", "", Span(2 * DAY + 11 * HOUR, 2 * DAY + 11.4 * HOUR), ("broker_lost",))
    yield Trouble("loose plug", "computing-2", Span(3 * DAY + 9 * HOUR, 3 * DAY + 9.6 * HOUR), ("device_lost",))
    yield Trouble("haze", "", Span(3 * DAY + 6 * HOUR, 4 * DAY), ("pm25",))
    yield Trouble("node away", "computing-1", Span(3 * DAY + 20 * HOUR, 4 * DAY + 8 * HOUR), ("node_lost",))
    yield Trouble("pipe bursts", "chemistry-1", Span(4 * DAY + 2 * HOUR, 4 * DAY + 7 * HOUR), ("water_leak",))
    yield Trouble("heating off", "", Span(4 * DAY, 5 * DAY), ("temperature_low",))
    yield Trouble("fan rattles", "computing-3", Span(5 * DAY + 10 * HOUR, 6 * DAY), ("noise",))
    yield Trouble("lamps broken", "physics-2", Span(4 * DAY, 5 * DAY), ("light_desk",))
