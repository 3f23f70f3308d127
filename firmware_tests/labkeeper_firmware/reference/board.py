"""The hardware: a thermistor, a relay, a motor. Pins where there are some, arithmetic elsewhere.

Every level that really changes is printed as `@NODE/PROPERTY=VALUE`: on a board that is the serial console, and whoever
tests the board learns there what its pins do.
"""

import sys

try:
    from typing import Any
except ImportError:  # a board has no typing, and looks at no annotation
    pass

RELAY_PIN, MOTOR_PINS, SENSOR_PIN = 26, (32, 33), 34
PWM_HZ, PWM_FULL = 20_000, 65_535
WATCHDOG_MS = 8000


def optional(name: str) -> "Any":
    """Return a module only boards have, or None."""
    try:
        return __import__(name)
    except ImportError:
        return None


class Board:
    """What the firmware moves and measures."""

    def __init__(self) -> None:
        machine = optional("machine")
        self._relay: Any = None
        self._motor: Any = ()
        self._sensor: Any = None
        self._dog: Any = None
        self.relay_on = False
        self.motor_speed = 0.0
        if hasattr(machine, "ADC"):  # MicroPython's Unix port has a `machine` without pins
            self._open(machine)
        self.relay(on=False, force=True)  # before anything else: what is on after a reset is an accident
        self.motor(0.0, force=True)

    def relay(self, *, on: bool, force: bool = False) -> None:
        """Switch the relay."""
        if on == self.relay_on and not force:
            return
        self.relay_on = on
        if self._relay is not None:
            self._relay.value(int(on))
        self._tell("relay/power", "true" if on else "false")

    def motor(self, speed: float, *, force: bool = False) -> None:
        """Turn the motor, -1 to 1, by an H bridge with a pin for each direction."""
        if speed == self.motor_speed and not force:
            return
        self.motor_speed = speed
        for pin, level in zip(self._motor, (max(speed, 0.0), max(-speed, 0.0))):  # noqa: B905 -- MicroPython has no strict
            pin.duty_u16(int(level * PWM_FULL))
        self._tell("motor/speed", str(speed))

    def temperature(self, now_ms: int) -> float:
        """Return degrees Celsius: of an LM35 (10 mV each) on a board, a slow triangle elsewhere."""
        if self._sensor is not None:
            return round(float(self._sensor.read_uv()) / 10_000, 2)
        return round(21.0 + abs(now_ms // 100 % 100 - 50) / 50, 2)

    def feed(self) -> None:
        """Tell the watchdog that the loop runs."""
        if self._dog is not None:
            self._dog.feed()

    def _open(self, machine: "Any") -> None:
        self._relay = machine.Pin(RELAY_PIN, machine.Pin.OUT, value=0)
        self._motor = [machine.PWM(machine.Pin(pin), freq=PWM_HZ, duty_u16=0) for pin in MOTOR_PINS]
        self._sensor = machine.ADC(machine.Pin(SENSOR_PIN))
        self._dog = machine.WDT(timeout=WATCHDOG_MS)

    def _tell(self, name: str, level: str) -> None:
        print(f"@{name}={level}")  # one call: a line is not torn
        flush = getattr(sys.stdout, "flush", None)
        if flush is not None:
            flush()


def join(network_name: str, password: str) -> None:
    """Begin to join a wireless network; the chip goes on by itself, and comes back by itself."""
    network = optional("network")
    if network is None or not network_name:
        return
    station = network.WLAN(network.STA_IF)
    station.active(True)
    station.connect(network_name, password)
