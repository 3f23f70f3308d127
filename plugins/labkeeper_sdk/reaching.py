"""What every driver needs around its IO: whatever goes wrong on the way is DeviceUnreachable, and in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labkeeper_sdk.errors import DeviceUnreachable


@asynccontextmanager
async def reaching(device: str, within_s: float) -> AsyncIterator[None]:
    """Give the IO inside `within_s` seconds; its time-out, its end of file and its OSError become DeviceUnreachable."""
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        raise DeviceUnreachable(f"{device} does not answer within {within_s:g} s") from None
    except EOFError:
        raise DeviceUnreachable(f"{device} hung up") from None
    except OSError as error:
        raise DeviceUnreachable(f"{device}: {error.strerror or error}") from error
