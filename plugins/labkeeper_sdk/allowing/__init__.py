"""Which driver packages may run in a node: hashes of what is installed, and lists of them that somebody signed."""

from labkeeper_sdk.allowing.distributions import CannotHash, digest_of, distribution_name, sources_only
from labkeeper_sdk.allowing.lists import AllowList, BadList, Entry, new_key, public_key, read_list, sign

__all__ = [
    "AllowList",
    "BadList",
    "CannotHash",
    "Entry",
    "digest_of",
    "distribution_name",
    "new_key",
    "public_key",
    "read_list",
    "sign",
    "sources_only",
]
