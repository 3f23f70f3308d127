"""A real InfluxDB, and questions to it as Grafana would ask them."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from labkeeper_sdk.testing import open_influx

DATABASE = os.environ.get("LABKEEPER_INFLUX_BUCKET", "labkeeper")
LINES_AT_ONCE = 20_000
Series: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Questions:
    """What is written to the server and asked of it."""

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
async def _open_client() -> AsyncIterator[httpx.AsyncClient]:
    """Where LABKEEPER_INFLUX_URL points, as for tests/hub/influx, or an influxd of the test's own."""
    if url := os.environ.get("LABKEEPER_INFLUX_URL"):
        headers = {"Authorization": f"Token {os.environ.get('LABKEEPER_INFLUX_TOKEN', '')}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
            yield client
        return
    async with open_influx() as influx, httpx.AsyncClient(base_url=influx.url, timeout=60) as client:
        await client.post("/query", params={"q": f"CREATE DATABASE {DATABASE}"})
        yield client


@asynccontextmanager
async def open_filled(lines: Iterable[str]) -> AsyncIterator[Questions]:
    """Fill an InfluxDB's database, which is empty, with `lines`."""
    async with _open_client() as client:
        questions = Questions(client)
        await questions.write(lines)
        yield questions
