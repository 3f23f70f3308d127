"""aiomqtt's clients, left without a trace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt


@asynccontextmanager
async def using(client: aiomqtt.Client) -> AsyncIterator[aiomqtt.Client]:
    """Connect, and close afterwards what paho keeps: a pair of sockets to wake a loop that aiomqtt does not run."""
    try:
        async with client:
            yield client
    finally:
        client._client._reset_sockets(sockpair_only=True)  # noqa: SLF001 - otherwise the garbage collector finds them
