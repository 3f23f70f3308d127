"""An ID token is believed only when everything about it is right (OpenID Connect Core 1.0, section 3.1.3.7)."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from labkeeper_hub.oidc.id_token import Expected, UnknownKey, claims_of
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason

from .scripted import unsigned

KEY, ANOTHER = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("k1", "k2"))
EC = ECKey.generate_key("P-256", {"kid": "k3", "use": "sig"})
NOW = 1_800_000_000
RIGHT = {"iss": "https://s.example", "sub": "li", "aud": "labkeeper", "iat": NOW, "exp": NOW + 60, "nonce": "n"}
EXPECTED = Expected("https://s.example", "labkeeper", "n", ("RS256",))


def checked(key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:  # noqa: ANN401 - any JSON
    told = {name: value for name, value in {**RIGHT, **claims}.items() if value is not None}
    head = {"alg": "RS256", "kid": "k1", **(header or {})}
    loose = JWSRegistry(None, [head["alg"]], strict_check_header=False)
    text = unsigned(told) if head["alg"] == "none" else jwt.encode(head, told, key, registry=loose)
    return str(claims_of(text, KeySet([KEY, EC]), EXPECTED, "access", NOW)["sub"])


def test_what_is_right_is_believed() -> None:
    assert checked() == "li"
    assert checked(aud=["labkeeper", "another"], azp="labkeeper") == "li"
    assert checked(exp=NOW - 30, iat=NOW + 30) == "li"  # clocks differ
    assert checked(header={"x-vendor": "1"}) == "li"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, Reason.WRONG_ISSUER),
        ({"iss": None}, Reason.WRONG_ISSUER),
        ({"nonce": "another"}, Reason.WRONG_NONCE),
        ({"nonce": None}, Reason.WRONG_NONCE),
        ({"aud": "another"}, Reason.WRONG_TOKEN),
        ({"aud": ["labkeeper", "another"]}, Reason.WRONG_TOKEN),
        ({"aud": ["labkeeper", "another"], "azp": "another"}, Reason.WRONG_TOKEN),
        ({"exp": NOW - 61}, Reason.WRONG_TOKEN),
        ({"exp": None}, Reason.WRONG_TOKEN),
        ({"iat": NOW - 700}, Reason.WRONG_TOKEN),
        ({"iat": NOW + 61}, Reason.WRONG_TOKEN),
        ({"iat": "now"}, Reason.WRONG_TOKEN),
        ({"sub": None}, Reason.WRONG_TOKEN),
        ({"at_hash": "of another token"}, Reason.WRONG_TOKEN),
        ({"header": {"alg": "RS384"}}, Reason.WRONG_TOKEN),  # a good signature, but not on the list
        ({"header": {"alg": "ES256", "kid": "k3"}, "key": EC}, Reason.WRONG_TOKEN),
        ({"header": {"alg": "HS256"}, "key": OctKey.import_key("the client's secret")}, Reason.WRONG_TOKEN),
        ({"header": {"alg": "none"}}, Reason.WRONG_TOKEN),
    ],
)
def test_what_is_not_is_refused_by_its_reason(claims: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(ProviderFailed) as failed:
        checked(**claims)
    assert failed.value.reason is reason


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30", "x" * 200_000])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ProviderFailed) as failed:
        claims_of(text, KeySet([KEY]), EXPECTED, "access", NOW)
    assert failed.value.reason is Reason.WRONG_TOKEN


def test_a_key_that_is_not_known_or_does_not_fit_asks_for_the_keys_anew() -> None:
    for key, kid in ((ANOTHER, "k2"), (ANOTHER, "k1")):
        with pytest.raises(UnknownKey):
            checked(key, {"kid": kid})
