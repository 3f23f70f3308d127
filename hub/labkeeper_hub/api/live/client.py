"""One page's live connection: it is told, it is heard, and it ends when its session does.

There is no queue: a client has a place in the stream, and while its socket is full that place stays behind. The
bus merges what it missed, so a slow tablet gets fewer and newer messages, and nobody waits for it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.websockets import WebSocket, WebSocketDisconnect

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts.rights import scopes
from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import Json, encode
from labkeeper_hub.api.gate import Credentials
from labkeeper_hub.api.live.audience import View
from labkeeper_hub.api.live.messages import LiveCommand, LiveStop, Message, Ping, Resume, asked_id, read
from labkeeper_hub.api.live.pace import Pace
from labkeeper_hub.api.needs import Right
from labkeeper_hub.api.problems import Refusal, document
from labkeeper_hub.api.routes.commands import submit
from labkeeper_hub.api.routes.stop import stop_all
from labkeeper_hub.api.state import Api
from labkeeper_hub.ports import HistoryLost

FIRST_WORD_S = 10.0
SLOW_S = 10.0  # a client that takes nothing for this long is gone, asleep or hopeless; it may come back and resume
CHECK_S = 1.0
POLICY, TRY_LATER = 1008, 1013


class Dropped(Exception):
    """Close this connection: `reason` is a short code, for the page and for the metric."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Client:
    """One accepted WebSocket of somebody who is signed in."""

    socket: WebSocket
    api: Api
    credentials: Credentials
    view: View
    pace: Pace = field(default_factory=Pace)
    at: int = 0

    async def serve(self) -> None:
        """Talk until either side ends it; raises Dropped or WebSocketDisconnect."""
        await self._greet(await self._first_word())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(), name="live: tell")
                group.create_task(self._listen(), name="live: listen")
                group.create_task(self._watch(), name="live: watch")
        except BaseExceptionGroup as ended:  # not `except*`: before Python 3.11.4 it would wrap what is raised in it
            expected = ended.subgroup((Dropped, WebSocketDisconnect))
            raise expected.exceptions[0] if expected else ended from None

    async def _first_word(self) -> Resume:
        try:
            async with asyncio.timeout(FIRST_WORD_S):
                first = await self._hear()
        except TimeoutError:
            raise Dropped(POLICY, "said_nothing") from None
        if not isinstance(first, Resume):
            raise Dropped(POLICY, "resume_first")
        return first

    async def _greet(self, resume: Resume) -> None:
        bus = self.api.parts.bus
        await self._say({"type": "hello", "stream": bus.stream, "at": bus.at, "server_ms": _now_ms()})
        since = resume.since
        if resume.stream == bus.stream and since is not None and since <= bus.at and bus.remembers(since):
            self.at = since
            return await self._say({"type": "changes", "at": since, "changes": []})
        return await self._catch_up()

    async def _catch_up(self) -> None:
        at, text = await self.view.snapshot()
        await self._send(text)
        self.at = at

    async def _tell(self) -> None:
        while True:
            try:
                changes = await self.api.parts.bus.after(self.at)
            except HistoryLost:
                await self._catch_up()
                continue
            await self._send(self.view.changes(self.at, changes))
            self.at = changes.at

    async def _listen(self) -> None:
        while True:
            message = await self._hear()
            self._check()
            try:
                right = self._right(message.needs)
            except Refusal as refusal:
                self.api.audit.note(self.credentials.person.name, message.needs.value, "live", refusal.code)
                await self._refuse(refusal, message.id if isinstance(message, LiveCommand) else None)
                continue
            if isinstance(message, LiveStop):
                await stop_all(self.api, right)
            elif isinstance(message, LiveCommand):
                await self._command(message, right)
            elif isinstance(message, Ping):
                self._touch()
                await self._say({"type": "pong", "server_ms": _now_ms()})

    async def _hear(self) -> Message:
        """Return the next message that makes sense; what does not is refused and counted."""
        while True:
            await asyncio.sleep(self.pace.take())
            said = await self._receive()
            try:
                return read(said)
            except Refusal as refusal:
                await self._refuse(refusal, asked_id(said))

    async def _receive(self) -> str | None:
        event = await self.socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005), event.get("reason"))
        return event.get("text")

    async def _command(self, asked: LiveCommand, right: Right) -> None:
        self._touch()
        try:
            command = await submit(self.api, asked, right)
        except Refusal as refusal:
            return await self._refuse(refusal, asked.id)
        if command.state.final:  # a repeated id changes nothing, so the bus will not tell
            told: Json = {"kind": "command"} | shapes.command(command)
            await self._say({"type": "changes", "at": self.at, "changes": [told]})
        return None

    async def _refuse(self, refusal: Refusal, asked: str | None) -> None:
        self.api.metrics.refused.labels(refusal.code).inc()
        await self._say({"type": "refused", "id": asked, "problem": document(refusal)})

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            self._check()

    def _check(self) -> None:
        accounts = self.api.accounts
        credentials = self.credentials.renewed(accounts)
        if credentials is None:
            raise Dropped(POLICY, "session_ended")
        self.credentials = credentials
        if scopes(credentials.person, Action.READ_READINGS, accounts.clocks.now_ms()) != self.view.sight.scopes:
            raise Dropped(POLICY, "rights_changed")  # it comes back and gets a snapshot of what it may see now

    def _right(self, action: Action) -> Right:
        right = Right(self.credentials.person, action, self.api.accounts.clocks.now_ms())
        right.demand()
        return right

    def _touch(self) -> None:
        """A page that is looked at pings; that counts as using the session, or a lesson would outlive its sign-in."""
        if self.credentials.session is not None:
            self.api.accounts.touch_session(self.credentials.session)

    async def _say(self, message: Json) -> None:
        await self._send(encode(message).decode())

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SLOW_S):
                await self.socket.send_text(text)
        except TimeoutError:
            raise Dropped(TRY_LATER, "too_slow") from None
        self.api.metrics.sent.inc()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def refuse_crowd() -> Refusal:
    """Return the refusal of one client too many."""
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_clients", "Too many pages are open")
