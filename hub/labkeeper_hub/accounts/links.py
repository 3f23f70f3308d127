"""Sign-in links: tokens that work once, for ten minutes, known only to the running hub."""

from labkeeper_hub.accounts.tokens import digest, make_token

LIFETIME_S = 600.0
MOST_LINKS = 64


class SignInLinks:
    """The links that are out. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def issue(self, now_s: float) -> str:
        """Return the token of a new link; the oldest gives way when too many are out."""
        token = make_token()
        while len(self._until) >= MOST_LINKS:
            del self._until[next(iter(self._until))]
        self._until[digest(token)] = now_s + LIFETIME_S
        return token

    def redeem(self, token: str, now_s: float) -> bool:
        """Return whether the token is good, and make it useless from now on."""
        until = self._until.pop(digest(token), None)
        return until is not None and now_s < until
