"""A private MQTT broker on loopback: Mosquitto where it is installed, else the embedded amqtt.

The demo, the tests and the benchmarks start their broker here and nowhere else.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_sdk.testing.ports import free_port

START_S = 15.0
# Mosquitto's own defaults drop silently: 1,000 queued messages and 20 in flight per client.
MOSQUITTO_CONF = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 1000000
max_inflight_messages 1000
persistence true
persistence_location {folder}/
autosave_interval 5
log_dest stderr
log_type error
log_type warning
"""


class BrokerUnavailable(Exception):
    """No broker could be started; the message says what to install."""


@dataclass(slots=True)
class Broker:
    """A running broker. `stop` and `start` let a test take it away and bring it back with its data."""

    kind: str  # mosquitto or amqtt
    host: str
    port: int
    folder: Path
    process: Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """Where the broker writes what it has to say."""
        return self.folder / "broker.log"

    async def start(self) -> None:
        """Start and return once the port answers; raises BrokerUnavailable."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command(), stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            async with asyncio.timeout(START_S):
                await self._answers()
        except TimeoutError:
            await self.stop(signal.SIGKILL)
            raise BrokerUnavailable(f"{self.kind} did not answer on {self.host}:{self.port}") from None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process (SIGTERM keeps its data, SIGKILL is a fault) and wait for it."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(how)
        await process.wait()

    def _command(self) -> list[str]:
        if self.kind == "amqtt":
            return [sys.executable, "-m", "labkeeper_sdk.testing.embedded_broker", self.host, str(self.port)]
        conf = self.folder / "mosquitto.conf"
        conf.write_text(MOSQUITTO_CONF.format(host=self.host, port=self.port, folder=self.folder))
        command = [find_mosquitto() or "mosquitto", "-c", str(conf)]
        # as root Mosquitto changes to a user who cannot write the folder
        if os.geteuid() == 0:
            conf.write_text(conf.read_text() + "user root\n")
        return command

    async def _answers(self) -> None:
        process = self.process
        while process is not None and process.returncode is None:
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
        said = self.log.read_text(errors="replace").strip()[-500:]
        raise BrokerUnavailable(f"{self.kind} ended at once: {said}")


def find_mosquitto() -> str | None:
    """The path of Mosquitto, which Debian keeps in /usr/sbin where an ordinary PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


@asynccontextmanager
async def open_broker(
    *, host: str = "127.0.0.1", port: int = 0, folder: Path | None = None, kind: str | None = None
) -> AsyncIterator[Broker]:
    """Run a broker on `port` (0: a free one), its data in `folder` (None: thrown away); stops it at the end."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-broker-") as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        chosen = kind or ("mosquitto" if find_mosquitto() else "amqtt")
        broker = Broker(chosen, host, port or free_port(), place)
        try:
            await broker.start()  # a start that is interrupted leaves nothing running
            yield broker
        finally:
            await broker.stop()
