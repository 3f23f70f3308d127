"""A provider at the wire that keeps to the contract until a test says how it breaks it; nothing of the hub's code."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from labkeeper_sdk.testing import serve_http
from labkeeper_sdk.testing.servers import HttpAnswer, HttpRequest

Json = dict[str, Any]
KEY, STRANGER = (RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}) for _ in range(2))


@dataclass
class Provider:
    """What it answers, and which of it is wrong."""

    issuer: str = ""
    wire: Any = None  # the TcpWire, once it listens
    described: Json = field(default_factory=dict)  # over what is right, None: left out
    claims: Json = field(default_factory=dict)
    header: Json = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    answers: dict[str, HttpAnswer] = field(default_factory=dict)  # in the place of what is right, by path
    nonce: str = ""
    codes: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        path = request.path.partition("?")[0]
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return said(self._description())
        if path == "/keys":
            return said(dict(KeySet([KEY]).as_dict(private=False)))
        if path == "/token":
            return self._token({name: values[0] for name, values in parse_qs(request.body.decode()).items()})
        return said({"sub": "li", "groups": ["teacher"]}) if path == "/userinfo" else HttpAnswer(status=404)

    def heal(self) -> None:
        """Keep to the contract again."""
        for broken in (self.described, self.claims, self.header, self.answers):
            broken.clear()
        self.key = KEY

    def back(self, sent: dict[str, str], **more: str) -> str:
        """Return where the browser comes back to from the address it was sent with."""
        self.nonce = sent["nonce"]
        self.codes.add("the-code")
        return f"{sent['redirect_uri']}?{urlencode({'code': 'the-code', 'state': sent['state'], **more})}"

    def _description(self) -> Json:
        ways = ("authorize", "token", "keys", "userinfo")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        right = {"issuer": self.issuer, **dict(zip(names, (f"{self.issuer}/{way}" for way in ways), strict=True))}
        return {name: value for name, value in {**right, **self.described}.items() if value is not None}

    def _token(self, form: dict[str, str]) -> HttpAnswer:
        if form.get("code") not in self.codes or len(form.get("code_verifier", "")) < 43:
            return said({"error": "invalid_grant"}, 400)
        self.codes.discard(form["code"])  # each is good once
        now = int(time.time())
        right = {"iss": self.issuer, "sub": "li", "aud": "labkeeper", "iat": now, "exp": now + 60, "nonce": self.nonce}
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": "k1", **self.header}
        token = unsigned(claims) if header["alg"] == "none" else jwt.encode(header, claims, self.key, [header["alg"]])
        return said({"access_token": "a", "token_type": "Bearer", "id_token": token})


def said(document: Any, status: int = 200) -> HttpAnswer:  # noqa: ANN401 - any JSON
    return HttpAnswer(json.dumps(document).encode(), status)


def unsigned(claims: Json) -> str:
    """A token that anybody can write (RFC 7518, 3.6)."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@asynccontextmanager
async def open_scripted() -> AsyncIterator[Provider]:
    provider = Provider()
    async with serve_http(provider.answer) as wire:
        provider.wire, provider.issuer = wire, f"http://{wire.host}:{wire.port}"
        yield provider
