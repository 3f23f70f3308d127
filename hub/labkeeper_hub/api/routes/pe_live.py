"""GET …/pe-class/live: the board once a second, for those only who may teach PE there."""

import asyncio

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.api.answers import encode
from labkeeper_hub.api.gate import Credentials
from labkeeper_hub.api.needs import Right, TeachesPe
from labkeeper_hub.api.pe_shapes import board_json
from labkeeper_hub.api.problems import Refusal, answer
from labkeeper_hub.api.routes.pe import CLASS, teaching
from labkeeper_hub.api.state import Api, ApiHere, SignedIn
from labkeeper_wire.leases.book import Room

router = APIRouter()
POLICY, CHECK_S, SLOW_S = 1008, 1.0, 10.0


@router.websocket(f"{CLASS}/live")
async def live(socket: WebSocket, api: ApiHere, school: str, lab: str, right: TeachesPe, credentials: SignedIn) -> None:
    """Tell the board once a second; the right is looked up again before each word."""
    try:
        room = teaching(api, right, school, lab)
    except Refusal as refusal:
        api.audit.note(right.person.name, right.action.value, f"{school}/{lab}", refusal.code)
        return await socket.send_denial_response(answer(refusal))
    await socket.accept()
    api.audit.note(right.person.name, "look_at_pe_class", "/".join(room), "live")
    await _tell(socket, api, room, credentials)
    return None


async def _tell(socket: WebSocket, api: Api, room: Room, credentials: Credentials) -> None:
    """Tell until either side ends it; what the page says ends nothing and means nothing."""
    gone = asyncio.create_task(_gone(socket), name="PE class: gone")
    try:
        while not gone.done() and _may_look(api, room, credentials):
            async with asyncio.timeout(SLOW_S):
                await socket.send_text(encode({"board": board_json(api.parts.pe.board(room))}).decode())
            news = asyncio.create_task(api.parts.pe.news())
            await asyncio.wait({news, gone}, timeout=CHECK_S, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
        if not gone.done():
            await socket.close(POLICY, "rights_changed")
    except (TimeoutError, WebSocketDisconnect):
        return
    finally:
        gone.cancel()


async def _gone(socket: WebSocket) -> None:
    while socket.client_state is not WebSocketState.DISCONNECTED:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return


def _may_look(api: Api, room: Room, credentials: Credentials) -> bool:
    renewed = credentials.renewed(api.accounts)
    if renewed is None:
        return False
    return Right(renewed.person, Action.TEACH_PE, api.accounts.clocks.now_ms()).covers(Scope(*room))
