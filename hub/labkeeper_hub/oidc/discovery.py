"""A provider's description of itself (OpenID Connect Discovery 1.0), as far as the hub needs it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.settings import is_safe

BASIC, POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider is asked what."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    client_auth: str
    tells_issuer: bool  # in its answer to the browser, RFC 9207


def endpoints(told: Mapping[str, object], issuer: str) -> Endpoints:
    """Return what the description says; raises ProviderFailed for one that is not this issuer's, or is not safe."""
    if told.get("issuer") != issuer:
        raise ProviderFailed(Reason.WRONG_ISSUER, "its description names another issuer than oidc.issuer")
    return Endpoints(
        _needed(told, "authorization_endpoint"),
        _needed(told, "token_endpoint"),
        _needed(told, "jwks_uri"),
        _address(told, "userinfo_endpoint"),
        _address(told, "end_session_endpoint"),
        _client_auth(told.get("token_endpoint_auth_methods_supported")),
        told.get("authorization_response_iss_parameter_supported") is True,
    )


def _client_auth(offered: object) -> str:
    """Return how the hub proves itself: basic, which is what a description that is silent means, or in the body."""
    methods = offered if isinstance(offered, list) else [BASIC]
    for method in (BASIC, POST):
        if method in methods:
            return method
    raise ProviderFailed(Reason.PROVIDER_NONSENSE, "it takes a client secret neither in the header nor in the body")


def _needed(told: Mapping[str, object], name: str) -> str:
    address = _address(told, name)
    if address is None:
        raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"its description has no {name}")
    return address


def _address(told: Mapping[str, object], name: str) -> str | None:
    said = told.get(name)
    if said is None:
        return None
    if not isinstance(said, str) or not is_safe(said):
        raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"its {name} is not an https address")
    return said
