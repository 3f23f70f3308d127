"""The room all devices stand in: who is there, and what that does to the air. Repeatable from its seed."""

from collections import deque
from dataclasses import dataclass, replace
from random import Random

from labkeeper_sdk.sim import physics

LESSON_MINUTES = 40
LESSON_STARTS = (480, 530, 590, 640, 780, 830, 890, 940)
"""Minutes after midnight: eight lessons of 40 minutes, as Shanghai's secondary schools have them."""

STEP_S = 10.0
KEPT_STEPS = 2000
VOLUME_M3 = 210.0
LEAKS_H, WINDOW_H = 0.8, 5.0
"""Air changes an hour, windows shut and open: the usual range measured in naturally ventilated classrooms."""
OPENS_PPM, SHUTS_PPM = 1400.0, 800.0
HEAT_LOSS_W_K = 250.0
HEAT_TIME_S = 5400.0


@dataclass(frozen=True, slots=True)
class Air:
    """What the room is like at one moment; units are ppm, degrees Celsius, hPa, micrograms per cubic metre."""

    co2_ppm: float = 520.0
    temperature_c: float = 20.5
    vapour_hpa: float = 11.0
    pm25_ug_m3: float = 14.0
    window_open: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """The room at one moment: its air, its people, and how many ever came in and went out."""

    hour: float
    air: Air
    people: int = 0
    came: int = 0
    left: int = 0


def people_at(minute: float, class_sizes: tuple[int, ...]) -> int:
    """Return how many people are in the room: a class comes in over three minutes and leaves over two."""
    for start, size in zip(LESSON_STARTS, class_sizes, strict=True):
        arrived = (minute - (start - 3)) / 3
        staying = (start + LESSON_MINUTES + 2 - minute) / 2
        if arrived > 0 and staying > 0:
            return round(size * min(1.0, arrived, staying))
    return 0


def window_next(*, is_open: bool, co2_ppm: float) -> bool:
    """Return whether the window is open next: somebody opens it when the air is bad and shuts it when it is cold."""
    return co2_ppm > SHUTS_PPM if is_open else co2_ppm > OPENS_PPM


def air_after(air: Air, dt_s: float, *, hour: float, people: int, normal: float) -> Air:
    """Return the air after `dt_s` with `people` in the room; `normal` is a standard normal draw for the dust."""
    changes_h = WINDOW_H if air.window_open else LEAKS_H
    outside_c = physics.outdoor_temperature(hour)
    settled_c = max(outside_c, 20.0) + people * physics.SENSIBLE_HEAT_W / (
        HEAT_LOSS_W_K * (2 if air.window_open else 1)
    )
    dust = 14.0 + 0.2 * people + (12.0 if air.window_open else 0.0)
    return Air(
        co2_ppm=physics.co2_after(air.co2_ppm, dt_s, people=people, volume_m3=VOLUME_M3, air_changes_h=changes_h),
        temperature_c=physics.relax(air.temperature_c, settled_c, dt_s, HEAT_TIME_S),
        vapour_hpa=physics.relax(air.vapour_hpa, 10.0 + 0.08 * people, dt_s, 3600 / changes_h),
        pm25_ug_m3=max(
            1.0, physics.wander(air.pm25_ug_m3, dt_s, mean=dust, spread=4.0, time_constant_s=900.0, normal=normal)
        ),
        window_open=window_next(is_open=air.window_open, co2_ppm=air.co2_ppm),
    )


class Room:
    """One room whose every moment follows from the seed, whoever asks and in whatever order."""

    def __init__(self, seed: int, start_hour: float) -> None:
        self._random = Random(f"{seed}:room")
        self._sizes = tuple(self._random.randint(28, 44) for _ in LESSON_STARTS)
        self._start_hour = start_hour
        self._first = 0
        self._moments = deque([self._opening()], maxlen=KEPT_STEPS)

    def at(self, lab_s: float) -> Moment:
        """Return the room `lab_s` seconds after the start; for a moment long gone, the oldest remembered."""
        index = int(lab_s // STEP_S)
        while self._first + len(self._moments) <= index:
            self._remember(self._after(self._moments[-1]))
        return self._moments[max(0, index - self._first)]

    def _opening(self) -> Moment:
        people = people_at(self._start_hour * 60, self._sizes)
        return Moment(hour=self._start_hour, air=Air(), people=people, came=people)

    def _after(self, moment: Moment) -> Moment:
        hour = (moment.hour + STEP_S / 3600) % 24
        people = people_at(hour * 60, self._sizes)
        air = air_after(moment.air, STEP_S, hour=hour, people=people, normal=self._random.gauss(0, 1))
        visitors = int(self._random.random() < people / 2000)
        came = max(0, people - moment.people) + visitors
        return replace(
            moment,
            hour=hour,
            air=air,
            people=people,
            came=moment.came + came,
            left=moment.left + came - (people - moment.people),
        )

    def _remember(self, moment: Moment) -> None:
        if len(self._moments) == KEPT_STEPS:
            self._first += 1
        self._moments.append(moment)
