"""Sign-in attempts per client address: a few are free, then each waits twice as long as the one before."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

FREE_ATTEMPTS = 3
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
FORGOTTEN_AFTER_S = 900.0
MOST_ADDRESSES = 1024


@dataclass(frozen=True, slots=True)
class _Record:
    attempts: int
    last_s: float

    @property
    def wait_s(self) -> float:
        beyond = self.attempts - FREE_ATTEMPTS
        return 0.0 if beyond < 0 else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(beyond, 32))


class Throttle:
    """Counts attempts until one succeeds. Memory is bounded: the address unheard of for longest is forgotten."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def attempt(self, address: str, now_s: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing.

        It is counted before it is judged, so that a hundred at once are not judged a hundred times.
        """
        key = _network(address)
        record = self._recall(key, now_s)
        wait_s = record.last_s + record.wait_s - now_s
        if wait_s > 0:
            return wait_s
        self._records[key] = _Record(record.attempts + 1, now_s)
        self._records.move_to_end(key)
        if len(self._records) > MOST_ADDRESSES:
            self._records.popitem(last=False)
        return 0.0

    def succeeded(self, address: str) -> None:
        """Forget the attempts of this address."""
        self._records.pop(_network(address), None)

    def _recall(self, key: str, now_s: float) -> _Record:
        record = self._records.get(key)
        if record is None or now_s - record.last_s > FORGOTTEN_AFTER_S:
            return _Record(0, now_s)
        return record


def _network(address: str) -> str:
    """Return what one client can hold many of as one: an IPv6 host commands its whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
