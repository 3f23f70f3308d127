"""What a forwarder needs of an InfluxDB, and how each kind of it is reached."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.influx.verdict import Answer

WRITE_S = 30.0  # for a whole write, answer included
CONNECT_S = 5.0
LONGEST_ANSWER = 64 * 1024  # more of an error's text is not read


class SinkUnreachable(Exception):
    """No whole answer came: nobody knows whether the lines are stored, so they are sent again. `code` is short."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Sink(Protocol):
    """An open connection; it is thrown away when something is wrong with it."""

    async def write(self, body: bytes) -> Answer:
        """Send lines joined by line ends, times in ns; raises SinkUnreachable."""

    async def create(self) -> Answer:
        """Make the database with its retention, or find that it is there; raises SinkUnreachable."""


class Connect(Protocol):
    """Opens a connection, with secrets read anew; raises BadConfiguration where their file cannot be read."""

    def __call__(self, settings: InfluxSettings) -> AbstractAsyncContextManager[Sink]: ...
