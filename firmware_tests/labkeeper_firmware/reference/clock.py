"""The time of day by SNTP (RFC 4330), kept beside the chip's own clock so that a jump moves stamps and nothing else."""

import socket
import struct

PACKET = 48
AGAIN_MS = 5000  # after there was no network, or nobody who knew the server's name
ASK = b"\x1b" + b"\0" * 47  # version 3, client
FROM_1900_S = 2_208_988_800  # between the epochs of NTP and Unix (RFC 4330, section 3)
DAY_S = 86_400
LEAP_ERA_DAYS = 146_097  # 400 Gregorian years
UNSYNCHRONISED = 3  # the leap indicator of a server that does not know the time
SERVER = 4


class Clock:
    """Universal time as a server last said it, carried on by the monotonic clock."""

    def __init__(self, server: str, every_ms: int) -> None:
        self._host, _, port = server.partition(":")
        self._port = int(port or 123)
        self.every_ms = every_ms
        self._address: object = None  # a name means nothing before there is a network: looked up when it is asked
        self._socket: socket.socket | None = None
        self._next_ms = 0
        self._base_ms = 0
        self.synchronised = False

    def step(self, now_ms: int, *, may_wait: bool) -> None:
        """Take an answer that has come, ask again when it is time. Waits only for the server's name to be looked up,
        and only where it may.
        """
        if not self._host:
            return
        if self._socket is not None:
            self._listen(self._socket, now_ms)
        if now_ms >= self._next_ms and (may_wait or self._address is not None):
            self._next_ms = now_ms + (self.every_ms if self._ask() else min(AGAIN_MS, self.every_ms))

    def stamp(self, now_ms: int) -> str:
        """Return the time as ISO 8601 in UTC; "" as long as nobody has said it."""
        return iso(self._base_ms + now_ms) if self.synchronised else ""

    def _ask(self) -> bool:
        """Ask; return whether there was a network to do so."""
        if self._socket is not None:
            self._socket.close()
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # a new port each time: late answers go nowhere
        self._socket = asking
        asking.setblocking(False)
        try:
            if self._address is None:
                self._address = socket.getaddrinfo(self._host, self._port, socket.AF_INET, socket.SOCK_DGRAM)[0][-1]
            asking.sendto(ASK, self._address)  # type: ignore[call-overload] # MicroPython's is bytes, CPython's a pair
        except OSError:
            return False
        return True

    def _listen(self, asked: socket.socket, now_ms: int) -> None:
        try:
            answer = asked.recv(PACKET)
        except OSError:
            return
        leap, mode = answer[0] >> 6, answer[0] & 7
        if len(answer) == PACKET and leap != UNSYNCHRONISED and mode == SERVER:
            seconds, fraction = struct.unpack("!II", answer[40:48])
            self._base_ms = (seconds - FROM_1900_S) * 1000 + (fraction * 1000 >> 32) - now_ms
            self.synchronised = True


def iso(epoch_ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601; own arithmetic, for MicroPython's epoch differs by board."""
    days, second = divmod(epoch_ms // 1000, DAY_S)
    year, month, day = civil(days)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{epoch_ms % 1000:03d}"
    return f"{year:04d}-{month:02d}-{day:02d}T{clock}Z"


def civil(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 1970-01-01; years counted from March."""
    days += 719_468  # from 0000-03-01
    era, of_era = divmod(days, LEAP_ERA_DAYS)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (month <= 2), month, day
