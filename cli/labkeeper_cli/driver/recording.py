"""`labkeeper driver record | replay`: what goes over a real device's wire, as a file, and the device made of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, SecretBytes, SecretStr

from labkeeper_cli.driver.taps import open_websocket_tap
from labkeeper_sdk import BadConfiguration, DeviceUnreachable, Driver, Report
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.conformance.gold import missing
from labkeeper_sdk.testing import (
    Recording,
    open_serial_wire,
    open_tcp_wire,
    open_udp_wire,
    read_recording,
    tapped_datagrams,
    write_recording,
)
from labkeeper_sdk.testing.benches import Bench, Over
from labkeeper_sdk.testing.mqtt import gather
from labkeeper_sdk.testing.recordings import About, Expected, Frame, Header, Source
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import open_driver
from labkeeper_sdk.testing.wires import Direction
from labkeeper_wire import mqtt

MOST_EXPECTED = 50
USUAL_BAUDRATE = 115_200
AT_HOME = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Session:
    """What to record: a driver with its settings, for so long, over some wire; "" is what the settings say."""

    driver: Driver
    settings: Mapping[str, Any]
    seconds: float
    broker: str = ""
    topics: tuple[str, ...] = ("#",)
    host_key: str = "host"
    port_key: str = "port"
    about: About = field(default_factory=About)
    source: Source = Source.HARDWARE
    reason: str = ""
    over: Over = ""
    path_key: str = "path"
    transcribe: Callable[[Sequence[Frame]], Sequence[Frame]] | None = None

    @property
    def may_be_simulated(self) -> bool:
        """Tell whether what is called hardware was at this machine's own address, where simulators run."""
        where = mqtt.Address.parse(self.broker).host if self.broker else self.settings.get(self.host_key)
        return self.source is Source.HARDWARE and where in AT_HOME


async def record(session: Session, path: Path) -> Recording:
    """Run the driver with the device, write down what passed between them, without secrets, and what came of it."""
    checked = check_configuration(session.driver, session.settings)
    recording = await WAYS[_over(session, checked)](session, checked)
    write_recording(path, recording, secret_values(checked))
    return read_recording(path)


def _over(session: Session, checked: BaseModel) -> str:
    if session.broker:
        return "mqtt"
    return session.over or ("serial" if getattr(checked, session.path_key, None) else "tcp")


async def _over_mqtt(session: Session, _: BaseModel) -> Recording:
    if not session.broker:
        raise BadConfiguration("--broker", f"{session.driver.name} speaks MQTT: which broker?")
    asked: set[tuple[str, bytes]] = set()
    services = TestServices(session.broker, said=lambda topic, payload: asked.add((topic, payload)))
    async with _gathering(session) as gathering, open_driver(session.driver, session.settings, services) as watched:
        frames = [
            replace(frame, to="device") if (frame.topic, frame.payload) in asked else frame for frame in await gathering
        ]
        return _recording(session, "mqtt", frames, watched.events)


@asynccontextmanager
async def _gathering(session: Session) -> AsyncIterator["asyncio.Task[list[Frame]]"]:
    """Hear the broker before the driver does."""
    listening = asyncio.Event()
    hearing = gather(session.broker, session.topics, session.seconds, listening=listening)
    gathering = asyncio.create_task(hearing, name="tap")
    waiting = asyncio.create_task(listening.wait(), name="tap listens")
    try:
        await asyncio.wait([gathering, waiting], return_when=asyncio.FIRST_COMPLETED)
        yield gathering
    finally:
        for task in (gathering, waiting):
            task.cancel()
        await asyncio.wait([gathering, waiting])


class Before(Protocol):
    """What stands before a device that has an address, and has another."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


async def _at_an_address(
    stand: Callable[..., AbstractAsyncContextManager[Before]], wire: str, session: Session, checked: BaseModel
) -> Recording:
    notes = Notes()
    async with stand(*_address(session, checked), tap=notes.take) as before:
        return await _listen(session, {session.host_key: before.host, session.port_key: before.port}, notes, wire)


async def _over_serial(session: Session, checked: BaseModel) -> Recording:
    notes = Notes()
    path = getattr(checked, session.path_key, None)
    if not isinstance(path, str) or not path:
        raise BadConfiguration(session.path_key, "recording a serial port needs the key of its path")
    baudrate: int = getattr(checked, "baudrate", USUAL_BAUDRATE)
    parity: Literal["none", "even", "odd"] = getattr(checked, "parity", "none")
    async with open_serial_wire(path, baudrate, parity, tap=notes.take) as wire:
        return await _listen(session, {session.path_key: str(wire.path)}, notes, "stream")


async def _over_datagrams(session: Session, _: BaseModel) -> Recording:
    notes = Notes()
    with tapped_datagrams(notes.take):
        return await _listen(session, {}, notes, "datagram")


WAYS: Mapping[str, Callable[[Session, BaseModel], Coroutine[None, None, Recording]]] = {
    "mqtt": _over_mqtt,
    "tcp": partial(_at_an_address, open_tcp_wire, "stream"),
    "udp": partial(_at_an_address, open_udp_wire, "datagram"),
    "websocket": partial(_at_an_address, open_websocket_tap, "message"),
    "serial": _over_serial,
    "datagrams": _over_datagrams,
}


@dataclass(slots=True)
class Notes:
    """What a tap has seen, with the time since it began."""

    frames: list[Frame] = field(default_factory=list)
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def take(self, to: Direction, data: bytes) -> None:
        """Note a piece."""
        self.frames.append(Frame(round((asyncio.get_running_loop().time() - self.began_s) * 1000), to, data))


async def _listen(session: Session, instead: Mapping[str, Any], notes: Notes, wire: str) -> Recording:
    """Run the driver with other keys for where its device is."""
    async with open_driver(session.driver, {**session.settings, **instead}, TestServices()) as watched:
        await asyncio.sleep(session.seconds)
        return _recording(session, wire, notes.frames, watched.events)


def _address(session: Session, checked: BaseModel) -> tuple[str, int]:
    host, port = getattr(checked, session.host_key, None), getattr(checked, session.port_key, None)
    if not isinstance(host, str) or not isinstance(port, int):
        raise BadConfiguration(session.host_key, "recording needs the keys of a host and a TCP port, or --broker")
    return host, port


def _recording(session: Session, wire: str, frames: list[Frame], events: list[Any]) -> Recording:
    header = Header.model_validate(
        {
            "driver": session.driver.name,
            "wire": wire,
            "source": session.source,
            "reason": session.reason,
            "device": session.about.model_dump(),
            "settings": kept_settings(session),
        }
    )
    if session.transcribe is not None:
        frames = [*session.transcribe(frames)]
    return Recording(header, tuple(frames), tuple(expected(events)))


def kept_settings(session: Session) -> dict[str, Any]:
    """Return the settings that a replay needs: without where the device was, and without tables that hold a secret."""
    checked = check_configuration(session.driver, session.settings)
    place = (session.host_key, session.port_key, session.path_key)
    return {
        key: value
        for key, value in session.settings.items()
        if key not in place and not secret_values(getattr(checked, key, None))
    }


def expected(events: list[Any]) -> list[Expected]:
    """Return the first reading of each point: what a replay is to bring again."""
    first: dict[tuple[str, str], Expected] = {}
    for event in events:
        if isinstance(event, Report):
            for reading in event.readings:
                key = (event.device, reading.point)
                first.setdefault(key, Expected(event.device, reading.point, reading.value))
    return [*first.values()][:MOST_EXPECTED]


def secret_values(configuration: object) -> list[str]:
    """Return the secrets of a configuration, and of the tables in it, in clear, to be taken out of what is written."""
    match configuration:
        case SecretStr():
            return [configuration.get_secret_value()]
        case SecretBytes():
            return [configuration.get_secret_value().decode(errors="replace")]
        case BaseModel():
            inner = [getattr(configuration, name) for name in type(configuration).model_fields]
        case Mapping():
            inner = [*configuration.values()]
        case list() | tuple() | set() | frozenset():
            inner = [*configuration]
        case _:
            return []
    return [secret for one in inner for secret in secret_values(one)]


async def replay(driver: Driver, bench: Bench, path: Path, say: Callable[[str], None], within_s: float) -> list[str]:
    """Play a recording to its driver, say what the driver makes of it, and return what it should have and did not."""
    recording = read_recording(path)
    if bench.replay is None:
        raise BadConfiguration("replay", f"the bench of {driver.name} has no `replay`")
    async with (
        bench.replay(recording) as stand,
        open_driver(driver, stand.settings, TestServices(stand.broker)) as watched,
    ):
        with suppress(TimeoutError, DeviceUnreachable):
            await watched.until(lambda: not missing(watched, recording), within_s)
        for event in watched.events:
            if isinstance(event, Report):
                for reading in event.readings:
                    say(f"{event.device}/{reading.point} = {reading.value!r}")
        return missing(watched, recording)
