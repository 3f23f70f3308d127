"""Outlets that are made to be guarded: relays that fall back by themselves when nobody speaks to them, and contacts."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.homie import Node, Property
from labkeeper_sdk.sim.messages import Scalar

FALLBACK_S = 2.0
"""Industrial relay modules with a host watchdog are set to one to ten seconds; all of ours are the same."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a board has: relays with the position they fall back to, contacts, which are closed when all is well, and a
    button to reset.
    """

    title: str
    relays: Mapping[str, bool]
    contacts: tuple[str, ...] = ()


CHEMISTRY = Plan("Chemistry outlets", {"valve": False, "heater": False, "fan": True, "lamp": False})
MAKER = Plan("Maker outlets", {"laser": False, "mill": False, "dust": True, "lamp": False}, ("lid", "guard"))
FIELD = Plan("Robot field", {"robots": False, "lamp": False}, ("fence", "stop"))


class Outlets:
    """A relay that was not written to for `FALLBACK_S` falls back, and the board says so if it still can."""

    def __init__(self, plan: Plan) -> None:
        self.title = plan.title
        self._plan = plan
        relays = {name: Node(name, {"power": Property("Power", "boolean", settable=True)}) for name in plan.relays}
        contacts = {name: Node(name, {"closed": Property("Closed", "boolean")}) for name in plan.contacts}
        button = Node("reset", {"pressed": Property("Pressed", "boolean")})
        self.nodes: Mapping[str, Node] = {**relays, **contacts, "reset": button}
        self.power_on()

    def power_on(self) -> None:
        """Let all relays fall back."""
        self._on = dict(self._plan.relays)
        self._silent_s = dict.fromkeys(self._on, 0.0)

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:  # noqa: ARG002 - contacts have no day
        """Return where relays and contacts stand."""
        return {**self.outputs(), **{f"{name}/closed": True for name in self._plan.contacts}, "reset/pressed": False}

    def upset(self, fault: Fault) -> Mapping[str, Scalar]:
        """Return what is otherwise while somebody has opened every contact, or presses the button."""
        if fault is Fault.PRESS:
            return {"reset/pressed": True}
        return {f"{name}/closed": False for name in self._plan.contacts} if fault is Fault.OPEN else {}

    def outputs(self) -> Mapping[str, Scalar]:
        """Return which relays are on."""
        return {f"{name}/power": on for name, on in self._on.items()}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:
        """Switch one relay, and count its silence anew."""
        relay = name.removesuffix("/power")
        self._on[relay], self._silent_s[relay] = bool(value), 0.0
        return {name: bool(value)}

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:
        """Let relays fall back before they have heard nothing for too long."""
        fallen = {}
        for relay, fallback in self._plan.relays.items():
            self._silent_s[relay] += dt_s
            if self._on[relay] is not fallback and self._silent_s[relay] + dt_s >= FALLBACK_S:
                self._on[relay] = fallback
                fallen[f"{relay}/power"] = fallback
        return fallen

    @property
    def restless(self) -> bool:
        """Whether any relay could fall back."""
        return self._on != self._plan.relays

    def alerts(self) -> Mapping[str, str]:
        """Return nothing: it knows of no trouble."""
        return {}
