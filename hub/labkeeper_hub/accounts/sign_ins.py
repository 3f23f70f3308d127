"""How often one may try to sign in: so often as one login, and so often from one address as whomever. A device that
somebody came in from counts for itself.
"""

from collections import OrderedDict
from dataclasses import dataclass

from labkeeper_hub.accounts.throttle import MOST_KEYS, Throttle, network

MOST_OPEN = 30  # attempts of one address that came to nothing yet: ten people who are each wrong three times
FORGIVEN_EVERY_S = 30.0  # one of them, the oldest: 120 guesses an hour from one address, whatever logins they name
MOST_LOGINS = 8192  # pairs of address and login, and of device and login


@dataclass(frozen=True, slots=True)
class _Open:
    """The logins that were tried from an address and are not forgiven, the oldest first; `from_s`: as of when."""

    logins: tuple[str, ...]
    from_s: float

    def by(self, now_s: float) -> "_Open":
        """Return what is left of it: time forgives the oldest."""
        forgiven = int((now_s - self.from_s) // FORGIVEN_EVERY_S)
        left = self.logins[forgiven:]
        return _Open(left, self.from_s + forgiven * FORGIVEN_EVERY_S if left else now_s)


class SignIns:
    """Counts what is tried, by login and address together and by address alone. Who succeeds is forgiven what was tried
    as the same login, and nothing else: whoever has an account of their own is not free to try others' passwords.

    Whether a login exists is not asked. Memory is bounded; what was unheard of for longest is forgotten.
    """

    def __init__(self) -> None:
        self._logins = Throttle(MOST_LOGINS)
        self._devices = Throttle(MOST_LOGINS)
        self._addresses: OrderedDict[str, _Open] = OrderedDict()

    def attempt(self, address: str, login: str, now_s: float, device: str | None = None) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing. From a `device` that this
        login came in from before it counts there, whatever others try behind the address.
        """
        if device is not None:
            return self._devices.attempt(_pair(device, login), now_s)
        where = network(address)
        before = self._addresses.get(where, _Open((), now_s)).by(now_s)
        if len(before.logins) >= MOST_OPEN:
            return before.from_s + FORGIVEN_EVERY_S - now_s
        wait_s = self._logins.attempt(_pair(where, login), now_s)
        if wait_s > 0:
            return wait_s
        self._addresses[where] = _Open((*before.logins, login), before.from_s)
        self._addresses.move_to_end(where)
        if len(self._addresses) > MOST_KEYS:
            self._addresses.popitem(last=False)
        return 0.0

    def succeeded(self, address: str, login: str, device: str | None = None) -> None:
        """Forgive what was tried as this login, from this device or else from this address."""
        if device is not None:
            return self._devices.succeeded(_pair(device, login))
        where = network(address)
        self._logins.succeeded(_pair(where, login))
        known = self._addresses.get(where)
        if known is not None:
            others = tuple(one for one in known.logins if one != login)
            self._addresses[where] = _Open(others, known.from_s)
        return None


def _pair(where: str, login: str) -> str:
    return f"{where} as {login}"
