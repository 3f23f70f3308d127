"""What a node makes of the tables it is told, on its monotonic clock: which command has a lease, when one ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from labkeeper_wire.leases.table import Allowed, Lease, LeaseTable

SILENCE_S: Mapping[str, float] = MappingProxyType({"motion": 0.5, "heat": 20.0, "mains": 20.0})
"""How long a point of a risk goes on without a renewal, whatever its lease says; other risks as long as the lease.
Motion within 0.3 to 0.5 s and heat within 10 to 30 s are the project's own bounds (docs/decisions/0026)."""


class OldTable(ValueError):
    """An older table, or an earlier telling of the same one: nothing is changed."""


class Aim(NamedTuple):
    """What a command wants: this value for a point of that risk."""

    point: str
    value: object
    risk: str = "none"


class Ask(NamedTuple):
    """A command as far as leases matter: the device, its bench, the fence it came with (0: none), what it wants."""

    device: str
    bench: str
    fence: int
    aims: tuple[Aim, ...] = ()


class Refusal(NamedTuple):
    """Why a command is not executed: a short code, and words for people."""

    code: str
    message: str


class Running(NamedTuple):
    """A lease and when it ends."""

    lease: Lease
    ends_s: float


@dataclass(frozen=True, slots=True)
class Tenure:
    """The newest table. After a restart only `fence` is left of it: no lease survives the node, no fence dies with it.

    `renewed_s` is when the table was last told.
    """

    fence: int = 0
    renewal: int = -1
    renewed_s: float = 0.0
    running: tuple[Running, ...] = ()

    def live(self, now_s: float) -> tuple[Lease, ...]:
        """Return the leases that have not ended; one whose parent ended has ended."""
        alive = {one.lease.fence for one in self.running if now_s < one.ends_s}
        for one in sorted(self.running):
            if one.lease.parent and one.lease.parent not in alive:
                alive.discard(one.lease.fence)
        return tuple(one.lease for one in self.running if one.lease.fence in alive)

    def lease(self, fence: int) -> Lease | None:
        """Return the lease of that number, ended or not."""
        return next((one.lease for one in self.running if one.lease.fence == fence), None)

    def gives(self, group: str, device: str, point: str, value: object, now_s: float) -> bool:
        """Tell whether this group has been given the point with this value, and still has it."""
        theirs = (one for one in self.live(now_s) if one.parent and one.holder == group)
        return any(_beyond(one.floor, Ask(device, "", one.fence, (Aim(point, value),))) is None for one in theirs)

    def covers(self, bench: str, device: str, risk: str, now_s: float) -> bool:
        """Tell whether somebody holds the device, and was heard of lately enough for a point of that risk."""
        return not self.lapsed(risk, now_s) and any(lease.covers(bench, device) for lease in self.live(now_s))

    def lapsed(self, risk: str, now_s: float) -> bool:
        """Tell whether the last renewal is too long ago for points of that risk."""
        return now_s - self.renewed_s >= SILENCE_S.get(risk, float("inf"))

    def next_end_s(self, risks: Iterable[str], now_s: float) -> float | None:
        """Return in how many seconds a lease ends or a risk lapses; None while nothing can."""
        live = {lease.fence for lease in self.live(now_s)}
        ends = [one.ends_s for one in self.running if one.lease.fence in live]
        if ends:
            ends += [self.renewed_s + SILENCE_S[risk] for risk in risks if risk in SILENCE_S]
        return min((end - now_s for end in ends if end > now_s), default=None)


def take(tenure: Tenure, table: LeaseTable, now_s: float, age_ms: int = 0) -> Tenure:
    """Return the tenure under a table that was on its way for `age_ms`; raises OldTable."""
    if (table.fence, table.renewal) <= (tenure.fence, tenure.renewal):
        raise OldTable(f"table {table.fence}.{table.renewal} is not newer than {tenure.fence}.{tenure.renewal}")
    told_s = now_s - age_ms / 1000
    running = tuple(Running(lease, told_s + lease.left_ms / 1000) for lease in table.leases)
    return Tenure(table.fence, table.renewal, told_s, running)


def refusal(tenure: Tenure, ask: Ask, now_s: float, *, unleased: bool = True) -> Refusal | None:
    """Return why a command is refused, None if its lease allows it; `unleased`: what nobody holds may be commanded."""
    live = [lease for lease in tenure.live(now_s) if lease.covers(ask.bench, ask.device)]
    if not ask.fence:
        return _without(live, unleased=unleased)
    mine = next((lease for lease in live if lease.fence == ask.fence), None)
    if mine is None:
        return _not_held(tenure, ask)
    if any(tenure.lapsed(aim.risk, now_s) for aim in ask.aims):
        return Refusal("lease_lapsed", "the hub has not renewed the lease in time")
    return _beyond(mine.floor, ask)


def _without(live: list[Lease], *, unleased: bool) -> Refusal | None:
    if live:
        return Refusal("leased", f"{live[0].holder} has the lease")
    return None if unleased else Refusal("no_lease", "this lab is commanded under a lease only")


def _not_held(tenure: Tenure, ask: Ask) -> Refusal:
    if any(one.lease.fence == ask.fence for one in tenure.running):
        return Refusal("lease_over", f"lease {ask.fence} has ended, or is for other devices")
    if ask.fence <= tenure.fence:
        return Refusal("old_fence", f"fence {ask.fence} is older than table {tenure.fence}")
    return Refusal("no_lease", f"the node was not told of lease {ask.fence}")


def _beyond(floor: tuple[Allowed, ...] | None, ask: Ask) -> Refusal | None:
    if floor is None:
        return None
    for aim in ask.aims:
        allowed = next((one for one in floor if (one.device, one.point) == (ask.device, aim.point)), None)
        if allowed is None or not allowed.admits(aim.value):
            return Refusal("not_given", f"the teacher has not given {aim.point} with this value")
    return None
