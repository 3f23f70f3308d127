"""A real InfluxDB of the 1.x line on a free port, and questions to it as Grafana would ask them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from labkeeper_sdk.testing import open_influx

DATABASE = "labkeeper"
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
async def open_filled(lines: Iterable[str]) -> AsyncIterator[Questions]:
    """Run an InfluxDB whose database holds `lines`."""
    async with open_influx() as influx, httpx.AsyncClient(base_url=influx.url, timeout=60) as client:
        await client.post("/query", params={"q": f"CREATE DATABASE {DATABASE}"})
        questions = Questions(client)
        await questions.write(lines)
        yield questions
