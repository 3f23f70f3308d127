"""The school's provider as the hub asks it: Authlib makes and checks what is said, the hub's own client carries it."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from labkeeper_hub.oidc.attempts import Attempt
from labkeeper_hub.oidc.discovery import BASIC, Endpoints, endpoints
from labkeeper_hub.oidc.http import Document, ask
from labkeeper_hub.oidc.id_token import Expected, UnknownKey, claims_of
from labkeeper_hub.oidc.logout_token import logged_out
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.remembered import Remembered
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.oidc.taken import LoggedOut

log = logging.getLogger(__name__)
T = TypeVar("T")
KNOWN_FOR_S = 3600.0  # the description and the keys
LOOK_AGAIN_S = 10.0  # for new keys, at most so often
FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
OUR_FAULT = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(slots=True)
class Provider:
    """One provider. What it says of itself is read when somebody first wants in, and now and then again."""

    settings: OidcSettings
    secret: str = field(repr=False)
    client: httpx.AsyncClient
    now_s: Callable[[], float] = time.time
    monotonic_s: Callable[[], float] = time.monotonic
    _known: Remembered[Endpoints] = field(init=False)
    _keys: Remembered[KeySet] = field(init=False)

    def __post_init__(self) -> None:
        self._known, self._keys = Remembered(self.monotonic_s), Remembered(self.monotonic_s)

    async def address(self, attempt: Attempt) -> str:
        """Return where to send the browser; raises ProviderFailed."""
        known = await self.endpoints()
        more = {"prompt": "login"} if self.settings.ask_again else {}
        if self.settings.mfa_claim == "acr":
            more["acr_values"] = " ".join(self.settings.mfa_values)
        flow = OAuth2Client(
            None,
            self.settings.client_id,
            scope=" ".join(self.settings.scopes),
            redirect_uri=self.settings.callback,
            code_challenge_method="S256",
        )
        address, _ = flow.create_authorization_url(
            known.authorization, attempt.state, attempt.verifier, nonce=attempt.nonce, **more
        )
        return str(address)

    async def claims(self, code: str, attempt: Attempt, issuer: str | None) -> Mapping[str, object]:
        """Redeem a code and return what the provider says of the person; raises ProviderFailed. `issuer` is who sent
        the browser back, as it says itself (RFC 9207).
        """
        known = await self.endpoints()
        if issuer != self.settings.issuer and (issuer is not None or known.tells_issuer):
            raise ProviderFailed(Reason.WRONG_ISSUER, "the browser came back from another issuer")
        token = await self._redeem(known, code, attempt)
        id_token, access_token = token.get("id_token"), token.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise ProviderFailed(Reason.WRONG_TOKEN, "it answers a code without id_token and access_token")
        claims = await self._checked(known, id_token, access_token, attempt)
        missing = self.settings.claims - claims.keys()
        if not missing or known.userinfo is None:
            return claims
        return {**await self._userinfo(known.userinfo, access_token, claims), **claims}

    async def logged_out(self, token: str) -> LoggedOut:
        """Return whom the provider says it has signed out; raises ProviderFailed."""
        known, now_s = await self.endpoints(), int(self.now_s())
        return await self._by_its_keys(known, lambda keys: logged_out(token, keys, self.settings, now_s))

    async def leaving(self) -> str | None:
        """Return where the browser signs out at the provider, if it can; raises ProviderFailed."""
        known = await self.endpoints()
        if known.end_session is None:
            return None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": self.settings.left}
        return str(httpx.URL(known.end_session).copy_merge_params(asked))

    async def endpoints(self) -> Endpoints:
        """Return what the provider says of itself; raises ProviderFailed."""
        return await self._known.get(self._described, KNOWN_FOR_S)

    async def _described(self) -> Endpoints:
        told = await self._get(get_well_known_url(self.settings.issuer, external=True))
        return endpoints(told, self.settings.issuer)

    async def _redeem(self, known: Endpoints, code: str, attempt: Attempt) -> Document:
        """Ask with the code, once: whatever comes of it, it is used up."""
        body = prepare_token_request(
            "authorization_code", redirect_uri=self.settings.callback, code=code, code_verifier=attempt.verifier
        )
        who = (self.settings.client_id, self.secret)
        if known.client_auth == BASIC:  # RFC 6749, 2.3.1: encoded before they are joined by a colon
            who = (quote(who[0], safe=""), quote(who[1], safe=""))
        auth = ClientAuth(*who, known.client_auth)
        _, headers, body = auth.prepare("POST", known.token, dict(FORM), body)
        request = self.client.build_request("POST", known.token, content=body, headers=headers)
        status, told = await ask(self.client, request)
        if status == httpx.codes.OK and "error" not in told:
            return told
        error = told.get("error")
        reason = Reason.WRONG_CLIENT if error in OUR_FAULT else Reason.CODE_REFUSED
        raise ProviderFailed(reason, f"{status} {str(error)[:40]}")

    async def _checked(
        self, known: Endpoints, id_token: str, access_token: str, attempt: Attempt
    ) -> Mapping[str, object]:
        settings, now_s = self.settings, int(self.now_s())
        expected = Expected(settings.issuer, settings.client_id, attempt.nonce, settings.algorithms)
        return await self._by_its_keys(known, lambda keys: claims_of(id_token, keys, expected, access_token, now_s))

    async def _by_its_keys(self, known: Endpoints, check: Callable[[KeySet], T]) -> T:
        """Check a token, with the keys read anew where none fits: providers change them."""

        async def checked(at_most_s: float) -> T:
            return check(await self._keys.get(lambda: self._keyset(known.keys), at_most_s))

        try:
            return await checked(KNOWN_FOR_S)
        except UnknownKey:
            log.info("oidc: no key fits; reading the provider's keys anew")
        try:
            return await checked(LOOK_AGAIN_S)
        except UnknownKey as unknown:
            raise ProviderFailed(Reason.WRONG_TOKEN, f"its signature fits no key ({unknown})") from unknown

    async def _keyset(self, address: str) -> KeySet:
        told = await self._get(address)
        try:
            return await asyncio.to_thread(KeySet.import_key_set, told)  # type: ignore[arg-type]  # it looks itself
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderFailed(Reason.PROVIDER_NONSENSE, "its keys cannot be read") from error

    async def _userinfo(self, address: str, access_token: str, claims: Mapping[str, object]) -> Document:
        """Return what else it tells of the same person (OpenID Connect Core 5.3.2: another `sub` is not them)."""
        told = await self._get(address, {"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims.get("sub"):
            raise ProviderFailed(Reason.WRONG_TOKEN, "its userinfo is about somebody else")
        return told

    async def _get(self, address: str, headers: Mapping[str, str] | None = None) -> Document:
        status, told = await ask(self.client, self.client.build_request("GET", address, headers=headers))
        if status != httpx.codes.OK:
            raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"{httpx.URL(address).path} answers {status}")
        return told
