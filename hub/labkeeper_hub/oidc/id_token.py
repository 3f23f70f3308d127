"""An ID token (OpenID Connect Core 1.0, section 3.1.3.7), believed only when everything about it is right."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.taken import LEEWAY_S, OLDEST_S

OF_CLAIM = {"iss": Reason.WRONG_ISSUER, "nonce": Reason.WRONG_NONCE}


class UnknownKey(Exception):
    """No key fits: the provider may have changed its keys since they were read."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]


def claims_of(id_token: str, keys: KeySet, expected: Expected, access_token: str, now_s: int) -> Mapping[str, object]:
    """Return what the token says; raises UnknownKey, or ProviderFailed with what is wrong about it."""
    with telling_why():
        token = decoded(id_token, keys, expected.algorithms)
        _check(token, expected, access_token, now_s)
    return token.claims


def decoded(text: str, keys: KeySet, algorithms: Sequence[str]) -> jwt.Token:
    """Return a token whose signature is right; raises what `telling_why` translates."""
    # the list belongs into the registry: beside one, `decode` does not look at it
    return jwt.decode(text, keys, registry=JWSRegistry(algorithms=list(algorithms), strict_check_header=False))


@contextmanager
def telling_why() -> Iterator[None]:
    """Translate what is found wrong about a token into UnknownKey or ProviderFailed."""
    try:
        yield
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise UnknownKey(error.error) from error
    except ClaimError as error:
        raise ProviderFailed(OF_CLAIM.get(error.claim, Reason.WRONG_TOKEN), error.description) from error
    except (JoseError, ValueError, TypeError) as error:
        raise ProviderFailed(Reason.WRONG_TOKEN, type(error).__name__) from error


def _check(token: jwt.Token, expected: Expected, access_token: str, now_s: int) -> None:
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }
    known = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": access_token}
    CodeIDToken(token.claims, token.header, options, known).validate(now_s, LEEWAY_S)
    if token.claims["iat"] < now_s - OLDEST_S - LEEWAY_S:
        raise ProviderFailed(Reason.WRONG_TOKEN, "it was made long ago")
