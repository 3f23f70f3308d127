"""An account: a person's names, which stay in the hub, and the pseudonym everything else knows them by."""

from dataclasses import dataclass

from labkeeper_hub.accounts.person import Grant, Person

INVITED_FOR_MS = 3 * 86_400_000


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `login` is what they type, `title` what people call them, `name` the pseudonym.

    Without a `password` (an argon2id hash) they come in by their invitation only, of which the digest is kept.
    """

    name: str
    login: str
    title: str
    grants: tuple[Grant, ...]
    created_ms: int
    password: str | None = None
    invitation: str | None = None
    invited_until_ms: int = 0

    @property
    def person(self) -> Person:
        """What others know of them."""
        return Person(self.name, self.grants)

    def invited(self, digest: str, now_ms: int) -> bool:
        """Return whether this is their invitation, and it still works."""
        return self.invitation == digest and now_ms < self.invited_until_ms


def canonical_login(text: str) -> str:
    """Return a login as it is compared: case does not matter, nor do blanks around it."""
    return text.strip().casefold()
