"""InfluxDB 2.x and 3.x: written to through influxdb-client's async API, made ready through their HTTP APIs."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
from urllib3.exceptions import HTTPError

from labkeeper_hub.influx.http import open_http, post, send
from labkeeper_hub.influx.settings import InfluxSettings, read_secrets
from labkeeper_hub.influx.sinks import WRITE_S, SinkUnreachable
from labkeeper_hub.influx.verdict import Answer, retry_after

CLIENT = "influxdb_client.client.influxdb_client_async"
DAY_S = 86_400
THERE_ALREADY = {409, 422}  # 2.x: 422 a bucket of this name, 3.x: 409


@dataclass(frozen=True, slots=True)
class Version2:
    """An open connection: the library's client to write, a plain one for the rest."""

    settings: InfluxSettings
    library: Any  # influxdb-client has no types
    client: httpx.AsyncClient

    async def write(self, body: bytes) -> Answer:
        """Send lines."""
        exceptions = importlib.import_module("influxdb_client.rest")
        try:
            await self.library.write_api().write(self.settings.database, self.settings.org, body, "ns")
        except exceptions.ApiException as refusal:
            return _answer(refusal)
        except TimeoutError as error:
            raise SinkUnreachable("timeout", f"no answer in {WRITE_S:.0f} s") from error
        except (aiohttp.ClientError, HTTPError, OSError) as error:
            raise SinkUnreachable("unreachable", str(error) or type(error).__name__) from error
        return Answer(204)

    async def create(self) -> Answer:
        """Make the bucket of 2.x, or the database of 3.x."""
        made = await (self._database() if self.settings.version == 3 else self._bucket())  # noqa: PLR2004 -- InfluxDB's own version, or an HTTP status
        return Answer(200) if made.status in THERE_ALREADY else made

    async def _database(self) -> Answer:
        asked: dict[str, object] = {"db": self.settings.database}
        if self.settings.retention_days:
            asked["retention_period"] = f"{self.settings.retention_days}d"
        return await post(self.client, "/api/v3/configure/database", json=asked)

    async def _bucket(self) -> Answer:
        request = self.client.build_request("GET", "/api/v2/orgs", params={"org": self.settings.org})
        found = await send(self.client, request)
        identity = _org_id(found)
        if identity is None:
            return found if found.status >= 400 else Answer(404, '{"message": "organization not found"}')  # noqa: PLR2004 -- InfluxDB's own version, or an HTTP status
        rules = [{"type": "expire", "everySeconds": self.settings.retention_days * DAY_S}]
        return await post(
            self.client,
            "/api/v2/buckets",
            json={"orgID": identity, "name": self.settings.database, "retentionRules": rules},
        )


def _answer(refusal: Any) -> Answer:  # noqa: ANN401 -- influxdb-client has no types
    body = refusal.body.decode(errors="replace") if isinstance(refusal.body, bytes) else str(refusal.body or "")
    headers: Mapping[str, str] = refusal.headers or {}
    return Answer(int(refusal.status or 500), body, retry_after(headers.get("Retry-After")))


def _org_id(answer: Answer) -> str | None:
    try:
        orgs = json.loads(answer.body).get("orgs")
        return str(orgs[0]["id"]) if orgs else None
    except (ValueError, AttributeError, KeyError, TypeError):
        return None


@asynccontextmanager
async def connect(settings: InfluxSettings) -> AsyncIterator[Version2]:
    """Open a connection; nothing is sent yet."""
    secrets = read_secrets(settings)
    library = await asyncio.to_thread(importlib.import_module, CLIENT)  # a good part of a second, the first time
    async with (
        open_http(settings, secrets) as client,
        library.InfluxDBClientAsync(
            settings.url,
            secrets.token,
            org=settings.org,
            timeout=int(WRITE_S * 1000),
            enable_gzip=settings.gzip,
            allow_redirects=False,
        ) as writing,
    ):
        yield Version2(settings, writing, client)
