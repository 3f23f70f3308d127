"""Which open driver connection obeys for which device."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_edge.devices import Devices
from labkeeper_edge.supervision.deadlines import DriverFault
from labkeeper_edge.supervision.polling import write_with
from labkeeper_sdk import CommandFailed, CommandRejected, DeviceUnreachable, Gateway, LabkeeperError, Urgency, Value


@dataclass(slots=True)
class Connections:
    """The gateways open right now, by driver instance. `writing` and `written` hear of each write of others than the
    interlocks themselves.
    """

    devices: Devices
    writing: Callable[[str, str, Value], None] = lambda *_: None
    written: Callable[[str, str, Value], None] = lambda *_: None
    _open: dict[str, Gateway] = field(default_factory=dict)

    def opened(self, instance: str, gateway: Gateway) -> None:
        """The instance can be written to."""
        self._open[instance] = gateway

    def closed(self, instance: str) -> None:
        """The instance cannot be written to, and its devices do not answer."""
        self._open.pop(instance, None)
        self.devices.connection_lost(instance)

    async def write(
        self,
        device: str,
        point: str,
        value: Value,
        timeout_s: float,
        urgency: Urgency = Urgency.COMMAND,
        *,
        ours: bool = False,
    ) -> None:
        """Write to a device; raises CommandFailed (also for a driver that breaks or hangs) or CommandRejected."""
        known = self.devices.get(device)
        gateway = None if known is None else self._open.get(known.instance)
        if gateway is None:
            raise CommandFailed("unreachable", "the device's driver is not connected")
        if not ours:
            self.writing(device, point, value)
        try:
            async with asyncio.timeout(timeout_s):
                await write_with(gateway, device, point, value, urgency)
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"no confirmation within {timeout_s:.1f} s") from None
        except DriverFault as fault:
            raise CommandFailed("driver_error", str(fault)) from fault
        except DeviceUnreachable as error:
            raise CommandFailed("unreachable", str(error)) from error
        except (CommandFailed, CommandRejected):
            raise
        except LabkeeperError as error:
            raise CommandFailed("driver_error", str(error)) from error
        except Exception as error:  # the plugin boundary: a driver may raise anything
            raise CommandFailed("driver_error", f"{type(error).__name__}: {error}") from error
        if not ours:
            self.written(device, point, value)
