"""The witness against an ear of our own: what it says was published was published, and nothing else."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkeeper_sdk.sim import Fault, LabSettings, open_lab
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import Heard, open_listener, witnessed

Quick = Callable[..., LabSettings]
COUNTER = "zigbee2mqtt/witness-counter"
AIR = "zigbee2mqtt/空气质量"


def readings_of(title: str, heard: list[Heard]) -> Counter[tuple[str, Any, int]]:
    """Return (property, value, time) of every state message, by a reading of our own of the format."""
    found: Counter[tuple[str, Any, int]] = Counter()
    for one in heard:
        if one.topic == f"zigbee2mqtt/{title}":
            document = one.json
            time_ms = document.pop("last_seen")
            found.update((name, value, time_ms) for name, value in document.items())
    return found


def written(path: Path, title: str) -> Counter[tuple[str, Any, int]]:
    return Counter((one["property"], one["value"], one["time_ms"]) for one in witnessed(path) if one["title"] == title)


async def test_the_witness_saw_what_everybody_saw(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_listener(broker) as listener:
        async with open_lab(broker.url, settings=quick(), witness=book) as lab:
            await listener.next_on(AIR, count=5)
            zigbees = [note for note in lab.devices if note.protocol == "zigbee2mqtt" and "color" not in note.settable]
        await listener.catch_up()
        for note in zigbees:
            assert written(book, note.title) == readings_of(note.title, listener.heard)
        relays = [one["value"] for one in witnessed(book) if one["property"] == "board/temperature"]
        assert relays == [float(one.payload) for one in listener.on("homie/5/relay-board/board/temperature")]
        assert {one["time_ms"] for one in witnessed(book) if one["device"] == "relay-board"} == {None}


async def test_a_composite_is_witnessed_part_by_part(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("light"), witness=book):
        await listener.next_on("zigbee2mqtt/Ceiling light", count=2)
    names = {one["property"] for one in witnessed(book) if one["device"].startswith("0x")}
    assert names == {"state", "brightness", "color_temp", "color.x", "color.y", "linkquality"}


async def test_commands_are_witnessed_even_when_nobody_obeys(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    settings = quick("plug", "relays")
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings, witness=book) as lab:
        lab.strike("bench1/plug", Fault.SILENT)
        await listener.say("zigbee2mqtt/bench1/plug/set", '{"state": "OFF"}')
        await listener.say("homie/5/relay-board/relay-1/power/set", "true")
        await listener.next_on("homie/5/relay-board/relay-1/power")
    lines = [json.loads(line) for line in book.read_text().splitlines()]
    commands = [line["command"] for line in lines if "command" in line]
    assert [(one["title"], one["property"], one["value"]) for one in commands] == [
        ("bench1/plug", "state", "OFF"),
        ("Relay board", "relay-1/power", "true"),
    ]


async def test_garbage_is_no_reading(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug"), witness=book) as lab:
        lab.strike("bench1/plug", Fault.GARBAGE)
        await listener.next_on("zigbee2mqtt/bench1/plug", count=3)
    assert not [one for one in witnessed(book) if one["title"] == "bench1/plug"]


async def test_the_counter_counts_every_number_once_at_its_own_times(
    broker: Broker, quick: Quick, tmp_path: Path
) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_listener(broker, COUNTER) as listener:
        async with open_lab(broker.url, settings=quick("counter", counter_rate=1500), witness=book):
            await listener.next_on(COUNTER, count=600)
        await listener.catch_up()
    values = [one["value"] for one in witnessed(book) if one["property"] == "counter"]
    times = [one["time_ms"] for one in witnessed(book) if one["property"] == "counter"]
    assert values == list(range(1, len(values) + 1))
    assert sorted(set(times)) == times
    assert written(book, "witness-counter") == readings_of("witness-counter", listener.heard)


async def test_the_counter_loses_nothing_while_the_broker_is_away(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    heard: set[tuple[str, Any, int]] = set()
    async with open_lab(broker.url, settings=quick("counter", "plug", counter_rate=100), witness=book):
        for how in (signal.SIGTERM, signal.SIGKILL):
            async with open_listener(broker) as listener:
                await listener.next_on(COUNTER, count=30)
                heard |= set(readings_of("witness-counter", listener.heard))
            reached = max(value for _, value, _ in heard)
            await broker.stop(how)
            # Nothing can be waited for while nobody is there: the counter goes on counting for this long.
            await asyncio.sleep(0.5)
            await broker.start()
            async with open_listener(broker) as listener:
                await listener.next_on(COUNTER, lambda one, past=reached: one.json["counter"] > past + 60)  # type: ignore[misc] # mypy infers no lambda with a default
                await listener.next_on("zigbee2mqtt/bench1/plug")
                heard |= set(readings_of("witness-counter", listener.heard))
    values = [one["value"] for one in witnessed(book) if one["property"] == "counter"]
    assert sorted(values) == list(range(1, len(values) + 1))
    assert heard <= set(written(book, "witness-counter"))


async def test_a_killed_simulator_leaves_whole_lines(broker: Broker, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    command = (sys.executable, "-m", "labkeeper_sdk.sim", "--broker", broker.url, "--witness", str(book))
    process = await asyncio.create_subprocess_exec(
        *command, "--only", "counter", "--counter-rate", "500", stdout=asyncio.subprocess.PIPE
    )
    async with open_listener(broker, COUNTER) as listener:
        await listener.next_on(COUNTER, count=200)
        process.kill()
        await process.wait()
        await listener.catch_up()
    values = {one["value"] for one in witnessed(book)}
    published = {one.json["counter"] for one in listener.on(COUNTER)}
    assert len(values) > 150
    # Acknowledgements on their way when it died were never seen by the witness: at most the few in flight.
    assert len(published - values) < 50
    assert book.read_text().endswith("\n")


async def test_what_cannot_be_confirmed_is_said_to_be_unconfirmed(broker: Broker, quick: Quick, tmp_path: Path) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_lab(broker.url, settings=quick("counter", counter_rate=100), witness=book):
        async with open_listener(broker, COUNTER) as listener:
            await listener.next_on(COUNTER)
        await broker.stop()
        await asyncio.sleep(0.3)  # nobody is there to be waited for
    lines = [json.loads(line) for line in book.read_text().splitlines()]
    lost = [line["unconfirmed"]["value"] for line in lines if "unconfirmed" in line]
    sure = [line["value"] for line in lines if "published_ms" in line]
    assert sorted(sure + lost) == list(range(1, len(sure) + len(lost) + 1))
    assert lost


class OneWay:
    """Before a broker: what it says is dropped while `deaf`, what is said to it always arrives."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.deaf = False
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_us, to_broker = await asyncio.open_connection("127.0.0.1", self.broker.port)
        self._writers += (writer, to_broker)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, to_broker, droppable=False))
                group.create_task(self._pump(to_us, writer, droppable=True))
        except* ConnectionError:
            pass
        finally:
            self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, droppable: bool) -> None:
        while data := await source.read(65_536):
            if not (droppable and self.deaf):
                sink.write(data)
        raise ConnectionError("ended")


async def test_what_a_broker_passed_on_without_a_word_and_is_sent_again_is_unconfirmed_once_and_acknowledged_once(
    broker: Broker, quick: Quick, tmp_path: Path
) -> None:
    book = tmp_path / "witness.jsonl"
    way = OneWay(broker)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_listener(broker, COUNTER) as listener:
        async with open_lab(url, settings=quick("counter", counter_rate=50), witness=book):
            first = (await listener.next_on(COUNTER, count=3)).json["counter"]
            way.deaf = True
            await listener.next_on(COUNTER, lambda one: one.json["counter"] > first + 5)
            way.cut()
            way.deaf = False
            reached = max(one.json["counter"] for one in listener.on(COUNTER))
            await listener.next_on(COUNTER, lambda one: one.json["counter"] > reached + 5)
        await listener.catch_up()
    lines = [json.loads(line) for line in book.read_text().splitlines()]
    unsure = Counter(line["unconfirmed"]["value"] for line in lines if "unconfirmed" in line)
    twice = readings_of("witness-counter", listener.heard) - written(book, "witness-counter")
    doubled = Counter(value for name, value, _ in twice.elements() if name == "counter")
    assert doubled
    assert not doubled - unsure
    values = [line["value"] for line in lines if "published_ms" in line and line["property"] == "counter"]
    assert sorted(values) == list(range(1, len(values) + 1))


async def test_an_event_at_quality_zero_is_said_and_confirmed_by_nobody(
    broker: Broker, quick: Quick, tmp_path: Path
) -> None:
    book = tmp_path / "witness.jsonl"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot"), witness=book):
        await listener.say("homie/5/robot-kit/kit/identify/set", "identify")
        await listener.next_on("homie/5/robot-kit/kit/identify")
    lines = [json.loads(line) for line in book.read_text().splitlines()]
    assert [line["unconfirmed"]["value"] for line in lines if "unconfirmed" in line] == ["identify"]
    assert not [line for line in lines if line.get("property") == "kit/identify"]
