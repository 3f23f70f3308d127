"""GET /api/v1/live: the WebSocket's door."""

import asyncio
import logging
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from labkeeper_hub.api.live.client import Client, Dropped, refuse_crowd
from labkeeper_hub.api.needs import ReadsReadings
from labkeeper_hub.api.problems import Refusal, answer
from labkeeper_hub.api.state import Api, ApiHere, SignedIn

MOST_CLIENTS = 512
GOODBYE_S = 0.5  # a full socket takes no close frame; the kernel gives the connection up
log = logging.getLogger(__name__)
router = APIRouter()


@router.websocket("/live")
async def live(socket: WebSocket, api: ApiHere, right: ReadsReadings, credentials: SignedIn) -> None:
    """Tell a page everything it may know as it happens, and take its commands."""
    try:
        right.demand()
    except Refusal as refusal:
        return await socket.send_denial_response(answer(refusal))
    if api.audience.clients >= MOST_CLIENTS:
        return await socket.send_denial_response(answer(refuse_crowd()))
    await socket.accept()
    sight = right.sight(api.parts.registry)
    with api.audience.one_more(sight) as view:
        await _serve(Client(socket, api, credentials, view), api)
    return None


async def _serve(client: Client, api: Api) -> None:
    try:
        await client.serve()
    except WebSocketDisconnect:
        return
    except Dropped as dropped:
        log.info("live client dropped: %s", dropped.reason)
        api.metrics.dropped.labels(dropped.reason).inc()
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(GOODBYE_S):
                await client.socket.close(dropped.code, dropped.reason)
