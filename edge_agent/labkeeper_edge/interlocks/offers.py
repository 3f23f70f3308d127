"""Sets that the hub says two persons have agreed on: whole, newer, and signed with a key of the node's settings."""

import base64
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from labkeeper_edge.interlocks.loading import chosen, load
from labkeeper_edge.refusals import Refusals
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlock_rules import InterlockSet
from labkeeper_wire.interlocks import AgreedSet, BadSet

KEY = "interlocks"


class Signers(NamedTuple):
    """Whose signature counts for this node: public keys of Ed25519 (RFC 8032), base64 of 32 bytes. Without any, none is
    asked for.
    """

    school: str
    node: str
    keys: tuple[str, ...] = ()

    def check(self, agreed: AgreedSet) -> None:
        """Raise BadSet unless one of them has signed this set for this node."""
        if self.keys and not any(self._signed(key, agreed) for key in self.keys):
            raise BadSet("it is signed by none of the settings' interlock_keys")

    def _signed(self, key: str, agreed: AgreedSet) -> bool:
        try:
            signature = base64.b64decode(agreed.signature, validate=True)
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
            public.verify(signature, agreed.signed_bytes(self.school, self.node))
        except (ValueError, InvalidSignature):
            return False
        return True


@dataclass(slots=True)
class Offers:
    """`agreed` is in force (None: the settings' set is), `offered` is checked and waits for the disk, `refused` says
    what was wrong with the last one.
    """

    signers: Signers
    refusals: Refusals
    agreed: AgreedSet | None = None
    offered: AgreedSet | None = None
    refused: str = ""

    @property
    def number(self) -> int:
        """The number of the set in force, 0 for the settings'."""
        return 0 if self.agreed is None else self.agreed.number

    def hear(self, text: object) -> bool:
        """Take what the hub says; return whether there is news: a set that waits now, or a refusal."""
        try:
            offered = AgreedSet.from_text(text)
            self.signers.check(offered)
            load(offered.text, "the approved set")
        except (BadSet, BadConfiguration) as bad:
            self.refused = str(bad)
            self.refusals.count("bad_interlocks", KEY, str(bad))
            return True
        if offered.number <= self.number:
            return False
        self.offered, self.refused = offered, ""
        return True

    def on_disk(self, written: AgreedSet) -> bool:
        """It is written down; return whether it is still what waits, and in force from now on."""
        if written is not self.offered:
            return False
        self.agreed, self.offered = written, None
        return True


def recalled_set(text: str, signers: Signers) -> AgreedSet | None:
    """Return what two persons agreed on and this node took over; None if they never did, or it is signed by nobody
    whose signature counts by now.
    """
    if not text:
        return None
    agreed = AgreedSet.from_text(text)
    try:
        signers.check(agreed)
    except BadSet:
        return None
    return agreed


def begin_with(setting: str, agreed: AgreedSet | None) -> InterlockSet:
    """Return the set to begin with: the agreed one, else the settings'; an empty one where there is none by now, and
    the hub has to send it again. Raises BadConfiguration.
    """
    if agreed is not None:
        return load(agreed.text, "the approved set")
    return chosen(setting) if setting else InterlockSet()
