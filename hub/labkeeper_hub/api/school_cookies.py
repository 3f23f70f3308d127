"""The two cookies of signing in with the school's account. Lax: the browser brings them back from the provider."""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

from labkeeper_hub.accounts.sessions import ABSOLUTE_MS
from labkeeper_hub.api.gate import cookie_value
from labkeeper_hub.oidc.attempts import LIFETIME_S

ATTEMPT: Final = "labkeeper_oidc"  # the token of what this browser began
CAME: Final = "labkeeper_oidc_came"  # that this browser is signed in over there, probably; nothing secret
PATH: Final = "/api/v1/session"


def attempt_of(headers: Headers) -> str:
    """Return the token of what this browser began, or nothing."""
    return cookie_value(headers, ATTEMPT) or ""


def came_by_school(headers: Headers) -> bool:
    """Return whether this browser came in by the school's account last time."""
    return cookie_value(headers, CAME) is not None


def begun(answer: Response, token: str, *, secure: bool) -> None:
    """Hand the browser the token of an attempt."""
    _set(answer, ATTEMPT, token, int(LIFETIME_S), secure=secure)


def ended(answer: Response) -> None:
    """Take it back."""
    answer.delete_cookie(ATTEMPT, path=PATH, httponly=True, samesite="lax")


def came(answer: Response, *, secure: bool) -> None:
    """Note that the browser is signed in over there."""
    _set(answer, CAME, "1", ABSOLUTE_MS // 1000, secure=secure)


def left(answer: Response) -> None:
    """Note that it is not any more."""
    answer.delete_cookie(CAME, path=PATH, httponly=True, samesite="lax")


def _set(answer: Response, name: str, value: str, lasts_s: int, *, secure: bool) -> None:
    answer.set_cookie(name, value, max_age=lasts_s, path=PATH, secure=secure, httponly=True, samesite="lax")
