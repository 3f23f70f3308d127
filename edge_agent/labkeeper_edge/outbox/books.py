"""What the outbox keeps account of, and which batches must go. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labkeeper_edge.outbox.acknowledged import Acknowledged
from labkeeper_edge.outbox.batches import Gap, Offered

SLACK = 16  # what is kept may be a sixteenth over its limits before it is trimmed: whole pages become free at once


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may wait, and how much is kept after its acknowledgement: bytes, and ms of the node's running time.

    What is kept counts against `max_bytes`, too, and makes way for what waits.
    """

    max_bytes: int
    max_age_ms: int
    keep_bytes: int = 64_000_000
    keep_age_ms: int = 86_400_000


@dataclass(frozen=True, slots=True)
class Held:
    """How many batches wait, gap records included, and how many bytes count against the quota."""

    batches: int = 0
    size: int = 0

    def with_more(self, batches: int, size: int) -> "Held":
        """Return the sum; negative numbers take away."""
        return Held(self.batches + batches, self.size + size)


@dataclass(frozen=True, slots=True)
class Old:
    """A batch as the quota sees it."""

    id: int
    readings: int
    from_ms: int
    to_ms: int
    ran_ms: int
    size: int


@dataclass(frozen=True, slots=True)
class Books:
    """What waits, what is kept although it was acknowledged, and the ids of that.

    `again`: ids that were acknowledged once and wait anew, because the hub lost them.
    """

    held: Held = Held()
    kept: Held = Held()
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    again: Acknowledged = field(default_factory=Acknowledged)


def too_old(old: Old, ran_ms: int, quota: Quota) -> bool:
    """Whether the age is over by so much that deleting is worth a transaction."""
    return ran_ms - old.ran_ms > quota.keep_age_ms + quota.keep_age_ms // SLACK


def beyond_quota(oldest: Sequence[Old], size: int, ran_ms: int, quota: Quota) -> list[Old]:
    """Return those of the oldest batches (in order) that must go: too old, or too much together with the rest."""
    victims = []
    for old in oldest:
        if size <= quota.max_bytes and ran_ms - old.ran_ms <= quota.max_age_ms:
            break
        victims.append(old)
        size -= old.size
    return victims


def gap_of(victims: Sequence[Old], offered_through: int) -> Gap:
    """Return the gap that these batches leave; those up to `offered_through` may have reached the hub."""
    first, *later = (
        Gap(
            old.from_ms,
            old.to_ms,
            old.readings,
            ((old.id, old.id),),
            (Offered(old.id, old.id, old.readings),) if old.id <= offered_through else (),
        )
        for old in victims
    )
    return first.joined(*later)
