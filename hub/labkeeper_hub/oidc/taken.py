"""What logout tokens said that were taken, so that each is believed once.

It knows nothing of how a token is read: that takes 11 MB, which a hub without a provider need not have.
"""

from collections import OrderedDict
from dataclasses import dataclass

from labkeeper_hub.oidc.reasons import ProviderFailed, Reason

LEEWAY_S = 60  # between the two clocks
OLDEST_S = 600  # a token was made for what is being done
MOST_TAKEN = 4096  # a school that goes home at once


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Whom the provider signed out, or from which session there; one of the two may be missing. `id` is the token's."""

    subject: str
    session: str
    id: str


class Taken:
    """The tokens that were taken, as long as they could come again. Bounded: the oldest are forgotten first."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def first(self, told: LoggedOut, now_s: float) -> LoggedOut:
        """Take a token, and return it; raises ProviderFailed for one that was taken before."""
        for old in [one for one, until in self._until.items() if until <= now_s]:
            del self._until[old]
        if told.id in self._until:
            raise ProviderFailed(Reason.WRONG_TOKEN, "it was taken before")
        self._until[told.id] = now_s + OLDEST_S + 2 * LEEWAY_S
        if len(self._until) > MOST_TAKEN:
            self._until.popitem(last=False)
        return told
