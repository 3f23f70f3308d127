"""What was deleted of PE classes, and whether it is gone: the file's own account, the file, and the sealed record."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from labkeeper_hub.audit.record import RECORD, verify
from labkeeper_hub.pe.store import Deletion, Store


@dataclass(frozen=True, slots=True)
class Proof:
    """One deletion; `fault` is what speaks against it, "" if nothing does."""

    deletion: Deletion
    fault: str = ""


def proofs(store: Store, folder: Path) -> tuple[Proof, ...]:
    """Return a proof of each deletion, the oldest first."""
    _, broken = verify(folder)
    sealed = frozenset() if broken else _recorded(folder)
    return tuple(Proof(one, _fault(store, one, sealed)) for one in store.deletions())


def _fault(store: Store, deletion: Deletion, sealed: frozenset[tuple[str, str]]) -> str:
    if deletion.readings_after or store.left_of(deletion):
        return "readings are left"
    return "" if (deletion.subject, deletion.words()) in sealed else "the sealed record does not have it"


def _recorded(folder: Path) -> frozenset[tuple[str, str]]:
    if not (folder / RECORD).exists():
        return frozenset()
    told = (orjson.loads(line) for line in (folder / RECORD).read_bytes().splitlines())
    return frozenset((one["subject"], one["result"]) for one in told if one["what"] == "delete_class_readings")
