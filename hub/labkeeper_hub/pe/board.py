"""What a teacher sees of a class: numbers, zones, what to do; sorted by number, so that nobody is ranked. Pure."""

from dataclasses import dataclass

from labkeeper_hub.pe.advice import Advice
from labkeeper_hub.pe.band import Band
from labkeeper_hub.pe.lesson import PeClass
from labkeeper_hub.pe.roster import ClassKey
from labkeeper_hub.pe.zones import Zone, zone_of

TARGET_RATE = (140, 160)
TARGET_GROUP, TARGET_EACH = 0.75, 0.50
"""Mean rate 140 to 160 a minute, group density at least 75 %, each pupil's at least 50 %. Source: 义务教育体育与健康
课程标准（2022 年版）, Ministry of Education.
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """One band; `rate` None: not known."""

    number: int
    rate: int | None
    zone: Zone | None
    trend: int
    lost: bool
    advice: Advice
    seen: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The class as a whole; None: nothing is known. `mean` is of now, the others are of the class so far."""

    heard: int
    mean: float | None
    mean_so_far: float | None
    group_density: float | None
    each_density: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on one page."""

    id: str
    key: ClassKey
    started_ms: int
    now_ms: int
    highest: float
    tiles: tuple[Tile, ...]
    waiting: tuple[int, ...]
    figures: Figures


def board_of(state: PeClass) -> Board:
    """Return the board of a class."""
    tiles = tuple(_tile(number, band, state) for number, band in sorted(state.bands.items()))
    waiting = tuple(sorted(state.waiting))
    return Board(
        state.id, state.key, state.started_ms, state.now_ms, state.highest, tiles, waiting, _figures(state)
    )  # fmt: skip


def _tile(number: int, band: Band, state: PeClass) -> Tile:
    zone = None if band.rate is None else zone_of(band.rate, state.highest)
    watch = band.watch
    return Tile(number, band.rate, zone, band.trend, band.lost(state.now_ms), watch.advice, watch.seen)


def _figures(state: PeClass) -> Figures:
    rates = [band.rate for band in state.bands.values() if band.rate is not None]
    each = [band.moving_ms / band.known_ms for band in state.bands.values() if band.known_ms]
    sums = state.sums
    return Figures(
        heard=len(rates),
        mean=_share(sum(rates), len(rates)),
        mean_so_far=_share(sums.rate_ms, sums.band_ms),
        group_density=_share(sums.moving_ms, sums.known_ms),
        each_density=_share(sum(each), len(each)),
    )


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
