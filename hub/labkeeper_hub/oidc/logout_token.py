"""A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6), believed only when everything about it is right
and only once. No clock of its own.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from labkeeper_hub.oidc.id_token import LEEWAY_S, OLDEST_S, decoded, telling_why
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.settings import OidcSettings

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = 255  # of sub, sid and jti
MOST_TAKEN = 4096  # a school that goes home at once


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Whom the provider signed out, or from which session there; one of the two may be missing. `id` is the token's."""

    subject: str
    session: str
    id: str


def logged_out(token: str, keys: KeySet, settings: OidcSettings, now_s: int) -> LoggedOut:
    """Return what the token says; raises UnknownKey, or ProviderFailed with what is wrong about it."""
    with telling_why():
        claims = decoded(token, keys, settings.algorithms).claims
        JWTClaimsRegistry(
            now_s,
            LEEWAY_S,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        if claims["iat"] < now_s - OLDEST_S - LEEWAY_S:
            raise _wrong("it was made long ago")
    if "nonce" in claims or not _is_logout(claims.get("events")):
        raise _wrong("it is no logout token")
    told = LoggedOut(_text(claims, "sub"), _text(claims, "sid"), _text(claims, "jti"))
    if not told.id or not (told.subject or told.session):
        raise _wrong("it names nobody")
    return told


class Taken:
    """The tokens that were taken, as long as they could come again. Bounded: the oldest are forgotten first."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def first(self, told: LoggedOut, now_s: float) -> LoggedOut:
        """Take a token, and return it; raises ProviderFailed for one that was taken before."""
        for old in [one for one, until in self._until.items() if until <= now_s]:
            del self._until[old]
        if told.id in self._until:
            raise _wrong("it was taken before")
        self._until[told.id] = now_s + OLDEST_S + 2 * LEEWAY_S
        if len(self._until) > MOST_TAKEN:
            self._until.popitem(last=False)
        return told


def _is_logout(events: object) -> bool:
    return isinstance(events, Mapping) and isinstance(events.get(EVENT), Mapping)


def _text(claims: Mapping[str, object], name: str) -> str:
    said = claims.get(name, "")
    if not isinstance(said, str) or len(said) > LONGEST:
        raise _wrong(f"its {name} is no short text")
    return said


def _wrong(detail: str) -> ProviderFailed:
    return ProviderFailed(Reason.WRONG_TOKEN, detail)
