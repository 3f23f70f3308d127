"""The desk composed upon the accounts, or nothing where no provider is configured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labkeeper_hub.accounts import Accounts
from labkeeper_hub.accounts.staff import Staff
from labkeeper_hub.audit import Notes
from labkeeper_hub.oidc.desk import OidcDesk
from labkeeper_hub.oidc.settings import OidcSettings, read_secret


@asynccontextmanager
async def open_oidc(
    settings: OidcSettings | None, accounts: Accounts, staff: Staff, audit: Notes
) -> AsyncIterator[OidcDesk | None]:
    """Open what the settings name; None if they name nothing. Raises BadConfiguration for the secret and `ca_file`. The
    provider is not asked before somebody wants in: the hub starts without it.
    """
    if settings is None:
        yield None
        return
    from labkeeper_hub.oidc.http import open_http  # noqa: PLC0415 -- what a hub without it need not load
    from labkeeper_hub.oidc.provider import Provider  # noqa: PLC0415 -- Authlib, likewise

    secret = read_secret(settings)
    async with open_http(settings.ca_file) as client:
        clocks = accounts.clocks
        provider = Provider(settings, secret, client, lambda: clocks.now_ms() / 1000, clocks.monotonic_s)
        yield OidcDesk(settings, provider, accounts, staff, audit)
