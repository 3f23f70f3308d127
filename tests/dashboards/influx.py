"""A real InfluxDB of the 1.x line on a free port, and questions to it as Grafana would ask them."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from labkeeper_sdk.testing import free_port

DATABASE = "labkeeper"
START_S = 60.0
LINES_AT_ONCE = 20_000
Series: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Influx:
    """The running server."""

    url: str
    client: httpx.AsyncClient

    async def write(self, lines: Iterable[str]) -> None:
        """Write line protocol."""
        every = list(lines)
        for start in range(0, len(every), LINES_AT_ONCE):
            body = "\n".join(every[start : start + LINES_AT_ONCE]).encode()
            answer = await self.client.post("/write", params={"db": DATABASE, "precision": "ns"}, content=body)
            assert answer.status_code == 204, answer.text

    async def ask(self, statement: str) -> list[Series]:
        """Return the series of the only statement; an error of the server fails the test with its words."""
        answer = await self.client.post("/query", params={"db": DATABASE, "epoch": "ms"}, data={"q": statement})
        document = answer.json()
        (result,) = document["results"]
        assert "error" not in result, f"{statement}\n{result['error']}"
        series: list[Series] = result.get("series", [])
        return series


@asynccontextmanager
async def open_influx(folder: Path) -> AsyncIterator[Influx]:
    """Run influxd with its data in `folder`, the database made."""
    port = free_port()
    environment = {
        **os.environ,
        "INFLUXDB_REPORTING_DISABLED": "true",
        "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
        "INFLUXDB_META_DIR": str(folder / "meta"),
        "INFLUXDB_DATA_DIR": str(folder / "data"),
        "INFLUXDB_DATA_WAL_DIR": str(folder / "wal"),
        "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
        "INFLUXDB_HTTP_LOG_ENABLED": "false",
        "INFLUXDB_MONITOR_STORE_ENABLED": "false",
    }
    influxd = shutil.which("influxd") or "influxd"
    process = await asyncio.create_subprocess_exec(
        influxd, "run", "-config", "/dev/null", env=environment, stdout=DEVNULL, stderr=DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            await _answers(process, client)
            await client.post("/query", params={"q": f"CREATE DATABASE {DATABASE}"})
            yield Influx(url, client)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(process: Process, client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_S):
        while process.returncode is None:
            try:
                if (await client.get("/ping")).status_code == 204:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"influxd ended with {process.returncode}")
