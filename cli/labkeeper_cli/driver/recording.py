"""`labkeeper driver record | replay`: what goes over a real device's wire, as a file, and the device made of it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from labkeeper_sdk import BadConfiguration, DeviceUnreachable, Driver, Report
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.conformance.gold import missing
from labkeeper_sdk.testing import Recording, open_tcp_wire, read_recording, write_recording
from labkeeper_sdk.testing.benches import Bench
from labkeeper_sdk.testing.mqtt import gather
from labkeeper_sdk.testing.recordings import About, Expected, Frame, Header, Source
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import open_driver
from labkeeper_sdk.testing.wires import Direction

MOST_EXPECTED = 50


@dataclass(frozen=True, slots=True)
class Session:
    """What to record: a driver with its settings, for so long, by way of a broker or of one TCP address."""

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


async def record(session: Session, path: Path) -> Recording:
    """Run the driver with the device, write down what passed between them, without secrets, and what came of it."""
    recording = await (_over_mqtt(session) if session.broker else _over_tcp(session))
    write_recording(path, recording, secret_values(check_configuration(session.driver, session.settings)))
    return read_recording(path)


async def _over_mqtt(session: Session) -> Recording:
    async with open_driver(session.driver, session.settings, TestServices(session.broker)) as watched:
        frames = await gather(session.broker, session.topics, session.seconds)
        return _recording(session, "mqtt", frames, watched.events)


async def _over_tcp(session: Session) -> Recording:
    frames: list[Frame] = []
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    def tap(to: Direction, data: bytes) -> None:
        frames.append(Frame(round((loop.time() - began_s) * 1000), to, data))

    checked = check_configuration(session.driver, session.settings)
    host, port = getattr(checked, session.host_key, None), getattr(checked, session.port_key, None)
    if not isinstance(host, str) or not isinstance(port, int):
        raise BadConfiguration(session.host_key, "recording needs the keys of a host and a TCP port, or --broker")
    async with open_tcp_wire(host, port, tap=tap) as wire:
        settings = {**session.settings, session.host_key: wire.host, session.port_key: wire.port}
        async with open_driver(session.driver, settings, TestServices()) as watched:
            await asyncio.sleep(session.seconds)
            return _recording(session, "stream", frames, watched.events)


def _recording(session: Session, wire: str, frames: list[Frame], events: list[Any]) -> Recording:
    header = Header.model_validate(
        {
            "driver": session.driver.name,
            "wire": wire,
            "source": session.source,
            "reason": session.reason,
            "device": session.about.model_dump(),
        }
    )
    return Recording(header, tuple(frames), tuple(expected(events)))


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
