"""The console as the link: lines of text instead of a broker, for a board that has no network.

We say `NAME=VALUE`, as under our topics. We hear `NODE/PROPERTY/set=VALUE`, a command; `?`, say anew what you are; an
empty line, I am still here.
"""

import select
import sys

from .board import optional

LONGEST = 512  # bytes of a line; what is longer is no command
AT_ONCE = 1024  # bytes heard in one turn, so that pins are served in between


class Line:
    """The console. `heard_ms` is when the host last said anything, `asked` whether it wants to know what we are."""

    lasting = True  # nothing to connect anew
    up = True

    def __init__(self, base: str, now_ms: int) -> None:
        micropython = optional("micropython")
        if hasattr(micropython, "kbd_intr"):
            micropython.kbd_intr(-1)  # noise on a line must not look like somebody who presses Ctrl-C
        self.heard_ms = now_ms
        self.asked = False
        self._base = base
        self._buffer = b""
        self._skip = False
        self._in = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)  # CPython's buffer hides from poll what it holds
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def step(self, now_ms: int, wait_ms: int) -> "list[tuple[str, bytes, bool]]":
        """Hear what has come; return (topic, payload, retained) of commands. Raises OSError when the host hung up."""
        found = []
        for count in range(AT_ONCE):
            if not self._poll.poll(0 if count else wait_ms):
                break
            byte = self._in.read(1)
            if not byte:
                raise OSError(5)
            self.heard_ms = now_ms
            if byte == b"\n":
                found += self._line()
            elif len(self._buffer) < LONGEST:
                self._buffer += byte
            else:
                self._skip = True
        return found

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:  # noqa: ARG002 -- as the broker's
        """Say something under our topic."""
        print(topic[len(self._base) + 1 :] + "=" + str(payload, "utf-8"))  # one call: a line is not torn
        flush = getattr(sys.stdout, "flush", None)
        if flush is not None:
            flush()

    def ping(self) -> None:
        """Ask nothing: the host says that it is there without being asked."""

    def leave(self) -> None:
        """There is nobody to say goodbye to."""

    def close(self) -> None:
        """Hear no more."""
        self._poll.unregister(sys.stdin)

    def _line(self) -> "list[tuple[str, bytes, bool]]":
        line, whole = self._buffer.strip(), not self._skip
        self._buffer, self._skip = b"", False
        self.asked = self.asked or (whole and line == b"?")
        cut = line.find(b"/set=")
        if cut < 0 or not whole:
            return []
        try:
            name = str(line[:cut], "utf-8")
        except UnicodeError:
            return []
        return [(self._base + "/" + name + "/set", line[cut + 5 :], False)]
