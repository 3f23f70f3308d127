"""A time server (SNTP, RFC 4330) whose clock jumps when it is told to."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

FROM_1900_S = 2_208_988_800
PACKET = 48
HEAD = 0x24  # no leap second, version 4, server
STRATUM = 2


class TimeServer(asyncio.DatagramProtocol):
    """Answers every question with the machine's time plus `ahead_s`."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.port = 0
        self.asked = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to answer."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's promise; its class does not say so
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Answer one question."""
        if len(data) < PACKET or self._transport is None:
            return
        self.asked += 1
        now = _ntp(time.time() + self.ahead_s)
        head = struct.pack("!BBBb3I", HEAD, STRATUM, 6, -20, 0, 0, 0)
        self._transport.sendto(head + now + data[40:48] + now + now, address)


def _ntp(epoch_s: float) -> bytes:
    whole = int(epoch_s)
    return struct.pack("!II", (whole + FROM_1900_S) & 0xFFFF_FFFF, int((epoch_s - whole) * 2**32))


@asynccontextmanager
async def serve_time(host: str, port: int) -> AsyncIterator[TimeServer]:
    """Serve time over UDP; port 0 is a free one."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(TimeServer, local_addr=(host, port))
    try:
        yield server
    finally:
        transport.close()
