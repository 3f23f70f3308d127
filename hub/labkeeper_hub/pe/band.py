"""One band in a class: what it tells, for how long that counts, and when it is lost. Pure."""

from dataclasses import dataclass, replace

from labkeeper_hub.pe.advice import Limits, Watch, watched
from labkeeper_hub.pe.zones import is_moving

COUNTS_MS = 5_000
"""How long a rate is known after it was told: bands tell one a second, some gateways every two."""
LOST_MS = 30_000
SLOWEST, FASTEST = 20, 250
UNWATCHED = Watch()
TREND_MS = 30_000
TREND = 5.0  # beats a minute off the mean of the last half minute


@dataclass(frozen=True, slots=True)
class Band:
    """A band that may be shown. `rate` None: not known, `heard_ms` None: never heard in this class."""

    limits: Limits
    since_ms: int
    rate: int | None = None
    heard_ms: int | None = None
    usual: float | None = None
    watch: Watch = UNWATCHED
    known_ms: int = 0
    moving_ms: int = 0

    @property
    def trend(self) -> int:
        """Return 1 for rising, -1 for falling, 0 for neither or not known."""
        if self.rate is None or self.usual is None:
            return 0
        off = self.rate - self.usual
        return (off > TREND) - (off < -TREND)

    def lost(self, now_ms: int) -> bool:
        """Tell whether nothing was heard of it for half a minute."""
        heard_ms = self.since_ms if self.heard_ms is None else self.heard_ms
        return now_ms - heard_ms >= LOST_MS


def told(band: Band, rate: int, now_ms: int) -> Band:
    """Return the band after it told a rate; one that no heart has says nothing."""
    if not SLOWEST <= rate <= FASTEST:
        return band
    usual = float(rate) if band.usual is None else band.usual
    return replace(band, rate=rate, heard_ms=now_ms, usual=usual)


def off_skin(band: Band) -> Band:
    """Return the band after it said that nobody wears it: its rate is not known."""
    return replace(band, rate=None)


def passed(band: Band, highest: float, for_ms: int, now_ms: int) -> Band:
    """Return the band after some time. What is not known counts for nothing, neither for advice nor against it."""
    if band.rate is None or band.heard_ms is None:
        return band
    if now_ms - band.heard_ms > COUNTS_MS:
        return replace(band, rate=None, usual=None)
    usual = band.rate if band.usual is None else band.usual
    return replace(
        band,
        usual=usual + (band.rate - usual) * min(1.0, for_ms / TREND_MS),
        watch=watched(band.watch, band.limits, band.rate, for_ms),
        known_ms=band.known_ms + for_ms,
        moving_ms=band.moving_ms + (for_ms if is_moving(band.rate, highest) else 0),
    )
