"""What several wishes together came to, in counts and names."""

from dataclasses import dataclass
from typing import NamedTuple


class Missed(NamedTuple):
    """A point that is not known to be as wished: how far its command came, why no further, and that in words."""

    school: str
    node: str
    device: str
    point: str
    state: str
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many wishes there were, how many are confirmed, and which are not; `scene` "": they had no name."""

    scene: str
    total: int
    confirmed: int
    missed: tuple[Missed, ...] = ()

    def words(self) -> str:
        """Return the count for the record."""
        return f"{self.confirmed} of {self.total}"
