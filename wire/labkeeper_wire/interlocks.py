"""What hub and node say to each other about a node's set of interlocks: one that two persons have agreed on. Pure."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import NamedTuple

SET = "Node Control/Interlocks"  # String, JSON, writable: the agreed set; the node proves by its hash that it runs it
DEVICE = "interlocks"  # the node's device that says how its rules stand
HASH = "hash"  # of DEVICE: names the set that the node runs
REFUSED = "refused"  # of DEVICE: why it did not take the last set, "" if it did
LONGEST_SET = 64 * 1024
LONGEST_NAME = 256
SIGNED = b"labkeeper interlock set 1\n"  # before the text: a signature for one purpose is none for another


class BadSet(ValueError):
    """No set: nothing may be changed for it. `key` names the place in a set where the mistake has one."""

    def __init__(self, problem: str, key: str = "") -> None:
        super().__init__(f"{key}: {problem}" if key else problem)
        self.problem, self.key = problem, key


class AgreedSet(NamedTuple):
    """The TOML of a set, who proposed and who approved it; a node takes only a greater `number` than it has. The
    `signature` is the hub's, of Ed25519 (RFC 8032) in base64, "" for none.
    """

    number: int
    text: str
    proposed_by: str
    approved_by: str
    signature: str = ""

    @property
    def hash(self) -> str:
        """What names its content; raises BadSet for a text that is not TOML."""
        return hash_of_text(self.text)

    def signed_bytes(self, school: str, node: str) -> bytes:
        """Return what the hub signs: everything about it, and for which node."""
        said = [school, node, *self[:-1]]
        return SIGNED + json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()

    def to_text(self) -> str:
        """Give the metric's value, and what is kept on disk."""
        return json.dumps(self._asdict(), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: object) -> "AgreedSet":
        """Read what `to_text` wrote; unknown members are ignored, anything else wrong raises BadSet."""
        try:
            said = json.loads(text) if isinstance(text, str) and len(text) <= 2 * LONGEST_SET else None
        except (ValueError, RecursionError) as error:
            raise BadSet("not JSON") from error
        if not isinstance(said, dict):
            raise BadSet("not an object, or too long")
        number = said.get("number")
        if type(number) is not int or number < 1:
            raise BadSet("number is no number of a set")
        names = _name(said, "proposed_by"), _name(said, "approved_by")
        signature = _name(said, "signature") if said.get("signature") else ""
        agreed = cls(number, _text(said, "text", LONGEST_SET), *names, signature)
        if agreed.proposed_by == agreed.approved_by:
            raise BadSet("one person alone has agreed")
        return agreed


def hash_of(said: Mapping[str, object]) -> str:
    """Return what names the content of a set, whatever its comments and its layout; raises BadSet."""
    try:
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
    except (TypeError, ValueError) as error:
        raise BadSet("a set holds no dates, and no half characters") from error


def hash_of_text(text: str) -> str:
    """Return what names the content of a TOML text; raises BadSet."""
    try:
        return hash_of(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSet(f"not TOML: {error}") from error


def _name(said: Mapping[str, object], key: str) -> str:
    return _text(said, key, LONGEST_NAME)


def _text(said: Mapping[str, object], key: str, longest: int) -> str:
    text = said.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= longest:
        raise BadSet(f"{key} is no text, or too long")
    return text
