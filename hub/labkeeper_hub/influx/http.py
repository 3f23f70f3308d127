"""One HTTP request to an InfluxDB, told as an answer or as SinkUnreachable and never as httpx's errors."""

import asyncio
import gzip
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import httpx

from labkeeper_hub.influx.settings import InfluxSettings, Secrets
from labkeeper_hub.influx.sinks import CONNECT_S, LONGEST_ANSWER, WRITE_S, SinkUnreachable
from labkeeper_hub.influx.verdict import Answer, retry_after

LEVEL = 1


def open_http(settings: InfluxSettings, secrets: Secrets) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """Return a client that has the credentials in its headers; no proxy, no redirects."""
    basic = httpx.BasicAuth(settings.user, secrets.password) if settings.user and not secrets.token else None
    return httpx.AsyncClient(
        base_url=settings.url,
        auth=basic,
        headers=_token_header(settings, secrets),
        timeout=httpx.Timeout(WRITE_S, connect=CONNECT_S),
        trust_env=False,
        verify=_trusted(settings),
    )


def _trusted(settings: InfluxSettings) -> ssl.SSLContext | bool:
    """Return who is believed: whom the system believes, and SSL_CERT_FILE; without TLS nobody is asked."""
    return ssl.create_default_context() if settings.url.startswith("https:") else False


def _token_header(settings: InfluxSettings, secrets: Secrets) -> dict[str, str]:
    if not secrets.token:
        return {}
    return {"Authorization": f"{'Bearer' if settings.version == 3 else 'Token'} {secrets.token}"}  # noqa: PLR2004 -- InfluxDB's own version


async def post(
    client: httpx.AsyncClient,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    json: Mapping[str, object] | None = None,
    data: Mapping[str, str] | None = None,
    zipped: bool = False,
) -> Answer:
    """POST and return the answer."""
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    body = gzip.compress(content, LEVEL) if zipped and content is not None else content
    request = client.build_request("POST", path, params=params, content=body, json=json, data=data, headers=headers)
    return await send(client, request)


async def send(client: httpx.AsyncClient, request: httpx.Request, most: int = LONGEST_ANSWER) -> Answer:
    """Send a request; of a longer answer only the beginning is read. Raises SinkUnreachable."""
    try:
        async with asyncio.timeout(WRITE_S):  # httpx counts anew with each byte, and an answer may have no end
            return await _answer(client, request, most)
    except TimeoutError as error:
        raise SinkUnreachable("timeout", f"no whole answer in {WRITE_S:.0f} s") from error
    except httpx.TimeoutException as error:
        raise SinkUnreachable("timeout", type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise SinkUnreachable("unreachable", str(error) or type(error).__name__) from error


async def _answer(client: httpx.AsyncClient, request: httpx.Request, most: int) -> Answer:
    response = await client.send(request, stream=True)
    try:
        body = (await _beginning(response, most)).decode(errors="replace")
        return Answer(response.status_code, body, retry_after(response.headers.get("Retry-After")))
    finally:
        await response.aclose()


async def _beginning(response: httpx.Response, most: int) -> bytes:
    found = bytearray()
    async for part in response.aiter_bytes():
        found += part
        if len(found) > most:
            break
    return bytes(found[:most])
