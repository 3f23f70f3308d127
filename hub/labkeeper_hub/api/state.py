"""What the routes share, and how they get it."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import HTTPConnection

from labkeeper_hub.accounts import Accounts
from labkeeper_hub.api.gate import PERSON, Credentials
from labkeeper_hub.api.live.audience import Audience
from labkeeper_hub.api.loop_lag import LoopLag
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.export.exports import Exports
from labkeeper_hub.oidc.desk import OidcDesk
from labkeeper_hub.ports import Parts
from labkeeper_hub.reports.drawing import Drawing
from labkeeper_hub.reports.press import Press


@dataclass(frozen=True, slots=True)
class Api:
    """The hub's parts, and what the API itself keeps beside them."""

    parts: Parts
    accounts: Accounts
    metrics: Metrics
    lag: LoopLag
    audience: Audience
    audit: Notes = field(default_factory=Unheard)
    exports: Exports = field(default_factory=Exports)
    drawing: Drawing = field(default_factory=Drawing)
    press: Press = field(default_factory=Press)
    oidc: OidcDesk | None = None  # None: the school's accounts open nothing here


async def _api(connection: HTTPConnection) -> Api:
    api: Api = connection.app.state.api
    return api


async def signed_in(connection: HTTPConnection) -> Credentials:
    """Return who is asking. The gate has let them in; a request that came around it is refused here."""
    credentials: Credentials | None = connection.scope.get(PERSON)
    if credentials is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "not_signed_in", "Sign in first")
    return credentials


ApiHere: TypeAlias = Annotated[Api, Depends(_api)]
SignedIn: TypeAlias = Annotated[Credentials, Depends(signed_in)]
