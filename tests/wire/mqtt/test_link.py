"""The MQTT link against a real broker, and against a peer that misbehaves."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from labkeeper_sdk.testing import Broker, find_mosquitto, open_broker
from labkeeper_wire.mqtt import (
    Address,
    ConnectRefused,
    Link,
    LinkLost,
    Message,
    MqttError,
    Will,
    connect,
    heed_cancellation,
)
from labkeeper_wire.mqtt import link as link_module

DEADLINE_S = 10


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with open_broker() as running:
        yield running


async def first(link: Link) -> Message:
    async with asyncio.timeout(DEADLINE_S):
        return await anext(link.messages())


async def test_a_message_reaches_who_asked_for_it(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "a") as a, connect(address, "b") as b:
        await a.subscribe(("t/#", 1))
        await b.publish("t/1", b"one", qos=1, retain=False)
        assert await first(a) == Message("t/1", b"one", 1, False, False, 1)


async def test_quality_zero_waits_for_nobody(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "a") as a:
        await a.subscribe(("t", 0))
        await a.publish("t", b"1", qos=0)
        assert (await first(a)).payload == b"1"


async def test_a_retained_message_greets_the_late_comer_and_an_unsubscribed_one_stops(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "a") as a:
        await a.publish("t", b"kept", retain=True)
        await a.subscribe(("t", 1), ("other", 1))
        assert (await first(a)).retain
        await a.unsubscribe("t")
        await a.publish("t", b"not heard")
        await a.publish("other", b"heard")
        assert (await first(a)).payload == b"heard"


async def test_a_message_stays_the_brokers_until_it_is_acknowledged(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "node", clean=False, late_ack=True) as node, connect(address, "dev") as device:
        await node.subscribe(("t", 1))
        await device.publish("t", b"1")
        seen = await first(node)
        assert not seen.dup
    async with connect(address, "node", clean=False, late_ack=True) as node:
        assert node.session_present
        again = await first(node)
        assert (again.payload, again.dup, again.packet_id) == (b"1", True, seen.packet_id)
        node.acknowledge(again)
    async with connect(address, "node", clean=False, late_ack=True) as node:
        await node.publish("t", b"2")
        assert (await first(node)).payload == b"2"


async def test_leaving_by_an_exception_lets_the_will_speak(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "watch") as watch:
        await watch.subscribe(("will", 1))
        with pytest.raises(RuntimeError):
            async with connect(address, "node", will=Will("will", b"gone", 1)):
                raise RuntimeError
        assert (await first(watch)).payload == b"gone"


async def test_leaving_politely_keeps_the_will_silent(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "watch") as watch:
        await watch.subscribe(("will", 1))
        async with connect(address, "node", will=Will("will", b"gone", 1)):
            pass
        await watch.publish("will", b"end")
        assert (await first(watch)).payload == b"end"


async def test_a_killed_broker_is_one_error_for_everyone_who_waits(broker: Broker) -> None:
    with pytest.raises(LinkLost):  # noqa: PT012 -- the context itself is what must end
        async with connect(Address.parse(broker.url), "a") as link:
            await link.subscribe(("t", 1))
            waiting = asyncio.ensure_future(first(link))
            await asyncio.sleep(0)
            await broker.stop(signal.SIGKILL)
            with pytest.raises(LinkLost):
                await waiting
            with pytest.raises(LinkLost):
                await link.drain()
            link.acknowledge(Message("t", b"", 1, packet_id=1))
            link.send("t", b"")


async def test_no_broker_is_said_with_its_address() -> None:
    with pytest.raises(LinkLost, match=r"127\.0\.0\.1:1 "):
        async with connect(Address("127.0.0.1", 1), "a"):
            raise AssertionError


def test_an_address_is_read_from_a_url() -> None:
    assert Address.parse("mqtt://u%40x:p@h:99") == Address("h", 99, "u@x", "p")
    assert Address.parse("mqtt://h").port == 1883
    assert Address.parse("mqtts://h").tls is not None
    assert "p" not in repr(Address("h", 1, None, "p")).replace("port", "")
    with pytest.raises(ValueError, match="mqtt://host:port"):
        Address.parse("http://h")


def test_an_address_names_a_certificate_and_its_key_or_neither(tmp_path: Path) -> None:
    for wrong in ("mqtt://h?certificate=a&key=b", "mqtts://h?certificate=a", "mqtts://h?certificate=a&key=b&x=c"):
        with pytest.raises(ValueError, match="both, and nothing else"):
            Address.parse(wrong)
    (tmp_path / "a").write_text("no certificate")
    for missing in ("a", "b"):
        with pytest.raises(ValueError, match=f"{tmp_path / missing} cannot be used"):
            Address.parse(f"mqtts://h?certificate={tmp_path / missing}&key={tmp_path / missing}")


def test_a_client_id_of_ones_own_needs_the_accounts_password_and_is_the_same_each_time() -> None:
    ours = Address("h", 1, "pi", "secret")
    said = ours.own("labkeeper/s/pi")
    assert said == Address("elsewhere", 2, "pi", "secret").own("labkeeper/s/pi")
    others = (Address("h", 1, "pi", "guess"), Address("h", 1, "other", "secret"), Address("h", 1, None, "secret"))
    made = {said, ours.own("labkeeper-stop/s/pi"), *(other.own("labkeeper/s/pi") for other in others)}
    assert len(made) == 5
    assert said.startswith("labkeeper/s/pi/")
    assert "secret" not in said
    assert Address("h", 1, "pi").own("labkeeper/s/pi") == "labkeeper/s/pi", "where nobody has a password, nothing marks"


# --- a peer at the wire that does what no broker should ---------------------------------------------------------------
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(answer: bytes, *, then: Peer | None = None) -> AsyncIterator[Address]:
    """A server that answers the CONNECT with `answer`, then does `then` or reads on in silence."""

    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        if then is not None:
            await then(reader, writer)
        while await reader.read(1000):
            pass
        writer.close()
        done.set()

    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        stack.callback(server.close)
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
        await done.wait()


WELCOME = b"\x20\x02\x00\x00"


async def test_a_refusal_is_not_a_lost_link() -> None:
    async with peer(b"\x20\x02\x00\x05") as address:
        with pytest.raises(ConnectRefused, match="not authorized"):
            async with connect(address, "a"):
                raise AssertionError
    assert ConnectRefused(99).code == 99


async def test_a_broker_that_never_answers_is_given_up() -> None:
    async with peer(b"") as address:
        with pytest.raises(LinkLost, match="no answer"):
            async with connect(address, "a", connect_timeout_s=0.05):
                raise AssertionError


async def test_a_refused_subscription_is_named() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"\x20\x02\x00\x00" + b"\x40\x02\x00\x63" + b"\x90\x04\x00\x01\x01\x80")

    async with peer(WELCOME, then=refuse) as address, connect(address, "a") as link:
        with pytest.raises(MqttError, match="secret/#"):
            await link.subscribe(("open", 1), ("secret/#", 1))


async def test_a_silent_broker_is_noticed_by_its_silence() -> None:
    async with peer(WELCOME) as address:
        with pytest.raises(LinkLost, match="nothing heard"):
            async with connect(address, "a", keepalive_s=1) as link:
                await first(link)


async def test_who_only_talks_and_who_only_hears_both_live_on(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "talks", keepalive_s=1) as talks, connect(address, "hears", keepalive_s=1) as hears:
        await hears.subscribe(("t", 0))
        for _ in range(19):
            talks.send("t", b"word")
            assert (await first(hears)).payload == b"word"
            await asyncio.sleep(0.1)


async def test_a_broken_protocol_ends_the_link() -> None:
    async with peer(WELCOME + b"\xf0\x00") as address:
        with pytest.raises(LinkLost, match="protocol"):
            async with connect(address, "a") as link:
                await first(link)


async def test_a_giant_message_is_dropped_acknowledged_and_the_next_one_read(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "a") as a:
        await a.subscribe(("t", 1))
        await a.publish("t", bytes(5 * 1024 * 1024))
        await a.publish("t", bytes(5 * 1024 * 1024), qos=0)
        await a.publish("t", b"next")
        assert (await first(a)).payload == b"next"


async def test_a_slow_reader_holds_the_socket_back_and_gets_everything(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "ARRIVED_LIMIT", 10)
    address, count = Address.parse(broker.url), 5000
    async with connect(address, "slow") as slow, connect(address, "fast") as fast:
        await slow.subscribe(("t", 0))
        for number in range(count):
            fast.send("t", str(number).encode())
            await fast.drain()
        async with asyncio.timeout(DEADLINE_S):
            numbers = []
            async for batch in slow.batches():
                numbers += [int(message.payload) for message in batch]
                await asyncio.sleep(0)
                if len(numbers) == count:
                    break
    assert numbers == list(range(count))


async def test_packet_ids_in_use_are_not_used_twice(broker: Broker) -> None:
    async with connect(Address.parse(broker.url), "a") as link:
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(*(link.publish("t", b"") for _ in range(300)))


@pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto")
async def test_a_big_publish_waits_for_the_socket(broker: Broker) -> None:
    address = Address.parse(broker.url)
    async with connect(address, "a") as link:
        for _ in range(50):
            await link.publish("t", bytes(1_000_000), qos=0)
        await link.publish("t", b"", qos=1)


async def test_who_connects_again_and_again_ends_though_his_link_is_lost_as_he_is_told_to() -> None:
    begun = asyncio.Event()

    async def loses() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LinkLost("gone") from None

    async def connects_again() -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(loses())
            except* MqttError:
                await asyncio.sleep(0)
            heed_cancellation()

    task = asyncio.create_task(connects_again())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task], timeout=DEADLINE_S)
    assert task.cancelled()
