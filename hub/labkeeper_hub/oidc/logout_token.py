"""A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6), believed only when everything about it is
right. No clock of its own.
"""

from collections.abc import Mapping

from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from labkeeper_hub.oidc.id_token import decoded, telling_why
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.oidc.taken import LEEWAY_S, OLDEST_S, LoggedOut

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = 255  # of sub, sid and jti


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


def _is_logout(events: object) -> bool:
    return isinstance(events, Mapping) and isinstance(events.get(EVENT), Mapping)


def _text(claims: Mapping[str, object], name: str) -> str:
    said = claims.get(name, "")
    if not isinstance(said, str) or len(said) > LONGEST:
        raise _wrong(f"its {name} is no short text")
    return said


def _wrong(detail: str) -> ProviderFailed:
    return ProviderFailed(Reason.WRONG_TOKEN, detail)
