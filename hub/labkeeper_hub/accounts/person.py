"""Who is asking."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; the owner may do everything."""

    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who has signed in. `name` is what commands and the record show as their holder."""

    name: str
    role: Role


OWNER = Person("owner", Role.OWNER)
