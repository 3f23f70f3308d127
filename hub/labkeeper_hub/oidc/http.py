"""One request to a provider, told as a status and a JSON object, or as ProviderFailed and never as httpx's errors."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import httpx
import orjson

from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_sdk import BadConfiguration

ASK_S = 5.0  # for the whole of one answer
MOST_BYTES = 128 * 1024  # a description has 5 kB, keys 10 kB
FIRST_OF_THEIRS = 500
Document: TypeAlias = Mapping[str, object]


@asynccontextmanager
async def open_http(ca_file: Path | None) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client without proxy, redirects, cookies of anybody or packed answers; raises BadConfiguration."""
    context = await asyncio.to_thread(_trusted, ca_file)  # reading the authorities takes some ten milliseconds
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(headers=headers, timeout=ASK_S, trust_env=False, verify=context) as client:
        yield client


async def ask(client: httpx.AsyncClient, request: httpx.Request) -> tuple[int, Document]:
    """Send a request and return the status and the object that was answered; raises ProviderFailed."""
    try:
        async with asyncio.timeout(ASK_S):
            status, body = await _answer(client, request)
    except (TimeoutError, httpx.HTTPError, httpx.StreamError) as error:
        raise ProviderFailed(Reason.PROVIDER_AWAY, type(error).__name__) from error
    finally:
        client.cookies.clear()  # what it sets for one person is not sent for the next
    if status >= FIRST_OF_THEIRS:
        raise ProviderFailed(Reason.PROVIDER_AWAY, f"it answers {status}")
    return status, _object(body, status)


async def _answer(client: httpx.AsyncClient, request: httpx.Request) -> tuple[int, bytes]:
    response = await client.send(request, stream=True)
    try:
        found = bytearray()
        async for part in response.aiter_raw():
            found += part
            if len(found) > MOST_BYTES:
                raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"its answer is longer than {MOST_BYTES} bytes")
        return response.status_code, bytes(found)
    finally:
        await response.aclose()


def _object(body: bytes, status: int) -> Document:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"its answer ({status}) is not JSON") from error
    if not isinstance(told, dict):
        raise ProviderFailed(Reason.PROVIDER_NONSENSE, f"its answer ({status}) is not a JSON object")
    return told


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Return who is believed to be the provider: whom the system believes, and the school's own authority."""
    context = ssl.create_default_context()
    try:
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadConfiguration("oidc.ca_file", f"{ca_file} cannot be read ({error})") from error
    return context
