"""How a driver's author tells the conformance kit to stand the driver before its simulated device."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from labkeeper_sdk.testing.recordings import Frame, Recording
from labkeeper_sdk.testing.wires import Wire
from labkeeper_sdk.values import Value

Over: TypeAlias = Literal["", "tcp", "serial", "udp", "datagrams", "websocket", "mqtt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A simulated device that runs, and how the driver reaches it.

    - `settings`: the instance's keys, as a school would write them into node.toml.
    - `wire`: what lies in between, to be cut.
    - `broker`: for drivers that speak MQTT, the URL of the lab's broker, through the wire.
    - `truth(device, point)`: what an actuator really stands at, asked of the device and not of the driver.
    - `orders(device, point)`: how many orders for it have reached the device so far.
    - `overrides`: what the school's file says about devices (`[devices."ID".points."POINT"]`): safe values that a
      gateway cannot know.
    A device that is alone behind its connection may ignore `device`.
    """

    settings: Mapping[str, Any]
    wire: Wire
    broker: str = ""
    truth: Callable[[str, str], Value | None] | None = None
    orders: Callable[[str, str], int] | None = None
    overrides: Mapping[str, Mapping[str, Mapping[str, Value]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the hook `labkeeper_driver_bench` returns.

    - `open()`: run the simulated device for the length of the context.
    - `docs`: the driver's documentation page.
    - `fixtures`: the folder of its recordings (`*.jsonl`).
    - `replay(recording)`: run a device made of a recording instead of the simulated one.
    - `over`: what `labkeeper driver record` taps; "" is what the settings say: a serial port's `path`, else TCP.
    - `transcribe(frames)`: make what was tapped into what `replay` reads, where that is something else.
    - `unrecorded`: why `record` cannot tap this driver's wire at all, and what to do instead.
    - `notice_s`: within how long the driver is to notice that its device has vanished.
    """

    open: Callable[[], AbstractAsyncContextManager[Stand]]
    docs: Path
    fixtures: Path | None = None
    replay: Callable[[Recording], AbstractAsyncContextManager[Stand]] | None = None
    over: Over = ""
    transcribe: Callable[[Sequence[Frame]], Sequence[Frame]] | None = None
    unrecorded: str = ""
    notice_s: float = 5.0
