"""The node: what it says, what it obeys, and what it does when nobody can stop it any more."""

import random
import socket

from . import homie, packets
from .board import Board
from .clock import Clock
from .line import Line
from .mqtt import Link
from .settings import Settings
from .store import Store
from .ticks import Ticks

POLL_MS = 20
RAMP_PER_S = 4.0  # of the motor's full speed
FIRST_WAIT_MS, LONGEST_WAIT_MS = 250, 4000
ENOUGH = 2  # link-loss times of silence, then the connection is given up


class Node:
    """One device. `step` does what is due and never waits longer than POLL_MS."""

    def __init__(self, settings: Settings, board: Board, ticks: Ticks) -> None:
        self.settings, self.board, self.ticks = settings, board, ticks
        self.store = Store(settings.store, {"interval": settings.interval_ms})
        self.clock = Clock(settings.sntp, settings.sntp_every_ms)
        self.base = f"homie/5/{settings.device}"
        self.link: Link | Line | None = None
        self.ready = False
        self.target = 0.0
        self.safe = True
        self._attempts = 0
        self._retry_ms = self._measure_ms = self._ping_ms = self._moved_ms = self._begun_ms = self._last_heard_ms = 0

    # --- the loop ---------------------------------------------------------------------------------------------------
    def step(self) -> None:
        """One turn: listen, move, measure, feed the watchdog."""
        now = self.ticks.now_ms()
        self.clock.step(now, may_wait=self.safe)  # a lookup can take seconds: not while something moves
        try:
            self._talk(now)
        except OSError:
            self._lost(now)
        self._guard(now)
        self._ramp(now)
        self.board.feed()

    def leave(self) -> None:
        """Stand still and say goodbye."""
        self.make_safe()
        if self.link is not None and self.link.up:
            self.say("$state", b"disconnected")
            self.link.leave()

    # --- the link ---------------------------------------------------------------------------------------------------
    def will(self) -> "tuple[str, str] | None":
        """Return what the broker says of us when we are gone."""
        return f"{self.base}/$state", "lost"

    def _talk(self, now: int) -> None:
        if self.link is None:
            if now >= self._retry_ms:
                self._open(now)
            else:
                self.ticks.rest(POLL_MS)
            return
        for topic, payload, retained in self.link.step(now, POLL_MS):
            self.heard(topic, payload, retained=retained)
        if self.link.up and not self.ready:
            self.ready = True
            self._attempts = 0
            self.introduce(now)
        if self.link.asked:
            self.link.asked = False
            self.tell(now)
        if self.ready:
            self._keep_talking(now)
        elif now - self._begun_ms > self.settings.link_loss_ms * ENOUGH:
            raise OSError(110)

    def _open(self, now: int) -> None:
        self._begun_ms = now
        if self.settings.serial:
            self.link = Line(self.base, now)
            return
        address = socket.getaddrinfo(self.settings.host, self.settings.port, 0, socket.SOCK_STREAM)[0][-1]
        keepalive_s = max(1, self.settings.link_loss_ms // 1000)
        hello = packets.connect(self.settings.device, self.will(), keepalive_s)
        self.link = Link(address, hello, [f"{self.base}/+/+/set"])

    def _keep_talking(self, now: int) -> None:
        link = self.link
        if link is None:
            return
        if not link.lasting and now - link.heard_ms > self.settings.link_loss_ms * ENOUGH:
            raise OSError(110)
        if now - self._ping_ms >= self.settings.link_loss_ms // 4:
            self._ping_ms = now
            link.ping()
        if now - self._measure_ms >= self.store.values["interval"]:
            self.measure(now)

    def _lost(self, now: int) -> None:
        """Throw the connection away; come back later, each time later, and not all at once after a power cut."""
        if self.link is not None:
            self.link.close()
        self.link, self.ready = None, False
        wait_ms = min(FIRST_WAIT_MS << min(self._attempts, 8), LONGEST_WAIT_MS)
        self._attempts += 1
        self._retry_ms = now + random.randint(wait_ms // 2, wait_ms)

    # --- what it says -----------------------------------------------------------------------------------------------
    def introduce(self, now: int) -> None:
        """Say that we begin, then everything."""
        self.say("$state", b"init")
        self.tell(now)

    def tell(self, now: int) -> None:
        """Say what we are and how we stand; last, that we are ready."""
        self.say("$description", homie.description(clock=bool(self.settings.sntp)))
        self.say("climate/interval", homie.payload(self.store.values["interval"]))
        self.say("relay/power", homie.payload(self.board.relay_on))
        self.say("motor/speed", homie.payload(self.board.motor_speed))
        self.measure(now)
        self.say("$state", b"ready")

    def measure(self, now: int) -> None:
        """Say the temperature, and when it was measured if anybody has told us the time."""
        self._measure_ms = now
        self.say("climate/temperature", homie.payload(self.board.temperature(now)))
        stamp = self.clock.stamp(now)
        if stamp:
            self.say("climate/measured-at", stamp.encode())

    def say(self, name: str, payload: bytes) -> None:
        """Publish under our own topic."""
        if self.link is not None and self.ready:
            self.link.publish(f"{self.base}/{name}", payload)

    # --- what it obeys ----------------------------------------------------------------------------------------------
    def heard(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Obey a command. A retained one is somebody's mistake of long ago, and a bad one is a line in the log."""
        name = topic[len(self.base) + 1 : -len("/set")]
        if retained:
            return
        try:
            self.obey(name, payload)
        except (ValueError, UnicodeError) as error:
            self.say_log(f"{name}: {error}")

    def obey(self, name: str, payload: bytes) -> None:
        """Do as told, then say so; raises ValueError for what cannot be done."""
        if name == "relay/power":
            self.switch(on=homie.boolean(payload))
        elif name == "motor/speed":
            self.target = homie.number(payload, -1.0, 1.0)
            self.safe = False
            self.say("motor/speed/$target", homie.payload(self.target))
        elif name == "climate/interval":
            self.configure(homie.integer(payload, 100, 3_600_000))

    def switch(self, *, on: bool) -> None:
        """Switch the relay and say so."""
        self.safe = False
        self.board.relay(on=on)
        self.say("relay/power", homie.payload(self.board.relay_on))

    def configure(self, interval_ms: int) -> None:
        """Keep a new interval and say so."""
        self.store.keep("interval", interval_ms)
        self.say("climate/interval", homie.payload(interval_ms))

    def say_log(self, text: str) -> None:
        """Say in the log what was not obeyed; not retained."""
        if self.link is not None and self.ready:
            self.link.publish(f"{self.base}/$log/warn", text.encode(), retain=False)

    # --- what is safe -----------------------------------------------------------------------------------------------
    def _guard(self, now: int) -> None:
        """Within the link-loss time of the broker's last word everything stands still."""
        heard_ms = self.link.heard_ms if self.link is not None else None
        if heard_ms is not None and self.ready:
            self._last_heard_ms = heard_ms
        if not self.safe and now - self._last_heard_ms >= self.settings.link_loss_ms - 2 * POLL_MS:
            self.make_safe()

    def make_safe(self) -> None:
        """Let go of everything at once."""
        self.safe = True
        self.target = 0.0
        self.board.motor(0.0)
        self.board.relay(on=False)
        self.say("motor/speed", homie.payload(0.0))
        self.say("relay/power", homie.payload(False))

    def _ramp(self, now: int) -> None:
        """Take the motor towards its target; say its speed when it is there."""
        most = RAMP_PER_S * (now - self._moved_ms) / 1000
        self._moved_ms = now
        speed = self.board.motor_speed
        if speed != self.target:
            self.board.motor(speed + min(max(self.target - speed, -most), most))
            if self.board.motor_speed == self.target:
                self.say("motor/speed", homie.payload(self.target))
