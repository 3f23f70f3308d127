"""How often somebody may try: a few attempts are free, then each waits twice as long as the one before."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

FREE_ATTEMPTS = 3
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
FORGOTTEN_AFTER_S = 900.0
MOST_KEYS = 1024


@dataclass(frozen=True, slots=True)
class _Record:
    attempts: int
    last_s: float

    @property
    def wait_s(self) -> float:
        beyond = self.attempts - FREE_ATTEMPTS
        return 0.0 if beyond < 0 else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(beyond, 32))


class Throttle:
    """Counts attempts by key, an address mostly, until one succeeds. Memory is bounded: of more than `most` keys that
    one is forgotten which was unheard of for longest.
    """

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def attempt(self, key: str, now_s: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing.

        It is counted before it is judged, so that a hundred at once are not judged a hundred times.
        """
        key = network(key)
        record = self._recall(key, now_s)
        wait_s = record.last_s + record.wait_s - now_s
        if wait_s > 0:
            return wait_s
        self._records[key] = _Record(record.attempts + 1, now_s)
        self._records.move_to_end(key)
        if len(self._records) > self._most:
            self._records.popitem(last=False)
        return 0.0

    def succeeded(self, key: str) -> None:
        """Forget the attempts of this key."""
        self._records.pop(network(key), None)

    def _recall(self, key: str, now_s: float) -> _Record:
        record = self._records.get(key)
        if record is None or now_s - record.last_s > FORGOTTEN_AFTER_S:
            return _Record(0, now_s)
        return record


def network(address: str) -> str:
    """Return what one client can hold many of as one: an IPv6 host commands its whole /64. Other texts stay."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
