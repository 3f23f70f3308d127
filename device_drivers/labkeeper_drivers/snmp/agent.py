"""Asking an agent, by pysnmp's engine: a new one for each connection; numeric names only, no MIB is looked up.

The engine has a loop and a thread of its own: its first question is 30 ms of work on a desktop's processor and every
later one 9, several times that on a Pi.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pyasn1.type.univ import Integer, Null, OctetString
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as snmp

from labkeeper_drivers.snmp.objects import Raw
from labkeeper_drivers.snmp.settings import SnmpConfiguration
from labkeeper_sdk import DeviceUnreachable, reaching

AT_ONCE = 16  # objects a message asks for: an answer stays below the 1,472 bytes that pass anywhere
TRIES = 2
T = TypeVar("T")
AUTH = {
    "md5": snmp.USM_AUTH_HMAC96_MD5, "sha": snmp.USM_AUTH_HMAC96_SHA, "sha256": snmp.USM_AUTH_HMAC192_SHA256,
    "sha512": snmp.USM_AUTH_HMAC384_SHA512,
}  # fmt: skip
PRIV = {"des": snmp.USM_PRIV_CBC56_DES, "aes": snmp.USM_PRIV_CFB128_AES, "aes256": snmp.USM_PRIV_CFB256_AES}


class Refused(Exception):
    """The agent answered with an error status (RFC 3416, 3)."""


@dataclass(slots=True)
class Agent:
    """Asks one agent; not to be used twice at a time."""

    loop: asyncio.AbstractEventLoop
    engine: snmp.SnmpEngine
    who: snmp.CommunityData | snmp.UsmUserData
    target: snmp.UdpTransportTarget
    timeout_s: float

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """Return the objects that the agent has; raises Refused, DeviceUnreachable."""
        found: dict[str, Raw] = {}
        for start in range(0, len(oids), AT_ONCE):
            asked = self._ask(snmp.get_cmd, [(oid, None) for oid in oids[start : start + AT_ONCE]])
            found.update(await _in(self.loop, asked))
        return found

    async def set(self, oid: str, value: int) -> None:
        """Set an object to an Integer32; raises Refused, DeviceUnreachable."""
        await _in(self.loop, self._ask(snmp.set_cmd, [(oid, snmp.Integer32(value))]))

    async def _ask(self, command: Any, wanted: Sequence[tuple[str, Any]]) -> Mapping[str, Raw]:  # noqa: ANN401 -- theirs
        pairs = [
            snmp.ObjectType(snmp.ObjectIdentity(oid), *([] if value is None else [value])) for oid, value in wanted
        ]
        arguments = (self.engine, self.who, self.target, snmp.ContextData(), *pairs)
        async with reaching("the agent", self.timeout_s * TRIES + 1):
            try:
                lost, status, _, answered = await command(*arguments, lookupMib=False)
            except PySnmpError as error:
                raise DeviceUnreachable(f"the agent: {error}") from error
        if lost:
            raise DeviceUnreachable(f"the agent: {lost}")
        if int(status):
            raise Refused(status.prettyPrint() if hasattr(status, "prettyPrint") else str(status))
        return {str(name): raw for name, value in answered if (raw := _raw(value)) is not None}


def _raw(value: object) -> Raw | None:
    """Return a number or bytes, None where the agent has no such object."""
    if isinstance(value, Integer):
        return int(value)
    return bytes(value) if isinstance(value, OctetString) and not isinstance(value, Null) else None


@asynccontextmanager
async def open_agent(settings: SnmpConfiguration) -> AsyncIterator[Agent]:
    """Make an engine for one agent; nothing is sent yet. Raises DeviceUnreachable for a name nobody knows."""
    async with _loop_aside() as loop:
        agent = await _in(loop, _engine(loop, settings))
        try:
            yield agent
        finally:
            await _in(loop, _closed(agent.engine))


async def _engine(loop: asyncio.AbstractEventLoop, settings: SnmpConfiguration) -> Agent:
    engine = snmp.SnmpEngine()
    async with reaching(settings.host, settings.timeout_s * TRIES):
        try:
            address = (settings.host, settings.port)
            target = await snmp.UdpTransportTarget.create(address, timeout=settings.timeout_s, retries=TRIES - 1)
            target.set_local_address((_way_to(target.transport_address), 0))
        except (PySnmpError, OSError) as error:
            raise DeviceUnreachable(f"{settings.host}: {error}") from error
    return Agent(loop, engine, _who(settings), target, settings.timeout_s)


def _way_to(address: tuple[str, int]) -> str:
    """Return this machine's address on the way to another: answers are taken there, not from every network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(address)  # sends nothing
        here: str = asking.getsockname()[0]
        return here


async def _closed(engine: snmp.SnmpEngine) -> None:
    engine.close_dispatcher()
    given_up = asyncio.all_tasks() - {asyncio.current_task()}
    for task in given_up:
        task.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)


@asynccontextmanager
async def _loop_aside() -> AsyncIterator[asyncio.AbstractEventLoop]:
    """Run another loop in a thread while inside."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="snmp", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()


async def _in(loop: asyncio.AbstractEventLoop, asked: Coroutine[Any, Any, T]) -> T:
    """Return what the coroutine returns in that loop, or raise what it raises; cancelled with the one who waits."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, loop))


def _who(settings: SnmpConfiguration) -> snmp.CommunityData | snmp.UsmUserData:
    if settings.community is not None:
        return snmp.CommunityData(settings.community.get_secret_value(), mpModel=1)  # noqa: S508 -- what most school switches are set to
    auth, priv = settings.auth_key, settings.priv_key
    return snmp.UsmUserData(
        settings.user,
        authKey=auth.get_secret_value() if auth else None,
        privKey=priv.get_secret_value() if priv else None,
        authProtocol=AUTH[settings.auth] if auth else snmp.USM_AUTH_NONE,
        privProtocol=PRIV[settings.priv] if priv else snmp.USM_PRIV_NONE,
    )
