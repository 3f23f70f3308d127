"""One MQTT connection: opened, used, thrown away, never repaired.

A link is what both ends of the wire and the node's device side stand on. It gives what libraries hide: the packet id
and the duplicate flag (late acknowledgement needs both), everything that arrived in one step, and back-pressure.
"""

import asyncio
import hmac
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from labkeeper_wire.mqtt import packets
from labkeeper_wire.mqtt.packets import Message, Packet, Will

log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024  # at most this much is cut into packets before other tasks get their turn
ARRIVED_LIMIT = 10_000  # messages kept for a slow reader before the socket is left unread
MARK_BYTES = 16  # of a client id: 128 bits, as a random UUID would have
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


def heed_cancellation() -> None:
    """Raise CancelledError if this task is to end.

    For whoever catches what a task group raised, and goes on: a group that fails as its task is cancelled tells of the
    failure alone, and the task would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class MqttError(Exception):
    """Something is wrong between us and the broker."""


class LinkLost(MqttError):
    """Throw the link away and open another, later."""


class ConnectRefused(MqttError):
    """The broker answered and said no; `code` is MQTT's (3.2.2.3). Trying again will not help by itself."""

    def __init__(self, code: int) -> None:
        super().__init__(packets.REFUSALS.get(code, f"the broker refuses with code {code}"))
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    proof: bytes | None = field(default=None, repr=False)  # of the key to our certificate, where we have one

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read `mqtt://[user:password@]host[:port]`, or `mqtts://…[?certificate=FILE&key=FILE]` to show a certificate
        of our own; raises ValueError with what is wrong.
        """
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError(f"a broker is written mqtt://host:port, not {url!r}")
        files = dict(parse_qsl(parts.query))
        if files and (parts.scheme != "mqtts" or files.keys() != {"certificate", "key"}):
            raise ValueError("behind mqtts://host:port there may be ?certificate=FILE&key=FILE, both, and nothing else")
        tls = ssl.create_default_context() if parts.scheme == "mqtts" else None
        proof = None if tls is None or not files else _show(tls, files["certificate"], files["key"])
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(parts.hostname, port, _unquoted(parts.username), _unquoted(parts.password), tls, proof)

    def own(self, client_id: str) -> str:
        """Return `client_id` with a mark that nobody makes without this account's password or key; as it is if there is
        neither.

        A broker ends the connection of whoever has an id already, for any account that names it: others must not be
        able to. The mark is the same for each process with the same account, so that two of them do meet.
        """
        secret = self.password.encode() if self.password is not None else self.proof
        if secret is None:
            return client_id
        said = f"{self.username}\0{client_id}".encode()
        return f"{client_id}/{hmac.digest(secret, said, 'sha256')[:MARK_BYTES].hex()}"


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _show(tls: ssl.SSLContext, certificate: str, key: str) -> bytes:
    """Have `tls` show a certificate; return what only who has its key knows. Raises ValueError."""
    try:
        tls.load_cert_chain(certificate, key, password="")
        return sha256(Path(key).read_bytes()).digest()
    except OSError as error:  # an SSLError is one
        raise ValueError(f"the certificate {certificate} with the key {key} cannot be used: {error}") from error


def _give_up(waiter: asyncio.Future[Any], error: MqttError) -> None:
    if not waiter.done():
        waiter.set_exception(error)
        waiter.exception()  # the one who waits gets it; nobody waiting is no news


def _say_oversized(topic: str, size: int) -> None:
    log.warning("message of %d bytes on %s is too large and was dropped", size, topic)


class Link(asyncio.BufferedProtocol):
    """A live connection; made by `connect` only."""

    session_present: bool = False
    on_oversized: Callable[[str, int], None]
    """Hears of every message that was too large to be kept: its topic and its size in bytes."""

    def __init__(self, *, late_ack: bool) -> None:
        self.on_oversized = _say_oversized
        self._late_ack = late_ack
        self._buffer = bytearray(READ_BYTES)
        self._view = memoryview(self._buffer)
        self._decoder = packets.Decoder()
        self._transport: asyncio.Transport | None = None
        self._arrived: list[Message] = []
        self._waiting: asyncio.Future[None] | None = None
        self._replies: dict[int, asyncio.Future[Packet]] = {}
        self._packet_ids = cycle(range(1, 0x10000))
        self._lost: MqttError | None = None
        self._closed = asyncio.get_running_loop().create_future()
        self._connack: asyncio.Future[packets.ConnAck] = asyncio.get_running_loop().create_future()
        self._writable = asyncio.Event()
        self._writable.set()
        self._reading = True
        self._heard = self._spoke = asyncio.get_running_loop().time()

    # --- what callers use -------------------------------------------------------------------------------------------
    async def subscribe(self, *filters: tuple[str, int]) -> None:
        """Subscribe to (filter, QoS 0 or 1) pairs; raises MqttError naming a filter the broker refused."""
        reply = await self._request(lambda packet_id: packets.subscribe(packet_id, filters))
        codes = reply.codes if isinstance(reply, packets.SubAck) else b""
        refused = [name for (name, _), code in zip(filters, codes, strict=False) if code & 0x80]
        if refused:
            raise MqttError(f"the broker refuses the subscription to {', '.join(refused)}")

    async def unsubscribe(self, *filters: str) -> None:
        """Give up subscriptions."""
        await self._request(lambda packet_id: packets.unsubscribe(packet_id, filters))

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 0 without waiting; raises LinkLost."""
        self._write(packets.publish(topic, payload, retain=retain))

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; at QoS 1 return when the broker has acknowledged, at QoS 0 when the socket takes more."""
        if not qos:
            self.send(topic, payload, retain=retain)
            await self.drain()
            return
        await self._request(lambda i: packets.publish(topic, payload, qos=1, retain=retain, packet_id=i))

    async def batches(self) -> AsyncIterator[list[Message]]:
        """Yield everything that arrived since the last step; raises LinkLost when there will be no more."""
        while True:
            if self._arrived:
                batch, self._arrived = self._arrived, []
                self._read_on()
                yield batch
            elif self._lost is not None:
                raise self._lost
            else:
                self._waiting = asyncio.get_running_loop().create_future()
                await self._waiting

    async def messages(self) -> AsyncIterator[Message]:
        """Yield message after message; raises LinkLost when there will be no more."""
        async for batch in self.batches():
            for message in batch:
                yield message

    def acknowledge(self, message: Message) -> None:
        """Tell the broker it may forget `message` (late_ack links; nothing to do at QoS 0 or on a lost link)."""
        if message.qos and self._lost is None:
            self._write(packets.puback(message.packet_id))

    async def drain(self) -> None:
        """Wait until the socket takes more; raises LinkLost."""
        await self._writable.wait()
        if self._lost is not None:
            raise self._lost

    # --- what asyncio calls -----------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # other loops bring transports of their own

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- asyncio's signature
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self._lost is not None:
            return  # what comes while the socket closes is nobody's any more
        self._heard = asyncio.get_running_loop().time()
        try:
            found = self._decoder.feed(bytes(self._view[:nbytes]))
        except packets.ProtocolViolation as violation:
            self._fail(LinkLost(f"the broker breaks the protocol: {violation}"))
            return
        for packet in found:
            self._handle(packet)
        if self._arrived:
            self._wake()
            self._hold_back()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LinkLost(str(exc) if exc else "the broker closed the connection"))
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # --- inside -----------------------------------------------------------------------------------------------------
    def _handle(self, packet: Packet) -> None:
        if isinstance(packet, Message):
            self._arrived.append(packet)
            if packet.qos and not self._late_ack:
                self._write(packets.puback(packet.packet_id))
        elif isinstance(packet, packets.ConnAck):
            if not self._connack.done():
                self._connack.set_result(packet)
        elif isinstance(packet, packets.Oversized):
            self._refuse(packet)
        elif not isinstance(packet, packets.PingResp):
            waiter = self._replies.pop(packet.packet_id, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(packet)

    def _refuse(self, packet: packets.Oversized) -> None:
        self.on_oversized(packet.topic, packet.size)
        if packet.qos:
            self._write(packets.puback(packet.packet_id))

    async def _request(self, encode: Callable[[int], bytes]) -> Packet:
        packet_id = next(i for i in self._packet_ids if i not in self._replies)
        reply: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._replies[packet_id] = reply
        try:
            self._write(encode(packet_id))
            return await reply
        finally:
            self._replies.pop(packet_id, None)

    def _write(self, data: bytes) -> None:
        if self._lost is not None or self._transport is None:
            raise self._lost or LinkLost("not connected")
        self._spoke = asyncio.get_running_loop().time()
        self._transport.write(data)

    def _hold_back(self) -> None:
        if self._reading and self._transport is not None and len(self._arrived) > ARRIVED_LIMIT:
            self._reading = False
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if not self._reading and self._transport is not None and self._lost is None:
            self._reading = True
            self._transport.resume_reading()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, error: MqttError) -> None:
        if self._lost is not None:
            return
        self._lost = error
        self._writable.set()
        _give_up(self._connack, error)
        for waiter in self._replies.values():
            _give_up(waiter, error)
        self._wake()
        if self._transport is not None:
            self._transport.abort()

    async def _open(self, hello: bytes) -> None:
        self._write(hello)
        answer = await self._connack
        if answer.code:
            raise ConnectRefused(answer.code)
        self.session_present = answer.session_present

    async def _keep_alive(self, keepalive_s: float) -> None:
        """Ping when either was silent for a quarter of the time, for who only talks hears nothing, and who only hears
        is taken for dead. Give up when the broker was silent for one and a half (3.1.2.10).
        """
        clock = asyncio.get_running_loop().time
        while self._lost is None:
            await asyncio.sleep(keepalive_s / 4)
            if clock() - self._heard > keepalive_s * 1.5 and self._reading:
                self._fail(LinkLost(f"nothing heard from the broker for {keepalive_s * 1.5:.0f} s"))
            elif max(clock() - self._spoke, clock() - self._heard) > keepalive_s / 4 and self._lost is None:
                self._write(packets.PING)

    async def _close(self, *, politely: bool) -> None:
        if self._transport is None:
            return
        if politely and self._lost is None:
            self._write(packets.BYE)
            self._transport.close()
        self._lost = self._lost or LinkLost("the link is closed")
        with suppress(TimeoutError):
            async with asyncio.timeout(2 if politely else 0):
                await asyncio.shield(self._closed)
        self._transport.abort()


@asynccontextmanager
async def connect(
    address: Address,
    client_id: str,
    *,
    clean: bool = True,
    will: Will | None = None,
    keepalive_s: int = 15,
    late_ack: bool = False,
    connect_timeout_s: float = 5.0,
) -> AsyncIterator[Link]:
    """Open a link; raises LinkLost (try later) or ConnectRefused.

    Leaving normally says DISCONNECT; leaving by an exception drops the connection, so that the will is published.
    """
    link = Link(late_ack=late_ack)
    hello = packets.connect(
        client_id,
        clean=clean,
        keepalive_s=keepalive_s,
        will=will,
        username=address.username,
        password=address.password,
    )
    try:
        async with asyncio.timeout(connect_timeout_s):
            await asyncio.get_running_loop().create_connection(
                lambda: link, address.host, address.port, ssl=address.tls
            )
            await link._open(hello)  # noqa: SLF001 -- the two are one
    except ssl.SSLCertVerificationError as error:
        await link._close(politely=False)  # noqa: SLF001 -- the two are one
        where = f"{address.host}:{address.port}"
        raise LinkLost(f"the certificate of the broker at {where} is not accepted: {error.verify_message}") from error
    except (OSError, TimeoutError) as error:
        await link._close(politely=False)  # noqa: SLF001 -- the two are one
        raise LinkLost(f"no broker at {address.host}:{address.port} ({str(error) or 'no answer'})") from error
    except BaseException:
        await link._close(politely=False)  # noqa: SLF001 -- the two are one
        raise
    pinging = asyncio.create_task(link._keep_alive(keepalive_s), name=f"mqtt keep-alive {client_id}")  # noqa: SLF001 -- the two are one
    politely = False
    try:
        yield link
        politely = True
    finally:
        pinging.cancel()
        with suppress(asyncio.CancelledError, MqttError):
            await pinging
        await link._close(politely=politely)  # noqa: SLF001 -- the two are one
