"""A private InfluxDB 1.x on loopback, where `influxd` is installed (Debian's package `influxdb`).

The demo, the tests and the benchmarks start their database here and nowhere else.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_sdk.testing.ports import free_port

START_S = 30.0
END_S = 15.0
INFLUXD_CONF = """\
reporting-disabled = true
bind-address = "{host}:{backup_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "{host}:{port}"
  auth-enabled = {auth}
  log-enabled = false
  max-body-size = {max_body_size}
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
  suppress-logo = true
"""


class InfluxUnavailable(Exception):
    """No InfluxDB could be started; the message says what to install."""


@dataclass(slots=True)
class Influx:
    """A running InfluxDB. `stop` and `start` let a test take it away and bring it back with its data."""

    host: str
    port: int
    folder: Path
    auth: bool = False
    max_body_size: int = 25_000_000
    process: Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self.folder / "influxd.log"

    async def start(self) -> None:
        """Start and return once it answers; raises InfluxUnavailable."""
        program = find_influxd()
        if program is None:
            raise InfluxUnavailable("influxd is not installed: apt install influxdb")
        conf = self.folder / "influxdb.conf"
        conf.write_text(self._configuration())
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INFLUXDB_")}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(program, "-config", str(conf)),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        try:
            async with asyncio.timeout(START_S):
                await self._answers()
        except TimeoutError:
            await self.stop(signal.SIGKILL)
            raise InfluxUnavailable(f"influxd did not answer on {self.url}") from None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process (SIGKILL is a fault) and wait for it; one that does not end is killed."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(how)
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _configuration(self) -> str:
        return INFLUXD_CONF.format(
            host=self.host,
            port=self.port,
            backup_port=free_port(0, self.host),
            folder=self.folder,
            auth=str(self.auth).lower(),
            max_body_size=self.max_body_size,
        )

    async def _answers(self) -> None:
        process = self.process
        while process is not None and process.returncode is None:
            if await _pings(self.host, self.port):
                return
            await asyncio.sleep(0.05)
        said = self.log.read_text(errors="replace").strip()[-500:]
        raise InfluxUnavailable(f"influxd ended at once: {said}")


async def _pings(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET /ping HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b" 204 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


def find_influxd() -> str | None:
    """Return the path of influxd."""
    return shutil.which("influxd") or shutil.which("influxd", path="/usr/bin:/usr/sbin:/usr/local/bin")


@asynccontextmanager
async def open_influx(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    folder: Path | None = None,
    auth: bool = False,
    max_body_size: int = 25_000_000,
) -> AsyncIterator[Influx]:
    """Run an InfluxDB on `port` (0: a free one), its data in `folder` (None: thrown away); stops it at the end.

    Raises InfluxUnavailable.
    """
    with tempfile.TemporaryDirectory(prefix="labkeeper-influx-") as temporary:
        place = (folder or Path(temporary)).absolute()
        place.mkdir(parents=True, exist_ok=True)
        influx = Influx(host, port or free_port(), place, auth, max_body_size)
        try:
            await influx.start()  # a start that is interrupted leaves nothing running
            yield influx
        finally:
            await influx.stop()
