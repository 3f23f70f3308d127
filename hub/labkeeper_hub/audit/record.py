"""The record on disk: notes are taken in memory and written behind, so that nobody who acts waits for it."""

import asyncio
import hmac
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import orjson

from labkeeper_hub.audit.chain import Event, Fault, Head, check, follow, link
from labkeeper_hub.trouble import Trouble

log = logging.getLogger(__name__)
RECORD, HEAD, KEY = "audit.jsonl", "audit.head", "audit.key"
GATHER_S = 0.25
RETRY_S = 2.0
LONGEST_LINE = 64 * 1024
MOST_WAITING = 100_000  # notes in memory while the disk refuses


class Notes(Protocol):
    """What features tell of people's acts."""

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        """Take a note: never waits, never raises."""


class Unheard:
    """Notes that nobody keeps: for an app without a record."""

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        """Forget it."""

    async def save(self) -> None:
        """Nothing waits."""


@dataclass(slots=True)
class Audit:
    """The record of one hub, open for writing."""

    folder: Path
    now_ms: Callable[[], int]
    head: Head
    key: bytes = field(repr=False)
    lost: int = 0
    _waiting: list[Event] = field(default_factory=list)
    _noted: asyncio.Event = field(default_factory=asyncio.Event)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving_trouble: Trouble = field(
        default_factory=lambda: Trouble(log, "audit: cannot be written (%s); trying again")
    )

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        """Take a note: never waits, never raises. Beyond MOST_WAITING it is counted, and the count is recorded."""
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return
        self._waiting.append(Event(_clean(who), what, _clean(subject), result, self.now_ms()))
        self._noted.set()

    async def keep(self) -> None:
        """Write what is noted, a moment later, for ever."""
        while True:
            await self._noted.wait()
            await asyncio.sleep(GATHER_S)
            self._noted.clear()
            await self.save()
            if self._waiting:
                await asyncio.sleep(RETRY_S)
                self._noted.set()

    async def save(self) -> None:
        """Write what is noted now; a disk that refuses is logged once and tried again."""
        async with self._saving:
            await self._save()

    async def _save(self) -> None:
        events = self._taken()
        if not events:
            return
        try:
            self.head = await asyncio.to_thread(_append, self.folder, self.key, self.head, events)
        except OSError as error:
            self._waiting = events + self._waiting
            self._saving_trouble.begun(error)
        else:
            self._saving_trouble.over()

    def _taken(self) -> list[Event]:
        events, self._waiting = self._waiting, []
        if self.lost:
            events.append(Event("hub", "audit", "notes lost", str(self.lost), self.now_ms()))
            self.lost = 0
        return events


@asynccontextmanager
async def open_audit(folder: Path, now_ms: Callable[[], int]) -> AsyncIterator[Audit]:
    """Open the record of a hub's data folder. One that is not as it was left is put aside, logged, and the new one
    begins by saying so: a lab goes on, and the evidence is kept. Run `Audit.keep` beside it.
    """
    key, head, fault = await asyncio.to_thread(_open, folder)
    audit = Audit(folder, now_ms, head, key)
    if fault is not None:
        aside = await asyncio.to_thread(_put_aside, folder, now_ms())
        log.error("audit: entry %s %s; the record is kept as %s", fault.entry, fault.reason, aside)
        audit.note("hub", "audit", aside, f"entry {fault.entry} {fault.reason}")
    try:
        yield audit
    finally:
        await audit.save()


def sealed_entry(folder: Path, what: str, subject: str) -> Event | None:
    """Return the newest entry about this, if the record holds from its first entry to its last."""
    head, fault = verify(folder)
    if fault is not None or not head:
        return None
    wanted = f'"subject":{orjson.dumps(subject).decode()}'.encode()
    with (folder / RECORD).open("rb") as lines:
        found = [told for line in lines if wanted in line and (told := orjson.loads(line))["what"] == what]
    return Event(**{name: found[-1][name] for name in Event.__slots__}) if found else None


def verify(folder: Path) -> tuple[int, Fault | None]:
    """Return how many entries of the record hold, and the first that is not as it was written."""
    sealed = _sealed(folder, _key(folder))
    if isinstance(sealed, Fault):
        return 0, sealed
    path = folder / RECORD
    if not path.exists():
        return 0, check((), sealed)[1]
    with path.open("rb") as lines:
        head, fault = check(lines, sealed)
    return head.entries, fault


def _open(folder: Path) -> tuple[bytes, Head, Fault | None]:
    """Return the key, the head, and what is wrong at the end; the rest is looked through by `verify` only."""
    folder.mkdir(parents=True, exist_ok=True)
    _drop_torn_end(folder / RECORD)
    key = _key(folder)
    sealed = _sealed(folder, key)
    if isinstance(sealed, Fault):
        return key, Head(), sealed
    head, fault = _tail(folder / RECORD, sealed)
    return key, Head() if fault else head, fault


def _tail(path: Path, sealed: Head) -> tuple[Head, Fault | None]:
    """Follow what was written after the seal, before a crash."""
    if not path.exists():
        return sealed, Fault(1, "is missing, with all others") if sealed.entries else None
    if path.stat().st_size < sealed.size:
        return sealed, Fault(sealed.entries, "is not where it was: some are missing")
    with path.open("rb") as file:
        file.seek(sealed.size)
        return follow(file, sealed)


def _put_aside(folder: Path, now_ms: int) -> str:
    name = f"audit.{now_ms}.broken"
    for kind in (RECORD, HEAD):
        path = folder / kind
        if path.exists():
            path.replace(folder / f"{name}{path.suffix}")
    return f"{name}.jsonl"


def _drop_torn_end(path: Path) -> None:
    """Cut off half a line that a crash left: it was never sealed."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        start, end = file.tell(), file.read()
        if not end.endswith(b"\n"):
            file.truncate(start + end.rfind(b"\n") + 1)


def _sealed(folder: Path, key: bytes) -> Head | Fault:
    path = folder / HEAD
    if not path.exists():
        return Fault(1, "has no sealed head beside it") if (folder / RECORD).exists() else Head()
    try:
        told = orjson.loads(path.read_bytes())
        head, seal = Head(told["entries"], told["digest"], told["size"]), str(told["seal"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Fault(1, "has a damaged head beside it")
    return head if hmac.compare_digest(head.seal(key), seal) else Fault(head.entries, "has a head with a wrong seal")


def _key(folder: Path) -> bytes:
    path = folder / KEY
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()


def _append(folder: Path, key: bytes, head: Head, events: list[Event]) -> Head:
    """Write entries, then the head that seals them. After an error the file is as it was."""
    path, lines, after = folder / RECORD, bytearray(), head
    for event in events:
        line, after = link(after, event)
        lines += line
    before = path.stat().st_size if path.exists() else 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            file.write(lines)
            os.fsync(file.fileno())
        _seal(folder, key, after)
    except OSError:
        os.truncate(path, before)
        raise
    return after


def _seal(folder: Path, key: bytes, head: Head) -> None:
    fresh = folder / f"{HEAD}.new"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps({**asdict(head), "seal": head.seal(key)}))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / HEAD)


def _clean(text: str) -> str:
    return text[:500].encode("utf-8", "replace").decode()
