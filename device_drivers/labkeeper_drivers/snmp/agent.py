"""Asking an agent, by pysnmp's engine: a new one for each connection; numeric names only, no MIB is looked up."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pyasn1.type.univ import Integer, Null, OctetString
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as snmp

from labkeeper_drivers.snmp.objects import Raw
from labkeeper_drivers.snmp.settings import SnmpConfiguration
from labkeeper_sdk import DeviceUnreachable, reaching

AT_ONCE = 16  # objects a message asks for: an answer stays below the 1,472 bytes that pass anywhere
TRIES = 2
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

    engine: snmp.SnmpEngine
    who: snmp.CommunityData | snmp.UsmUserData
    target: snmp.UdpTransportTarget
    timeout_s: float

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """Return the objects that the agent has; raises Refused, DeviceUnreachable."""
        found: dict[str, Raw] = {}
        for start in range(0, len(oids), AT_ONCE):
            found.update(await self._ask(snmp.get_cmd, [(oid, None) for oid in oids[start : start + AT_ONCE]]))
        return found

    async def set(self, oid: str, value: int) -> None:
        """Set an object to an Integer32; raises Refused, DeviceUnreachable."""
        await self._ask(snmp.set_cmd, [(oid, snmp.Integer32(value))])

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
    who = await asyncio.to_thread(_who, settings)
    engine = await asyncio.to_thread(snmp.SnmpEngine)  # it loads MIBs of its own for some 50 ms
    try:
        async with reaching(settings.host, settings.timeout_s * TRIES):
            try:
                address = (settings.host, settings.port)
                target = await snmp.UdpTransportTarget.create(address, timeout=settings.timeout_s, retries=TRIES - 1)
            except PySnmpError as error:
                raise DeviceUnreachable(f"{settings.host}: {error}") from error
        yield Agent(engine, who, target, settings.timeout_s)
    finally:
        engine.close_dispatcher()


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
