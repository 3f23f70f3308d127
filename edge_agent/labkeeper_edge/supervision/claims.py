"""What driver instances claim for themselves alone, also those whose process says so only when it runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labkeeper_sdk.configuration import Claim


@dataclass(slots=True)
class Claims:
    """Which instance holds which port or pin."""

    _held: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # to instance and key

    def hold(self, instance: str, claimed: Iterable[Claim]) -> None:
        """These are the instance's; they have been compared already."""
        for claim in claimed:
            self._held[claim.resource.kind, claim.resource.name] = (instance, claim.key)

    def conflict(self, instance: str, claimed: Iterable[Sequence[str]]) -> str:
        """Hold (kind, name, key) for the instance; return what is wrong if somebody else holds one of them."""
        wanted = {(kind, name): f"drivers.{instance}.{key}" for kind, name, key in claimed}
        for what, key in wanted.items():
            owner, taken = self._held.get(what, (instance, ""))
            if owner != instance:
                return f"{key}: {what[0]} {what[1]} is used by {taken} already"
        self._held.update({what: (instance, key) for what, key in wanted.items()})
        return ""

    def free(self, instance: str) -> None:
        """The instance is no more."""
        self._held = {what: holder for what, holder in self._held.items() if holder[0] != instance}
