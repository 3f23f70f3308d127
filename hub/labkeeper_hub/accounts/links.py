"""Sign-in links: tokens that work once, for ten minutes, known only to the running hub."""

from labkeeper_hub.accounts.tokens import digest, make_token

LIFETIME_S = 600.0
MOST_LINKS = 64


class SignInLinks:
    """The links that are out. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[str, float]] = {}

    def issue(self, name: str, now_s: float) -> str:
        """Return the token of a new link for this person; the oldest gives way when too many are out."""
        token = make_token()
        while len(self._until) >= MOST_LINKS:
            del self._until[next(iter(self._until))]
        self._until[digest(token)] = (name, now_s + LIFETIME_S)
        return token

    def whose(self, token: str, now_s: float) -> str | None:
        """Return whom the link lets in, if it is still good."""
        name, until = self._until.get(digest(token), ("", 0.0))
        return name if now_s < until else None

    def redeem(self, token: str, now_s: float) -> str | None:
        """Return whom the link lets in, if it is still good, and make it useless from now on."""
        name = self.whose(token, now_s)
        self._until.pop(digest(token), None)
        return name
