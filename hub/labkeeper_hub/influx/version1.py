"""InfluxDB 1.x (1.6 is Debian's): /write and /query, user and password or a token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from labkeeper_hub.influx.http import open_http, post
from labkeeper_hub.influx.influxql import create_database, error_of
from labkeeper_hub.influx.settings import InfluxSettings, read_secrets
from labkeeper_hub.influx.verdict import Answer


@dataclass(frozen=True, slots=True)
class Version1:
    """An open connection."""

    settings: InfluxSettings
    client: httpx.AsyncClient

    async def write(self, body: bytes) -> Answer:
        """Send lines."""
        params = {"db": self.settings.database, "precision": "ns"}
        return await post(self.client, "/write", params=params, content=body, zipped=self.settings.gzip)

    async def create(self) -> Answer:
        """CREATE DATABASE, which changes nothing if it is there, with its default retention policy."""
        answer = Answer(200)
        for statement in create_database(self.settings.database, self.settings.retention_days):
            answer = await post(self.client, "/query", data={"q": statement})
        refusal = error_of(answer.body)
        return Answer(400, answer.body) if answer.status == HTTPStatus.OK and refusal else answer


@asynccontextmanager
async def connect(settings: InfluxSettings) -> AsyncIterator[Version1]:
    """Open a connection; nothing is sent yet."""
    async with open_http(settings, read_secrets(settings)) as client:
        yield Version1(settings, client)
