"""A token for a program: some of what its holder may do, in some of their labs, until a day. Pure."""

from dataclasses import dataclass, replace

from labkeeper_hub.accounts.actions import Action
from labkeeper_hub.accounts.person import Grant, Person, Scope

PREFIX = "lkt_"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of a person. `labs` are (school, lab); without any it goes wherever its holder may."""

    id: str
    holder: str
    title: str
    actions: frozenset[Action]
    labs: tuple[tuple[str, str], ...]
    digest: str
    created_ms: int
    expires_ms: int
    used_ms: int | None = None

    def lives(self, now_ms: int) -> bool:
        """Return whether it has not expired."""
        return now_ms < self.expires_ms

    def acting(self, holder: Person) -> Person:
        """Return who asks with this token: never more than its holder may do now, and by a name that says both."""
        implied = {Action.BE_SIGNED_IN} if self.actions else set()
        grants = holder.grants if not self.labs else tuple(_narrowed(holder.grants, self.labs))
        return replace(holder, name=f"{holder.name}:{self.id}", grants=grants, limit=self.actions | implied)


def _narrowed(grants: tuple[Grant, ...], labs: tuple[tuple[str, str], ...]) -> list[Grant]:
    met = [(grant, grant.scope.meet(Scope(school, lab))) for grant in grants for school, lab in labs]
    return [replace(grant, scope=scope) for grant, scope in met if scope is not None]
