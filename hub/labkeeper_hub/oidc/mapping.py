"""What a provider's claims come to here: who somebody is, what they get, whether a second factor was shown. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from labkeeper_hub.accounts.person import Grant
from labkeeper_hub.oidc.settings import OidcSettings, RoleMapping

Claims: TypeAlias = Mapping[str, object]
LONGEST = 255  # of a subject, OpenID Connect Core 2
LONGEST_TITLE = 100


def subject_of(claims: Claims, settings: OidcSettings) -> str | None:
    """Return what identifies the person; None without it, or with something that is not a short text."""
    said = claims.get(settings.person_claim)
    return said if isinstance(said, str) and 0 < len(said) <= LONGEST else None


def title_of(claims: Claims, settings: OidcSettings) -> str:
    """Return what the person is called, if that is wanted and told."""
    said = claims.get(settings.name_claim) if settings.name_claim else None
    return said.strip()[:LONGEST_TITLE] if isinstance(said, str) else ""


def granted(claims: Claims, roles: Iterable[RoleMapping]) -> tuple[Grant, ...]:
    """Return the grants of every mapping that fits; none where none does."""
    fitting = (one.grant for one in roles if one.value in _texts(claims.get(one.claim)))
    return tuple(dict.fromkeys(fitting))


def renewed(grants: Iterable[Grant], given: tuple[Grant, ...], roles: Iterable[RoleMapping]) -> tuple[Grant, ...]:
    """Return somebody's grants with those of mappings as they are given now; what was granted by hand stays."""
    mapped = {one.grant for one in roles}
    return (*given, *(one for one in grants if one not in mapped))


def showed_second_factor(claims: Claims, settings: OidcSettings) -> bool:
    """Return whether the provider says so in the claim, and by a value, that the school has named."""
    return bool(settings.mfa_claim) and bool(_texts(claims.get(settings.mfa_claim)) & set(settings.mfa_values))


def _texts(said: object) -> set[str]:
    values = said if isinstance(said, list) else [said]
    return {one for one in values if isinstance(one, str)}
