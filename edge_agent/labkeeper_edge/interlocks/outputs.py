"""What is written to guarded outputs by the node itself: what a rule demands, and renewals for devices that fall back
when nobody speaks to them. Pure: events in, writes out, the clock an argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkeeper_sdk import Value
from labkeeper_wire.interlock_rules import Output


@dataclass(frozen=True, slots=True)
class Order:
    """Write this to an output now; `rule` is why, "" for a renewal."""

    output: str
    value: Value
    rule: str = ""


@dataclass(slots=True)
class Outputs:
    """A demand is written until the device has confirmed it, and again when the device was away, says something else,
    or somebody has written something else. What was last written by anybody is renewed, unless that failed.
    """

    declared: Mapping[str, Output]
    _demands: dict[str, tuple[Value, str]] = field(default_factory=dict)
    _confirmed: set[str] = field(default_factory=set)
    _busy: dict[str, Order] = field(default_factory=dict)
    _retry_s: dict[str, float] = field(default_factory=dict)
    _last: dict[str, Value] = field(default_factory=dict)
    _renewed_s: dict[str, float] = field(default_factory=dict)

    def demand(self, demands: Mapping[str, tuple[Value, str]]) -> tuple[str, ...]:
        """These values are demanded now; return the outputs of which something new is."""
        news = [name for name, (value, _) in demands.items() if self._demands.get(name, (None, ""))[0] != value]
        for name in (*news, *(self._demands.keys() - demands.keys())):
            self._confirmed.discard(name)
            self._retry_s.pop(name, None)
        self._demands = dict(demands)
        return tuple(news)

    def shows(self, output: str, value: Value) -> None:
        """The device says where the output stands."""
        if output in self._demands and self._demands[output][0] != value:
            self._confirmed.discard(output)

    def away(self, output: str) -> None:
        """Its device does not answer: what it was told is forgotten."""
        self._confirmed.discard(output)
        self._retry_s.pop(output, None)
        self._last.pop(output, None)

    def answers(self, output: str) -> None:
        """Its device is there: nothing waits for a retry any longer."""
        self._retry_s.pop(output, None)

    def writing(self, output: str, value: Value) -> None:
        """Somebody begins to write: what was written before is not renewed any more."""
        if self._last.get(output) != value:
            self._last.pop(output, None)
        self.shows(output, value)

    def written(self, output: str, value: Value, now_s: float) -> None:
        """The device has confirmed what somebody wrote."""
        self._last[output] = value
        self._renewed_s[output] = now_s

    def due(self, now_s: float) -> list[Order]:
        """Return what is to be written now, one at a time for each output; each waits for `ended`."""
        orders = [order for name in self.declared if (order := self._next(name, now_s)) is not None]
        self._busy.update({order.output: order for order in orders})
        return orders

    def overtaken(self, order: Order) -> bool:
        """Tell whether something else is demanded since the order was given."""
        return self._demands.get(order.output, (order.value, ""))[0] != order.value

    def ended(self, order: Order, now_s: float, *, confirmed: bool, retry_s: float = 1.0) -> None:
        """An order was carried out, or was not: then it is due again after `retry_s`."""
        self._busy.pop(order.output, None)
        self._renewed_s[order.output] = now_s
        wanted = self._demands.get(order.output, (None, ""))[0] == order.value
        if confirmed:
            self._last[order.output] = order.value
        if confirmed and wanted:
            self._confirmed.add(order.output)
        elif order.rule and wanted:
            self._retry_s[order.output] = now_s + retry_s

    def next_s(self) -> float:
        """Return the time of the next thing to do."""
        times = [self._when(name) for name in self.declared if name not in self._busy]
        return min(times, default=float("inf"))

    # --- inside -----------------------------------------------------------------------------------------------------
    def _next(self, name: str, now_s: float) -> Order | None:
        if name in self._busy or now_s < self._when(name):
            return None
        if name in self._demands and name not in self._confirmed:
            return Order(name, *self._demands[name])
        return Order(name, self._last[name])

    def _when(self, name: str) -> float:
        """Return when something is to be written to an output."""
        if name in self._demands and name not in self._confirmed:
            return self._retry_s.get(name, float("-inf"))
        renew_s = self.declared[name].renew_s
        if renew_s is None or name not in self._last:
            return float("inf")
        return max(self._renewed_s[name] + renew_s, self._retry_s.get(name, float("-inf")))
