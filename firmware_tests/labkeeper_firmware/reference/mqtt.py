"""A connection to the broker that never waits: everything happens in `step`, so that pins are served meanwhile."""

import errno
import select
import socket

from . import packets

RECEIVE = 1024
LARGEST = 8192  # bytes of one packet; what is larger is read over, a board has no room for it
UNDERWAY = (errno.EINPROGRESS, errno.EAGAIN)
FULL = 32_768  # bytes that nobody takes: the link is dead


class Link:
    """One connection, thrown away when it breaks. `heard_ms` is when the broker last said anything."""

    lasting = False
    asked = False  # a broker keeps what we are

    def __init__(self, address: object, hello: bytes, filters: list[str]) -> None:
        self.up = False
        self.heard_ms = 0
        self._filters = filters
        self._out = hello
        self._buffer = b""
        self._skip = 0
        self._number = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLOUT)
        try:
            self._socket.connect(address)  # type: ignore[arg-type] # MicroPython's is bytes, CPython's a pair
        except OSError as error:
            if error.errno not in UNDERWAY:
                raise

    def step(self, now_ms: int, wait_ms: int) -> list[tuple[str, bytes, bool]]:
        """Send and receive what can be; return (topic, payload, retained) of messages. Raises OSError at its end."""
        if len(self._out) > FULL:
            raise OSError(errno.ECONNRESET)
        self._poll.modify(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        for _, what in self._poll.poll(wait_ms):
            if what & (select.POLLERR | select.POLLHUP) and not what & select.POLLIN:
                raise OSError(errno.ECONNRESET)
            if what & select.POLLOUT:
                self._send()
            if what & select.POLLIN:
                self._receive(now_ms)
        return self._messages()

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Queue a message; where nobody takes what is queued, the next `step` raises."""
        self._put(packets.publish(topic, payload, self._next(), retain=retain))

    def ping(self) -> None:
        """Ask the broker whether it is there."""
        self._put(packets.PING)

    def leave(self) -> None:
        """Say goodbye, so that the will stays unsaid."""
        self._put(packets.LEAVE)
        self._send()

    def close(self) -> None:
        """Throw the connection away."""
        self._poll.unregister(self._socket)
        self._socket.close()

    def _put(self, packet: bytes) -> None:
        if len(self._out) <= FULL:
            self._out += packet

    def _next(self) -> int:
        self._number = self._number % 65_535 + 1
        return self._number

    def _send(self) -> None:
        try:
            self._out = self._out[self._socket.send(self._out) :]
        except OSError as error:
            if error.errno not in UNDERWAY:
                raise

    def _receive(self, now_ms: int) -> None:
        try:
            data = self._socket.recv(RECEIVE)
        except OSError as error:
            if error.errno in UNDERWAY:
                return
            raise
        if not data:
            raise OSError(errno.ECONNRESET)
        self.heard_ms = now_ms
        self._buffer += data

    def _messages(self) -> list[tuple[str, bytes, bool]]:
        found = []
        try:
            while self._whole():
                message = self._take()
                if message is not None:
                    found.append(message)
        except ValueError:
            raise OSError(errno.ECONNRESET) from None  # not MQTT, or out of step
        return found

    def _whole(self) -> bool:
        """Whether a packet is there; what is too large is dropped as it comes."""
        dropped = min(self._skip, len(self._buffer))
        self._buffer, self._skip = self._buffer[dropped:], self._skip - dropped
        span = packets.measure(self._buffer) if self._buffer and not self._skip else None
        if span is not None and span[1] > LARGEST:
            self._skip = span[1]
            return self._whole()
        return span is not None and len(self._buffer) >= span[1]

    def _take(self) -> tuple[str, bytes, bool] | None:
        span = packets.measure(self._buffer) or (0, 0)
        head, body = self._buffer[0], self._buffer[span[0] : span[1]]
        self._buffer = self._buffer[span[1] :]
        kind = head >> 4
        if kind == packets.CONNACK:
            self._accepted(body)
        if kind != packets.PUBLISH:
            return None
        topic, payload = packets.published(body)
        return topic, payload, bool(head & 1)

    def _accepted(self, body: bytes) -> None:
        if body[1:2] != b"\x00":
            raise OSError(errno.ECONNREFUSED)
        self.up = True
        for topic in self._filters:
            self._put(packets.subscribe(topic, self._next()))
