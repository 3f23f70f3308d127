"""`python -m tests.firmware.variant NAME KEY=VALUE …`: the reference firmware with one fault built in."""

import sys
import time
from collections.abc import Mapping

from labkeeper_firmware.reference import homie, packets
from labkeeper_firmware.reference.main import run
from labkeeper_firmware.reference.mqtt import Link
from labkeeper_firmware.reference.node import Node

LATE = 4  # times the declared link loss
SLOW_MS = 6000
FLOOD_MS = 20
TIRED_MS = 1500
EIGHT_HOURS_MS = 8 * 3_600_000


class NoWill(Node):
    def will(self) -> tuple[str, str] | None:
        return None


class NoState(Node):
    def say(self, name: str, payload: bytes) -> None:
        if name != "$state":
            super().say(name, payload)


class StaysInInit(Node):
    def say(self, name: str, payload: bytes) -> None:
        if payload != b"ready":
            super().say(name, payload)


class ObeysRetained(Node):
    def heard(self, topic: str, payload: bytes, *, retained: bool) -> None:  # noqa: ARG002 -- that is the fault
        super().heard(topic, payload, retained=False)


class CommaForPoint(Node):
    def say(self, name: str, payload: bytes) -> None:
        super().say(name, payload.replace(b".", b",") if name == "climate/temperature" else payload)


class CrashesOnNonsense(Node):
    def heard(self, topic: str, payload: bytes, *, retained: bool) -> None:  # noqa: ARG002 -- dies before
        self.obey(topic[len(self.base) + 1 : -len("/set")], payload)


class TakesWhatIsOutOfRange(Node):
    def obey(self, name: str, payload: bytes) -> None:
        if name == "motor/speed":
            self.target = homie.number(payload, -100.0, 100.0)
        else:
            super().obey(name, payload)


class NeverSafe(Node):
    def make_safe(self) -> None:
        self.safe = True


class LateSafe(Node):
    def make_safe(self) -> None:
        if self.ticks.now_ms() - self._last_heard_ms >= self.settings.link_loss_ms * LATE:
            super().make_safe()


class AnswersFirst(Node):
    """Says that the relay has switched, and switches it a while later."""

    due_ms = 0

    def switch(self, *, on: bool) -> None:
        self.say("relay/power", homie.payload(on))
        self.due_ms, self.wanted = self.ticks.now_ms() + SLOW_MS, on

    def step(self) -> None:
        super().step()
        if self.due_ms and self.ticks.now_ms() >= self.due_ms:
            self.due_ms = 0
            self.board.relay(on=self.wanted)


class AnswersSlowly(AnswersFirst):
    def switch(self, *, on: bool) -> None:
        self.due_ms, self.wanted = self.ticks.now_ms() + SLOW_MS, on

    def step(self) -> None:
        was = self.board.relay_on
        super().step()
        if self.board.relay_on != was:
            self.say("relay/power", homie.payload(self.board.relay_on))


class Forgets(Node):
    def configure(self, interval_ms: int) -> None:
        self.store.values["interval"] = interval_ms
        self.say("climate/interval", homie.payload(interval_ms))


class ComesBackOn(Node):
    def introduce(self, now: int) -> None:
        super().introduce(now)
        if self.ticks.now_ms() - self._begun_ms < SLOW_MS:
            self.switch(on=True)


class TooSlow(Node):
    def measure(self, now: int) -> None:
        super().measure(now)
        self._measure_ms = now + self.store.values["interval"]


class TooFast(Node):
    def measure(self, now: int) -> None:
        super().measure(now)
        self._measure_ms = now - self.store.values["interval"] * 2 // 3


class LocalTime(Node):
    """A board in Shanghai that says its own time and calls it UTC."""

    def say(self, name: str, payload: bytes) -> None:
        if name == "climate/measured-at":
            payload = homie.payload(self.clock.stamp(self.ticks.now_ms() + EIGHT_HOURS_MS))
        super().say(name, payload)


class AsksOnce(Node):
    """Never asks the time server again."""

    def step(self) -> None:
        super().step()
        if self.clock.synchronised:
            self.clock.every_ms = 10**9
            self.clock._next_ms = max(self.clock._next_ms, 10**15)


class Chatters(Node):
    """Left its debugging topic in."""

    def measure(self, now: int) -> None:
        super().measure(now)
        self.say("climate/raw", b"1023")


class Floods(Node):
    """Says the temperature at each turn of its loop, whether it has changed or not."""

    said_ms = 0

    def step(self) -> None:
        super().step()
        if self.ready and self.ticks.now_ms() - self.said_ms >= FLOOD_MS:
            self.said_ms = self.ticks.now_ms()
            for _ in range(50):  # too many at one turn a second, which is what a busy machine may let it have
                self.say("climate/temperature", b"21.5")


class KeepsSession(Node):
    """Has commands queued while it is away, and obeys them."""

    def _open(self, now: int) -> None:
        super()._open(now)
        assert isinstance(self.link, Link)
        hello = bytearray(self.link._out)
        hello[9] &= ~packets.CLEAN_SESSION  # fixed header 2, "MQTT" 6, level 1, then the flags
        self.link.close()
        self.link = PatientLink(self._address(), bytes(hello), [f"{self.base}/+/+/set"])

    def _address(self) -> tuple[str, int]:
        return self.settings.host, self.settings.port


class PatientLink(Link):
    """Subscribes at QoS 1 and takes what comes at it."""

    def _put(self, packet: bytes) -> None:
        super()._put(packet[:-1] + b"\x01" if packet[0] >> 4 == 8 else packet)

    def _take(self) -> tuple[str, bytes, bool] | None:
        qos = self._buffer[0] >> 1 & 3
        number = self._number_of() if self._buffer[0] >> 4 == packets.PUBLISH and qos else b""
        message = super()._take()
        if message is None or not number:
            return message
        self._put(packets.framed(0x40, number))
        return message[0], message[1][2:], message[2]

    def _number_of(self) -> bytes:
        begin, _ = packets.measure(self._buffer) or (0, 0)
        end = begin + 2 + int.from_bytes(self._buffer[begin : begin + 2], "big")
        return self._buffer[end : end + 2]


class GivesUp(Node):
    """Connects once; when that ends, it waits for somebody to press reset."""

    def _lost(self, now: int) -> None:
        super()._lost(now)
        self._retry_ms = now + 10**9


class DiesInAFlood(Node):
    """Dies where more comes at once than its buffer holds."""

    seen_ms = -1
    count = 0

    def heard(self, topic: str, payload: bytes, *, retained: bool) -> None:
        second = self.ticks.now_ms() // 1000
        self.seen_ms, self.count = second, self.count + 1 if second == self.seen_ms else 1
        if self.count > 40:
            raise MemoryError
        super().heard(topic, payload, retained=retained)


class TellsOnce(Node):
    """Says what it is when it starts, and never again."""

    told = False

    def tell(self, now: int) -> None:
        if not self.told:
            super().tell(now)
        self.told = True


class TiresOut(Node):
    """Measures well at first, and then no more; its connection and its answers go on."""

    def measure(self, now: int) -> None:
        if now - self._begun_ms < TIRED_MS:
            super().measure(now)


class HangsOnNonsense(Node):
    """Stands still where it cannot understand, as a board does that has dropped to its prompt."""

    def heard(self, topic: str, payload: bytes, *, retained: bool) -> None:  # noqa: ARG002 -- hangs before
        try:
            self.obey(topic[len(self.base) + 1 : -len("/set")], payload)
        except ValueError:
            while True:
                time.sleep(60)


VARIANTS: Mapping[str, type[Node]] = {kind.__name__: kind for kind in Node.__subclasses__()} | {
    "AnswersSlowly": AnswersSlowly
}

if __name__ == "__main__":
    run(sys.argv[2:], VARIANTS[sys.argv[1]])
