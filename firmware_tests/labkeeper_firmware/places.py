"""Where the device under test is and what stands around it: opened in order, closed in reverse."""

import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.drivers.console import read_serial
from labkeeper_firmware.drivers.conversation import converse
from labkeeper_firmware.drivers.line import Silence, converse_by_line
from labkeeper_firmware.drivers.power import PowerCommand
from labkeeper_firmware.drivers.process import run_on_a_line, run_program
from labkeeper_firmware.drivers.timekeeping import serve_time
from labkeeper_firmware.profile import Profile
from labkeeper_firmware.protocols import Power
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_sdk.testing import TcpWire, open_broker

ALIVE = 5  # times within the shortest link-loss time a device on a line hears that somebody is there
FASTEST_S = 0.25  # between two of them


@dataclass(frozen=True, slots=True)
class Place:
    """What the person who runs the suite has said."""

    device: str
    profile: Profile
    domain: str = "homie"
    broker: str = ""  # none: the suite's own
    host: str = "127.0.0.1"  # where our port and our time server listen
    port: int = 0  # for the device; 0: a free one
    sntp: int = -1  # UDP port of the time server; 0: a free one, -1: none
    power: str = ""
    run: Sequence[str] = ()  # a program that is the device; {host}, {port} and {sntp} are filled in
    serial: str = ""
    baud: int = 115_200
    minutes: float = 0.0
    by_line: bool = False  # the device speaks on its serial port, and knows no broker


@asynccontextmanager
async def open_bench(place: Place) -> AsyncIterator[Bench]:
    """Stand everything up and switch the device on; raises BadConfiguration and BrokerUnavailable."""
    async with AsyncExitStack() as stack:
        bench = await (_by_line(stack, place) if place.by_line else _by_broker(stack, place))
        bench.disturb()
        yield bench


async def _by_broker(stack: AsyncExitStack, place: Place) -> Bench:
    broker = None if place.broker else await stack.enter_async_context(open_broker())
    url = broker.url if broker is not None else place.broker
    passed: list[bool] = []
    wire = await _wire(stack, place, url, passed)
    device = await stack.enter_async_context(converse(url, place.domain, place.device))
    bench = Bench(place.profile, device, wire, broker=broker, minutes=place.minutes, passed=lambda: bool(passed))
    bench.address = (wire.host, wire.port)
    if place.sntp >= 0:
        bench.time = await stack.enter_async_context(serve_time(place.host, place.sntp))
    await _device(stack, place, bench, wire)
    return bench


async def _by_line(stack: AsyncExitStack, place: Place) -> Bench:
    """Speak with the device over its serial port, or over one that is made for a program; nothing else is needed."""
    path = place.serial
    power: Power | None = PowerCommand(place.power) if place.power else None
    ended: Callable[[], Title] = Title
    if place.run:
        program = await stack.enter_async_context(run_on_a_line(place.run))
        path, power, ended = str(program.path), program, program.ended
    else:
        async with read_serial(path, place.baud):  # names a port that is not there
            pass  # and closes it: of two readers each would have half of what the device says
    if power is not None:
        await power.on()
    alive_every_s = min([FASTEST_S * ALIVE, *(it.link_loss_s for it in place.profile.actuators)]) / ALIVE
    line = await stack.enter_async_context(converse_by_line(path, place.baud, alive_every_s))
    bench = Bench(place.profile, line, Silence(line), by_line=True, power=power, witness=line.console, ended=ended)
    bench.minutes = place.minutes
    return bench


async def _wire(stack: AsyncExitStack, place: Place, url: str, passed: list[bool]) -> TcpWire:
    where = urlsplit(url)
    if where.scheme != "mqtt" or not where.hostname:
        raise BadConfiguration("--broker", f"{url!r} is not mqtt://HOST:PORT")

    def tap(*_: object) -> None:
        if not passed:
            passed.append(True)

    wire = TcpWire((where.hostname, where.port or 1883), tap, host=place.host, port=place.port)
    await wire.restore()
    stack.push_async_callback(wire.cut)
    return wire


async def _device(stack: AsyncExitStack, place: Place, bench: Bench, wire: TcpWire) -> None:
    if place.serial:
        bench.witness = await stack.enter_async_context(read_serial(place.serial, place.baud))
    if place.run:
        sntp = 0 if bench.time is None else bench.time.port
        words = [word.format(host=wire.host, port=wire.port, sntp=sntp) for word in place.run]
        program = await stack.enter_async_context(run_program(words))
        bench.power, bench.witness, bench.ended = program, bench.witness or program.console, program.ended
        await program.on()
    elif place.power:
        bench.power = PowerCommand(place.power)
        await bench.power.on()


def words_of(command: str) -> list[str]:
    """Return a command's words; raises BadConfiguration."""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise BadConfiguration("--run", str(error)) from error
